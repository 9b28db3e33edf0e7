package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// One-time codes (RFC 6238): SHA-1, six digits, as every authenticator knows them.
const (
	codeStep    = 30 * time.Second
	codeDrift   = 1  // steps by which the authenticator's clock may differ
	codeRecent  = 10 // steps back in which a code is told to have run out, not to be wrong
	secretBytes = 20 // RFC 4226 §4, R6
	codeBurst   = 6
	codePeriod  = 2 * time.Minute
)

// NewSecret makes the secret of somebody's one-time codes, in base32.
func NewSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
}

// SoundSecret reports whether a text can be a secret of NewSecret.
func SoundSecret(secret string) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	return err == nil && len(raw) == secretBytes
}

// SecretAddress is what the QR code for an authenticator says.
func SecretAddress(secret, issuer, account string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape(issuer + ":" + account)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

func stepOf(at time.Time) int64 { return at.Unix() / int64(codeStep/time.Second) }

// codeAt gives the code of a time step.
func codeAt(secret string, step int64) (string, error) {
	code, err := hotp.GenerateCodeCustom(secret, uint64(max(step, 0)), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("making a one-time code: %w", err)
	}
	return code, nil
}

// MatchCode finds the time step of a code. Errors are problems of code control.CodeWrong, and control.CodeExpired for one
// that was right a few minutes ago.
func MatchCode(secret, code string, now time.Time) (int64, error) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	current := stepOf(now)
	for step := current + codeDrift; step >= current-codeRecent; step-- {
		want, err := codeAt(secret, step)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
			continue
		}
		if step < current-codeDrift {
			return 0, codeRanOut()
		}
		return step, nil
	}
	return 0, CodeWrong()
}

// useCode takes a right code once. Guesses are slowed down for each administrator.
func (d *Desk) useCode(ctx context.Context, admin tenant.Administrator, code string) error {
	if err := d.codes.Admit(admin.ID.String()); err != nil {
		return err
	}
	if LikeRecoveryCode(code) {
		return d.useRecovery(ctx, admin, code)
	}
	return UseOnce(ctx, d.store, admin.SecondFactor, code, d.now(), func(tx store.Tx, step int64) (bool, error) {
		return tx.UseCode(ctx, admin.ID, step)
	})
}

// UseOnce takes a right code of an authenticator; use marks its time step as used, and reports whether it was not yet.
func UseOnce(ctx context.Context, s store.Store, secret, code string, now time.Time, use func(tx store.Tx, step int64) (bool, error)) error {
	step, err := MatchCode(secret, code, now)
	if err != nil {
		return err
	}
	var fresh bool
	err = s.Write(ctx, func(tx store.Tx) (err error) {
		fresh, err = use(tx, step)
		return err
	})
	if err == nil && !fresh {
		err = CodeUsed()
	}
	return err
}

func (d *Desk) useRecovery(ctx context.Context, admin tenant.Administrator, code string) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		there, err := tx.UseAdministratorCode(ctx, admin.ID, HashRecoveryCode(code))
		if err != nil {
			return err
		}
		if !there {
			return RecoveryWrong()
		}
		left, err := tx.CountAdministratorCodes(ctx, admin.ID)
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			What: audit.RecoveryUsed, Actor: audit.BeingAdministrator(ctx, admin), Subject: audit.OfAdministrator(admin), Details: []audit.Detail{audit.Count("left", left)},
		})
	})
}

// Confirm trades a session of the second step and a one-time or recovery code for one for the console.
func (d *Desk) Confirm(ctx context.Context, token, code string) (string, tenant.Session, error) {
	step, err := d.Session(ctx, token, tenant.ForSecondStep)
	if err != nil {
		return "", tenant.Session{}, err
	}
	admin, err := d.store.AdministratorByID(ctx, step.Administrator.ID)
	if err != nil {
		return "", tenant.Session{}, err
	}
	if err := d.standing(ctx, d.store, admin, tenant.ForConsole); err != nil {
		return "", tenant.Session{}, err
	}
	if admin.SecondFactor != "" { // it may have been reset meanwhile
		if err := d.useCode(ctx, admin, code); err != nil {
			return "", tenant.Session{}, d.refusals.Note(ctx, tenant.Fold(admin.Email), audit.OfAdministrator(admin), err)
		}
	}
	return d.let(ctx, admin, tenant.ForConsole)
}

