package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// Bounds of device sign-ins (RFC 8628).
const (
	DeviceLife        = 10 * time.Minute
	decidedLife       = time.Minute // at least, for the machine to fetch its session
	maxDevices        = 500
	maxDevicesOfOne   = 10 // waiting from one address
	maxHost           = 120
	beginBurst        = 10
	beginPeriod       = 20 * time.Second
	pollBurst         = 60
	pollPeriod        = 500 * time.Millisecond
	userCodeBurst     = 20
	userCodePeriod    = 20 * time.Second
	userCodeAlphabet  = "BCDFGHJKLMNPQRSTVWXZ" // RFC 8628 §6.1: no vowels, no digits, so no words and no look-alikes
	userCodeGroup     = 4
	userCodeGroups    = 2
	userCodeSeparator = "-"
)

// DeviceCodes are what a machine gets when it begins.
type DeviceCodes struct{ Device, User string }

// Devices lets machines be signed in by an administrator in a browser.
type Devices struct {
	desk               *Desk
	begun, asks, looks *Limit
}

func newDevices(d *Desk) *Devices {
	return &Devices{
		desk: d, begun: NewLimit(d.now, beginBurst, beginPeriod), asks: NewLimit(d.now, pollBurst, pollPeriod),
		looks: NewLimit(d.now, userCodeBurst, userCodePeriod),
	}
}

// Begin makes a pair of codes for a machine that calls itself host and asks from an address.
func (v *Devices) Begin(ctx context.Context, host, from string) (DeviceCodes, error) {
	if err := v.begun.Admit(Network(from)); err != nil {
		return DeviceCodes{}, err
	}
	if len(host) > maxHost || strings.ContainsFunc(host, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return DeviceCodes{}, &problem.Problem{
			Code: problem.Invalid, Title: "The machine's name cannot be shown", Hint: "Give its host name, of letters, digits and hyphens.",
		}
	}
	codes := DeviceCodes{User: newUserCode()}
	d := tenant.DeviceSignIn{Host: host, Address: audit.AddressOf(from), Created: v.desk.now(), Decision: tenant.DevicePending}
	codes.Device, d.Hash = NewToken()
	d.UserHash, d.Expires = hashUserCode(codes.User), d.Created.Add(DeviceLife)
	return codes, v.desk.store.Write(ctx, func(tx store.Tx) error { return v.add(ctx, tx, d) })
}

func (v *Devices) add(ctx context.Context, tx store.Tx, d tenant.DeviceSignIn) error {
	for address, most := range map[string]int{"": maxDevices, d.Address: maxDevicesOfOne} {
		n, err := tx.CountDeviceSignIns(ctx, address, d.Created)
		if err != nil {
			return err
		}
		if n >= most {
			return &problem.Problem{
				Code: problem.TooMany, Title: "Too many machines wait for a sign-in", Text: "None more is let in until some are done.",
				Hint: "Sign in with e-mail and password, or try again in ten minutes.", Err: control.RetryAfter(DeviceLife),
			}
		}
	}
	return tx.AddDeviceSignIn(ctx, d)
}

// Find gives the sign-in that waits with this user code. Looking is slowed down for each administrator, right code or not:
// a code that one knows must not pay for guesses.
func (v *Devices) Find(ctx context.Context, code string, by tenant.Administrator) (tenant.DeviceSignIn, error) {
	if err := v.looks.Admit(by.ID.String()); err != nil {
		return tenant.DeviceSignIn{}, err
	}
	d, err := v.desk.store.DeviceSignInOf(ctx, hashUserCode(code))
	if err != nil && !problem.Is(err, problem.NotFound) {
		return d, err
	}
	if err != nil || d.Decision != tenant.DevicePending || !v.desk.now().Before(d.Expires) {
		return tenant.DeviceSignIn{}, unknownUserCode()
	}
	return d, nil
}

func unknownUserCode() error {
	return &problem.Problem{
		Code: problem.NotFound, Title: "No set-up waits with this code", Text: "It was mistyped, it was decided already, or its ten minutes are over.",
		Hint: "Compare it with the one in the terminal; ask for a new one there if it ran out.", Op: "looking for a device sign-in",
	}
}

// Decide stores what an administrator said. It counts once: for a sign-in that was decided or ended it is an error. A
// reader decides nothing.
func (v *Devices) Decide(ctx context.Context, code string, by tenant.Administrator, approve bool) (tenant.DeviceSignIn, error) {
	if err := v.desk.standing(ctx, v.desk.store, by, tenant.ForEnrolment); err != nil {
		return tenant.DeviceSignIn{}, err
	}
	d, err := v.Find(ctx, code, by)
	if err != nil {
		return d, err
	}
	now := v.desk.now()
	d.Decision, d.Administrator = tenant.DeviceDenied, by.ID
	if approve {
		d.Decision = tenant.DeviceApproved
	}
	if least := now.Add(decidedLife); d.Expires.Before(least) {
		d.Expires = least
	}
	err = v.desk.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.DecideDeviceSignIn(ctx, d); err != nil {
			return err
		}
		return tx.Record(ctx, decided(ctx, d, by))
	})
	if problem.Is(err, problem.NotFound) {
		err = unknownUserCode()
	}
	return d, err
}

