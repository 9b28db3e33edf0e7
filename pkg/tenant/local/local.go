// Package local is what administrators do with Local users and groups: those that no agent made. Synced ones are refused here, with where
// to change them instead: the directory is their only source, and what is changed here would be written over.
package local

import (
	"context"
	"errors"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/store"
)

// maxText bounds each attribute, in bytes.
const maxText = 256

// Person is what an administrator says of a Local user.
type Person struct {
	GivenName, FamilyName, DisplayName string
	Mail, UserName                     string
	Organization                       tenant.ID
}

// Of gives what is known of a user.
func Of(u tenant.User) Person {
	return Person{u.GivenName, u.FamilyName, u.DisplayName, u.Mail, u.UserName, u.Organization}
}

// Add makes a Local user under a provisioning policy, which decides the state and whether an enrolment e-mail goes out.
func Add(ctx context.Context, s store.Store, p Person, policy tenant.ProvisioningPolicy) (tenant.ID, error) {
	u := tenant.User{State: policy.State, TwoFactor: policy.TwoFactor}
	if err := p.fill(&u); err != nil {
		return 0, err
	}
	users := []tenant.User{u}
	err := s.Write(ctx, func(tx store.Tx) error {
		if err := belongs(ctx, tx, p); err != nil {
			return err
		}
		outcome, err := tx.AddUsers(ctx, users)
		if err != nil || outcome[0] != nil {
			return errors.Join(err, outcome[0])
		}
		if err := onboarding.Welcome(ctx, tx, policy, users, outcome); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.UserAdded, Subject: audit.OfUser(users[0]), Details: []audit.Detail{{Name: "policy", After: policy.Name}}})
	})
	return users[0].ID, words(err)
}

// Edit changes a Local user; version is the one that the administrator saw. A program may not redirect the links that go to somebody's
// e-mail address: whoever stole its token would take the account over.
func Edit(ctx context.Context, s store.Store, id tenant.ID, version int64, p Person, byProgram bool) error {
	return change(ctx, s, id, audit.UserChanged, func(tx store.Tx, u *tenant.User) error {
		if u.Version != version {
			return &problem.Problem{
				Code: problem.Conflict, Title: u.ShownName() + " was changed meanwhile", Text: "Nothing was saved now.", Hint: "Load the page again and make your change on what stands now.",
			}
		}
		if byProgram && u.State != tenant.Created && tenant.Fold(strings.TrimSpace(p.Mail)) != tenant.Fold(u.Mail) {
			return &problem.Problem{
				Code: problem.Forbidden, Title: "The e-mail of " + u.ShownName() + " is not changed by a program", Text: "Links that set a password go there. Nothing was saved.",
				Hint: "Change it in the console.", Op: "changing a user",
			}
		}
		if strings.TrimSpace(p.UserName) != u.UserName || p.Organization != u.Organization { // who is there already may stay
			if err := belongs(ctx, tx, p); err != nil {
				return err
			}
		}
		return p.fill(u)
	})
}

// SetDisabled disables a Local user, or gives the former state back.
func SetDisabled(ctx context.Context, s store.Store, id tenant.ID, disabled bool) error {
	what := audit.UserEnabled
	if disabled {
		what = audit.UserDisabled
	}
	return change(ctx, s, id, what, func(_ store.Tx, u *tenant.User) error {
		u.SetActive(!disabled)
		return nil
	})
}

func change(ctx context.Context, s store.Store, id tenant.ID, what audit.What, edit func(store.Tx, *tenant.User) error) error {
	return words(s.Write(ctx, func(tx store.Tx) error {
		u, err := tx.User(ctx, tenant.Scope{}, id)
		if err != nil {
			return err
		}
		if u.Agent != 0 {
			return synced(u.ShownName(), "changing a user")
		}
		before := u
		if err := edit(tx, &u); err != nil {
			return err
		}
		if err := tx.ReplaceUser(ctx, &u); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: what, Subject: audit.OfUser(u), Details: changed(before, u)})
	}))
}

func changed(before, after tenant.User) (details []audit.Detail) {
	details = audit.Changed(details, "first name", before.GivenName, after.GivenName)
	details = audit.Changed(details, "last name", before.FamilyName, after.FamilyName)
	details = audit.Changed(details, "display name", before.DisplayName, after.DisplayName)
	details = audit.Changed(details, "e-mail", before.Mail, after.Mail)
	details = audit.Changed(details, "user logon name", before.UserName, after.UserName)
	return audit.Changed(details, "state", string(before.State), string(after.State))
}

func synced(name, op string) error {
	return &problem.Problem{
		Code: problem.Conflict, Title: name + " comes from Active Directory", Text: "What is changed here would be written over by the next sync. Nothing was changed.",
		Hint: "Change it in the directory; it arrives here within seconds.", Op: op,
	}
}

// fill checks what was said and puts it into the user.
func (p Person) fill(u *tenant.User) error {
	for _, one := range []struct {
		name string
		from string
		into *string
		must bool
	}{
		{"first name", p.GivenName, &u.GivenName, true},
		{"last name", p.FamilyName, &u.FamilyName, true},
		{"display name", p.DisplayName, &u.DisplayName, false},
		{"e-mail", p.Mail, &u.Mail, true},
		{"user logon name", p.UserName, &u.UserName, true},
	} {
		text := strings.TrimSpace(one.from)
		switch {
		case text == "" && one.must:
			return wrong("The "+one.name+" is missing", "Fill it in: nobody is added without first name, last name, e-mail and user logon name.")
		case len(text) > maxText || strings.ContainsFunc(text, control):
			return wrong("The "+one.name+" cannot be used", "Use at most 256 characters, and no line ends.")
		}
		*one.into = text
	}
	if at := strings.LastIndexByte(u.Mail, '@'); at < 1 || at == len(u.Mail)-1 || strings.ContainsAny(u.Mail, " <>,;") {
		return wrong("That is no e-mail address", "Write it as ann@example.com.")
	}
	u.Organization = p.Organization
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

func wrong(title, hint string) error {
	return &problem.Problem{Code: problem.Invalid, Title: title, Text: "Nothing was saved.", Hint: hint, Op: "reading a user"}
}

// belongs checks that somebody fits into the organization.
func belongs(ctx context.Context, from store.Reader, p Person) error {
	o, err := from.Organization(ctx, p.Organization)
	if err != nil {
		return err
	}
	return o.CheckLogonName(strings.TrimSpace(p.UserName))
}

// words say of a name in use whose it is not to be.
func words(err error) error {
	var taken *tenant.Taken
	if !errors.As(err, &taken) {
		return err
	}
	what := "user logon name"
	if strings.HasPrefix(taken.Attribute, "emails") {
		what = "e-mail"
	}
	return &problem.Problem{
		Code: problem.Conflict, Title: "Somebody else has the " + what + " " + taken.Value, Text: "Nothing was saved.",
		Hint: "Use another one, or disable the other person first.", Op: "saving a user", Err: err,
	}
}