// TurnOn sets up one-time codes: who asks proves the password again, and with a code that the authenticator has the secret.
// It gives the recovery codes, which nobody sees again.
func (d *Desk) TurnOn(ctx context.Context, a Attempt, secret string) ([]string, error) {
	if !SoundSecret(secret) {
		return nil, &problem.Problem{Code: problem.Invalid, Title: "The secret was changed on its way", Text: "Nothing was turned on.", Hint: "Load the page again."}
	}
	admin, err := d.Prove(ctx, a.Email, a.Password, a.From)
	if err != nil {
		return nil, err
	}
	if err := d.codes.Admit(admin.ID.String()); err != nil {
		return nil, err
	}
	step, err := MatchCode(secret, a.Code, d.now())
	if err != nil {
		return nil, err
	}
	codes, hashes := NewRecoveryCodes()
	err = d.change(ctx, admin.Email, audit.CodesOn, hashes, func(admin *tenant.Administrator) error {
		if admin.SecondFactor != "" {
			return &problem.Problem{
				Code: problem.Conflict, Title: "One-time codes are on already", Text: "Nothing was changed.", Hint: "Turn them off first to use another authenticator.",
			}
		}
		admin.SecondFactor, admin.CodeStep = secret, step
		return nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// TurnOff ends one-time codes and recovery codes: password and a code of either kind are asked.
func (d *Desk) TurnOff(ctx context.Context, a Attempt) error {
	admin, err := d.Prove(ctx, a.Email, a.Password, a.From)
	if err != nil {
		return err
	}
	if admin.SecondFactor == "" {
		return nil
	}
	if err := d.useCode(ctx, admin, a.Code); err != nil {
		return err
	}
	return d.change(ctx, admin.Email, audit.CodesOff, nil, func(admin *tenant.Administrator) error {
		admin.SecondFactor = ""
		return nil
	})
}

// change edits an administrator as it stands now, with these recovery codes from then on, and forgives the attempts that
// led here.
func (d *Desk) change(ctx context.Context, email string, what audit.What, codes [][]byte, edit func(*tenant.Administrator) error) error {
	err := d.store.Write(ctx, func(tx store.Tx) error {
		admin, err := tx.Administrator(ctx, email)
		if err != nil {
			return err
		}
		if err := edit(&admin); err != nil {
			return err
		}
		if err := tx.ReplaceAdministrator(ctx, admin); err != nil {
			return err
		}
		if err := tx.PutAdministratorCodes(ctx, admin.ID, codes); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: what, Actor: audit.BeingAdministrator(ctx, admin), Subject: audit.OfAdministrator(admin)})
	})
	if err == nil {
		d.throttle.Forgive(tenant.Fold(email))
	}
	return err
}

func needsCode() error {
	return &problem.Problem{
		Code: control.NeedsCode, Title: "This account is protected by a one-time code", Text: "The password was right.",
		Hint: "Enter the code that your authenticator shows now.", Op: "signing in",
	}
}

// CodeWrong says that a one-time code is not right.
func CodeWrong() error {
	return &problem.Problem{
		Code: control.CodeWrong, Title: "The one-time code is not right", Text: "It has six digits and changes every 30 seconds.",
		Hint: "Enter the one that your authenticator shows now for this tenant. If it keeps being refused, check its clock.", Op: "signing in",
	}
}

// RecoveryWrong says that a recovery code is none, or was used.
func RecoveryWrong() error {
	return &problem.Problem{
		Code: control.CodeWrong, Title: "This recovery code does not work", Text: "It was mistyped, or used already: each works once.", Hint: "Try another of your codes.", Op: "signing in",
	}
}

func codeRanOut() error {
	return &problem.Problem{
		Code: control.CodeExpired, Title: "That code has run out, enter the one shown now", Text: "Each code counts for about a minute.",
		Hint: "Wait for the next one if it is about to change. If this keeps coming, check the clock of your authenticator.", Op: "signing in",
	}
}

// CodeUsed says that a one-time code counts once.
func CodeUsed() error {
	return &problem.Problem{
		Code: control.CodeExpired, Title: "That code was used already", Text: "Each code counts once.",
		Hint: "Wait until your authenticator shows the next one, then enter that.", Op: "signing in",
	}
}