func decided(ctx context.Context, d tenant.DeviceSignIn, by tenant.Administrator) audit.Entry {
	what := audit.DeviceDenied
	if d.Decision == tenant.DeviceApproved {
		what = audit.DeviceApproved
	}
	return audit.Entry{
		What: what, Actor: audit.BeingAdministrator(ctx, by), Subject: audit.Subject{Kind: audit.AMachine, Name: d.Host},
		Details: []audit.Detail{{Name: "its address", After: d.Address}},
	}
}

// Outcomes of Redeem that are no words for a person (RFC 8628 §3.5, RFC 6749 §5.2).
var (
	ErrDevicePending  = errors.New("nobody decided yet")
	ErrDeviceSlowDown = errors.New("asked too often")
	ErrDeviceUnknown  = errors.New("the device code is unknown, or was used")
)

// Redeem gives the session of an approved sign-in, once. Other outcomes are the errors above, and problems of codes
// control.SignInDenied and control.CodeExpired.
func (v *Devices) Redeem(ctx context.Context, deviceCode, from string) (string, tenant.Session, error) {
	if v.asks.Admit(Network(from)) != nil {
		return "", tenant.Session{}, ErrDeviceSlowDown
	}
	hash := HashToken(deviceCode)
	d, err := v.desk.store.DeviceSignIn(ctx, hash)
	if problem.Is(err, problem.NotFound) {
		return "", tenant.Session{}, ErrDeviceUnknown
	}
	if err == nil {
		err = v.outcome(d)
	}
	if err != nil {
		return "", tenant.Session{}, err
	}
	return v.signIn(ctx, d)
}

func (v *Devices) outcome(d tenant.DeviceSignIn) error {
	switch {
	case d.Decision == tenant.DeviceDenied:
		return &problem.Problem{
			Code: control.SignInDenied, Title: "The sign-in was declined in the browser", Text: "Somebody chose Deny there.",
			Hint: "Ask for a new code if it was you by mistake, or sign in with e-mail and password.", Op: "signing in by browser",
		}
	case !v.desk.now().Before(d.Expires):
		return &problem.Problem{
			Code: control.CodeExpired, Title: "The code has run out", Text: "Nobody approved it within ten minutes.",
			Hint: "Ask for a new code, or sign in with e-mail and password.", Op: "signing in by browser",
		}
	case d.Decision != tenant.DeviceApproved:
		return ErrDevicePending
	}
	return nil
}

// signIn trades the approval for a session, in one transaction.
func (v *Devices) signIn(ctx context.Context, d tenant.DeviceSignIn) (token string, session tenant.Session, err error) {
	err = v.desk.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.EndDeviceSignIn(ctx, d.Hash); err != nil {
			return ErrDeviceUnknown
		}
		admin, err := tx.AdministratorByID(ctx, d.Administrator)
		if err != nil {
			return err
		}
		if err := v.desk.standing(ctx, tx, admin, tenant.ForEnrolment); err != nil {
			return err
		}
		token, session = v.desk.newSession(ctx, admin, tenant.ForEnrolment)
		return enter(ctx, tx, session)
	})
	return token, session, err
}

func newUserCode() string {
	groups := make([]string, userCodeGroups)
	for i := range groups {
		groups[i] = randomLetters(userCodeGroup)
	}
	return strings.Join(groups, userCodeSeparator)
}

// randomLetters draws evenly: bytes beyond the last whole multiple of the alphabet are left out.
func randomLetters(n int) string {
	const even = 256 / len(userCodeAlphabet) * len(userCodeAlphabet)
	letters := make([]byte, 0, n)
	for one := make([]byte, 1); len(letters) < n; {
		_, _ = rand.Read(one) // never fails (crypto/rand)
		if int(one[0]) < even {
			letters = append(letters, userCodeAlphabet[int(one[0])%len(userCodeAlphabet)])
		}
	}
	return string(letters)
}

// hashUserCode takes the code in any case and however it is grouped. It never gives the hash of a device code.
func hashUserCode(code string) []byte {
	return HashToken("user code " + plainUserCode(code))
}

func plainUserCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToUpper(r); strings.ContainsRune(userCodeAlphabet, r) {
			return r
		}
		return -1
	}, code)
}

// ShownUserCode is the code as the terminal shows it, whatever way it was typed; empty: it cannot be one.
func ShownUserCode(code string) string {
	plain := plainUserCode(code)
	if len(code) > 64 || len(plain) != userCodeGroup*userCodeGroups {
		return ""
	}
	return plain[:userCodeGroup] + userCodeSeparator + plain[userCodeGroup:]
}
