package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"

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

// setupClient is the wizard's client id (RFC 8628 §3.1). It is public: the person's approval is what counts.
const setupClient = "passly-sync-setup"

// DeviceSignIn is a sign-in in a browser on any machine (RFC 8628): a person opens Address there and enters Code.
type DeviceSignIn struct {
	Code    string    // short, for people: "BDWP-HQPK"
	Address string    // where to enter it
	Direct  string    // the same with the code in it, for a QR code
	Expires time.Time // by this machine's clock
	wait    func(ctx context.Context) (Session, error)
}

// Wait ends when the person has decided: with the session, or with a problem (SignInDenied, CodeExpired,
// NotAdministrator, …). It asks no more often than the tenant allows.
func (d DeviceSignIn) Wait(ctx context.Context) (Session, error) { return d.wait(ctx) }

// BeginDevice begins a sign-in in a browser; host is this machine's name, shown to who decides there. A tenant that does
// not offer it answers with an error.
func (s *Setup) BeginDevice(ctx context.Context, base, host string) (DeviceSignIn, error) {
	config := oauth2.Config{ClientID: setupClient, Endpoint: oauth2.Endpoint{
		DeviceAuthURL: base + DevicePath, TokenURL: base + DeviceTokenPath, AuthStyle: oauth2.AuthStyleInParams,
	}}
	begin, cancel := context.WithTimeout(s.with(ctx), setupIn)
	defer cancel()
	begun, err := config.DeviceAuth(begin, oauth2.SetAuthURLParam("host", host))
	if err != nil {
		return DeviceSignIn{}, fmt.Errorf("beginning a sign-in in a browser: %w", err)
	}
	if !strings.HasPrefix(begun.VerificationURI, base+"/") || !strings.HasPrefix(begun.VerificationURIComplete, base+"/") {
		return DeviceSignIn{}, notATenant(base, errors.New("it sends people to another address to sign in"))
	}
	return DeviceSignIn{
		Code: begun.UserCode, Address: begun.VerificationURI, Direct: begun.VerificationURIComplete, Expires: begun.Expiry,
		wait: func(ctx context.Context) (Session, error) { return s.awaitDevice(ctx, config, begun) },
	}, nil
}

func (s *Setup) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.http)
}

// awaitDevice asks until the person decided. A network that fails in between is asked again.
func (s *Setup) awaitDevice(ctx context.Context, config oauth2.Config, begun *oauth2.DeviceAuthResponse) (Session, error) {
	for {
		token, err := config.DeviceAccessToken(s.with(ctx), begun)
		var told *oauth2.RetrieveError
		switch {
		case err == nil:
			name, _ := token.Extra("name").(string)
			return Session{Session: token.AccessToken, Name: name, ExpiresIn: int(token.ExpiresIn)}, nil
		case ctx.Err() != nil:
			return Session{}, fmt.Errorf("waiting for the sign-in: %w", ctx.Err())
		case errors.As(err, &told):
			return Session{}, deviceProblem(told)
		case !time.Now().Before(begun.Expiry):
			return Session{}, deviceProblem(&oauth2.RetrieveError{ErrorCode: "expired_token"})
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(max(begun.Interval, 1)) * time.Second):
		}
	}
}

// deviceProblem puts an error of RFC 8628 §3.5 into words.
func deviceProblem(told *oauth2.RetrieveError) error {
	p := &problem.Problem{
		Code: SignInDenied, Title: "The sign-in was declined in the browser", Text: "Somebody chose Deny there.",
		Hint: "Press ctrl+b for a new code, or sign in here.", Op: "signing in by browser", Err: told,
	}
	switch told.ErrorCode {
	case "access_denied":
	case "expired_token":
		p.Code, p.Title, p.Text = CodeExpired, "The code has run out", "Nobody entered it in time."
	default:
		p.Code, p.Title, p.Text = problem.Unavailable, "The sign-in in the browser failed", "The tenant answered with "+told.ErrorCode+"."
	}
	return p
}
