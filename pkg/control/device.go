package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"passlysync/pkg/problem"
)

// Codes of the problems of a sign-in for setup, beside NeedsCode and problem.CredentialsBad.
const (
	CodeWrong        problem.Code = "code-wrong"        // the one-time code is not right
	CodeExpired      problem.Code = "code-expired"      // it was right a while ago, or the device code ran out
	SignInDenied     problem.Code = "sign-in-denied"    // somebody said no in the browser
	AccountLocked    problem.Code = "account-locked"    // told only after the right password
	NotAdministrator problem.Code = "not-administrator" // told only after the right password
	TenantDisabled   problem.Code = "tenant-disabled"
)

// How a client waits for a device sign-in, where the tenant says nothing or too much.
const (
	usualInterval = 5 * time.Second // RFC 8628 §3.2
	slowerBy      = 5 * time.Second // RFC 8628 §3.5, slow_down
	maxInterval   = time.Minute
	maxDeviceLife = time.Hour
	deviceGrace   = 10 * time.Second // the tenant's own word on the end is waited for
	maxUserCode   = 32
)

// DeviceSignIn is a sign-in in a browser on any machine (RFC 8628): a person opens Address there and enters Code.
type DeviceSignIn struct {
	Code    string    // short, for people: "BDWP-HQPK"
	Address string    // where to enter it
	Direct  string    // the same with the code in it, for a QR code
	Expires time.Time // by this machine's clock
	// Wait ends when the person has decided: with the session, or with a problem (SignInDenied, CodeExpired,
	// NotAdministrator, …). It asks no more often than the tenant allows, and goes on where the network fails in between.
	Wait func(ctx context.Context) (Session, error)
}

// BeginDevice begins a sign-in in a browser; host is this machine's name, shown to who decides there. A tenant that does
// not offer it answers with an error.
func (s *Setup) BeginDevice(ctx context.Context, base, host string) (DeviceSignIn, error) {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	asked := time.Now() // the tenant's clock starts later than this, so that ours ends first
	var begun DeviceBegun
	form := url.Values{"client_id": {SetupClient}, "host": {host}}
	if err := submit(ctx, s.http, base+DevicePath, form, &begun); err != nil {
		return DeviceSignIn{}, fmt.Errorf("beginning a sign-in in a browser: %w", err)
	}
	if err := begun.check(base); err != nil {
		return DeviceSignIn{}, err
	}
	life := min(time.Duration(min(begun.ExpiresIn, 1<<20))*time.Second, maxDeviceLife)
	w := deviceWait{s: s, base: base, code: begun.DeviceCode, interval: begun.interval(), expires: asked.Add(life)}
	return DeviceSignIn{
		Code: begun.UserCode, Address: begun.VerificationURI, Direct: begun.VerificationURIComplete, Expires: w.expires, Wait: w.wait,
	}, nil
}

// submit posts a form and reads a JSON answer.
func submit(ctx context.Context, client *http.Client, address string, form url.Values, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json, application/problem+json")
	return exchange(ctx, client, request, deviceError, out)
}

// check takes addresses on the tenant's own origin only, and a code that a terminal can show.
func (b DeviceBegun) check(base string) error {
	if !sameBase(base, b.VerificationURI) || !sameBase(base, b.VerificationURIComplete) {
		return notATenant(base, errors.New("it sends people to another address to sign in"))
	}
	unfit := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') }
	if b.DeviceCode == "" || b.ExpiresIn <= 0 || b.UserCode == "" || len(b.UserCode) > maxUserCode || strings.ContainsFunc(b.UserCode, unfit) {
		return notATenant(base, errors.New("its answer has no code that people can enter"))
	}
	return nil
}

func sameBase(base, address string) bool {
	b, err1 := url.Parse(base)
	a, err2 := url.Parse(address)
	return err1 == nil && err2 == nil && a.User == nil && a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

func (b DeviceBegun) interval() time.Duration {
	if b.Interval <= 0 {
		return usualInterval
	}
	return min(time.Duration(min(b.Interval, 1<<20))*time.Second, maxInterval)
}
