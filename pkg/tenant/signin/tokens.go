package signin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// Bounds of API tokens. One is a session that lasts for days: it ends with the account, its role or its lock, and is listed
// and ended like the others.
const (
	DefaultTokenDays = 90
	MaxTokenDays     = 365
	maxAPITokens     = 20 // of one administrator
	maxTokenName     = 60 // characters
)

// APIToken makes a token for programs, as the administrator who is signed in. The password is asked again, and a one-time
// code where the account has them: whoever finds a browser open must not take more than the browser.
func (d *Desk) APIToken(ctx context.Context, a Attempt, name string, days int) (string, tenant.Session, error) {
	name = strings.TrimSpace(name)
	if err := checkToken(name, days); err != nil {
		return "", tenant.Session{}, err
	}
	admin, err := d.Prove(ctx, a.Email, a.Password, a.From)
	if err == nil && admin.SecondFactor != "" {
		err = d.useCode(ctx, admin, a.Code)
	}
	if err != nil {
		return "", tenant.Session{}, err
	}
	token, made := d.newSession(ctx, admin, tenant.ForAPI)
	made.Browser, made.Expires = name, made.Created.Add(time.Duration(days)*24*time.Hour)
	err = d.store.Write(ctx, func(tx store.Tx) error {
		if err := roomForToken(ctx, tx, admin.ID); err != nil {
			return err
		}
		if err := tx.AddSession(ctx, made); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.APITokenMade, Subject: audit.OfAdministrator(admin), Details: []audit.Detail{{Name: "name", After: name}, audit.Count("days it lives", days)}})
	})
	if err == nil {
		d.throttle.Forgive(tenant.Fold(a.Email))
	}
	return token, made, err
}

func checkToken(name string, days int) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxTokenName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return &problem.Problem{
			Code: problem.Invalid, Title: "The token needs a name", Text: "Nothing was made.", Hint: fmt.Sprintf("Say what it is for, in at most %d characters.", maxTokenName),
		}
	case days < 1 || days > MaxTokenDays:
		return &problem.Problem{
			Code: problem.Invalid, Title: "That is too long for a token, or too short", Text: "Nothing was made.", Hint: fmt.Sprintf("Use 1 to %d days.", MaxTokenDays),
		}
	}
	return nil
}

func roomForToken(ctx context.Context, from store.Reader, of tenant.ID) error {
	all, err := from.Sessions(ctx, of)
	have := 0
	for _, s := range all {
		if s.Purpose == tenant.ForAPI {
			have++
		}
	}
	if err == nil && have >= maxAPITokens {
		return &problem.Problem{Code: problem.Conflict, Title: "There are too many API tokens", Text: "Nothing was made.", Hint: "End one that is not needed: they are listed under Your account."}
	}
	return err
}
