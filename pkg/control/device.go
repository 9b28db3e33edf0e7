package control

import (
	"context"
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
