// Package administrators manages who administers a tenant: adding, inviting, roles, locking, removing.
//
// What always holds: at least one owner who is not locked and has a password remains, whoever asks; nobody changes the own
// role or standing in the console; who loses a role or is locked is signed out everywhere at once; each change is in the
// audit log. Signing in is package signin's.
package administrators

import (
	"context"
	"errors"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// InvitationLife is how long an invitation works.
const InvitationLife = 24 * time.Hour

// Grant is what somebody is given to administer: a role, for one organization or (zero) the whole tenant.
type Grant struct {
	Role         tenant.Role
	Organization tenant.ID
}

// Check refuses what is no e-mail address or no grant. Errors are problems of code Invalid.
func Check(email string, g Grant) error {
	if at := strings.LastIndexByte(email, '@'); at < 1 || at == len(email)-1 || strings.ContainsAny(email, " \t\r\n<>") || len(email) > 254 {
		return &problem.Problem{Code: problem.Invalid, Title: "That is no e-mail address", Text: "Nobody was added.", Hint: "Give one such as anna@example.com."}
	}
	return g.check()
}

func (g Grant) check() error {
	if !g.Role.Known() {
		return &problem.Problem{Code: problem.Invalid, Title: "The role is not known", Hint: "Choose owner, administrator or reader."}
	}
	if g.Role == tenant.RoleOwner && g.Organization != 0 {
		return &problem.Problem{Code: problem.Invalid, Title: "An owner is for the whole tenant", Text: "Nothing was changed.", Hint: "Choose the whole tenant, or the role administrator for one organization."}
	}
	return nil
}

// details say a grant in the audit log.
func (g Grant) details(ctx context.Context, from store.Reader) ([]audit.Detail, error) {
	details := []audit.Detail{{Name: "role", After: string(g.Role)}}
	if g.Organization == 0 {
		return details, nil
	}
	name, err := organizationName(ctx, from, g.Organization)
	return append(details, audit.Detail{Name: "organization", After: name}), err
}

// organizationName is what an administrator is for, in words.
func organizationName(ctx context.Context, from store.Reader, id tenant.ID) (string, error) {
	if id == 0 {
		return "the whole tenant", nil
	}
	o, err := from.Organization(ctx, id)
	return o.Name, err
}

// Add adds somebody with a password, whose hash is given.
func Add(ctx context.Context, tx store.Tx, email, hash string, g Grant, now time.Time) error {
	if err := g.check(); err != nil {
		return err
	}
	a := tenant.Administrator{ID: tx.NewID(), Email: email, PasswordHash: hash, Role: g.Role, Organization: g.Organization, Created: now}
	details, err := g.details(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.AddAdministrator(ctx, a); err != nil {
		return err
	}
	return tx.Record(ctx, audit.Entry{What: audit.AdministratorAdded, Subject: audit.OfAdministrator(a), Details: details})
}

// Edit changes role, lock and second factor of somebody as they stand now. It writes one entry for each that changed.
func Edit(ctx context.Context, tx store.Tx, before tenant.Administrator, edit func(*tenant.Administrator)) error {
	after := before
	edit(&after)
	if err := (Grant{after.Role, after.Organization}).check(); err != nil {
		return err
	}
	if err := tx.ReplaceAdministrator(ctx, after); err != nil {
		return err
	}
	if before.SecondFactor != "" && after.SecondFactor == "" {
		if err := tx.PutAdministratorCodes(ctx, after.ID, nil); err != nil {
			return err
		}
	}
	if after.Locked || after.Role != before.Role || after.Organization != before.Organization {
		if err := tx.EndAccess(ctx, after.ID); err != nil {
			return err
		}
	}
	if err := ownerRemains(ctx, tx); err != nil {
		return err
	}
	was, err := organizationName(ctx, tx, before.Organization)
	if err != nil {
		return err
	}
	is, err := organizationName(ctx, tx, after.Organization)
	if err != nil {
		return err
	}
	return record(ctx, tx, before, after, audit.Changed(nil, "organization", was, is))
}

func record(ctx context.Context, tx store.Tx, before, after tenant.Administrator, moved []audit.Detail) error {
	var all error
	note := func(what audit.What, details ...audit.Detail) {
		all = errors.Join(all, tx.Record(ctx, audit.Entry{What: what, Subject: audit.OfAdministrator(after), Details: details}))
	}
	if granted := audit.Changed(moved, "role", string(before.Role), string(after.Role)); len(granted) > 0 {
		note(audit.AdministratorRole, granted...)
	}
	switch {
	case !before.Locked && after.Locked:
		note(audit.AdministratorLocked)
	case before.Locked && !after.Locked:
		note(audit.AdministratorUnlocked)
	}
	if before.SecondFactor != "" && after.SecondFactor == "" {
		note(audit.AdministratorReset)
	}
	return all
}

// Remove removes somebody.
func Remove(ctx context.Context, tx store.Tx, a tenant.Administrator) error {
	if err := tx.RemoveAdministrator(ctx, a.ID); err != nil {
		return err
	}
	if err := ownerRemains(ctx, tx); err != nil {
		return err
	}
	return tx.Record(ctx, audit.Entry{What: audit.AdministratorRemoved, Subject: audit.OfAdministrator(a), Details: []audit.Detail{{Name: "role", After: string(a.Role)}}})
}

// SetAlarms says whether an administrator wants to be written to about agents.
func SetAlarms(ctx context.Context, tx store.Tx, a tenant.Administrator, wanted bool) error {
	what := audit.AlarmsOff
	if wanted {
		what = audit.AlarmsOn
	}
	return errors.Join(tx.SetAlarms(ctx, a.ID, wanted), tx.Record(ctx, audit.Entry{What: what, Subject: audit.OfAdministrator(a)}))
}

// ownerRemains refuses what would leave the tenant without anybody who manages administrators.
func ownerRemains(ctx context.Context, tx store.Tx) error {
	all, err := tx.Administrators(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Role == tenant.RoleOwner && !a.Locked && !a.Invited() {
			return nil
		}
	}
	return &problem.Problem{
		Code: problem.Conflict, Title: "The tenant needs an owner", Text: "This is the last owner who can sign in. Nothing was changed.",
		Hint: "Make somebody else an owner first.", Op: "changing administrators",
	}
}

// NotYourself refuses what somebody would do to the own account here.
func NotYourself(by, whom tenant.ID) error {
	if by != whom {
		return nil
	}
	return &problem.Problem{
		Code: problem.Conflict, Title: "That is your own account", Text: "Nobody changes the own role, or locks or removes the own account. Nothing was changed.",
		Hint: "Ask another owner.", Op: "changing administrators",
	}
}

// Invite adds somebody without a password and gives the token of a link to choose one.
func Invite(ctx context.Context, s store.Store, email string, g Grant, now time.Time) (tenant.Administrator, string, error) {
	email = strings.TrimSpace(email)
	if err := Check(email, g); err != nil {
		return tenant.Administrator{}, "", err
	}
	var (
		a           tenant.Administrator
		token, hash = signin.NewToken()
	)
	err := s.Write(ctx, func(tx store.Tx) error {
		a = tenant.Administrator{ID: tx.NewID(), Email: email, Role: g.Role, Organization: g.Organization, Created: now}
		if err := tx.AddAdministrator(ctx, a); err != nil {
			return err
		}
		return invite(ctx, tx, a, hash, now)
	})
	return a, token, err
}

// InviteAgain gives somebody who has not chosen a password another token; the former one ends.
func InviteAgain(ctx context.Context, s store.Store, id tenant.ID, now time.Time) (tenant.Administrator, string, error) {
	var (
		a           tenant.Administrator
		token, hash = signin.NewToken()
	)
	err := s.Write(ctx, func(tx store.Tx) (err error) {
		if a, err = tx.AdministratorByID(ctx, id); err != nil {
			return err
		}
		if !a.Invited() {
			return &problem.Problem{Code: problem.Conflict, Title: a.Email + " has a password already", Text: "Nobody was invited.", Hint: "Have them sign in."}
		}
		return invite(ctx, tx, a, hash, now)
	})
	return a, token, err
}

func invite(ctx context.Context, tx store.Tx, a tenant.Administrator, hash []byte, now time.Time) error {
	details, err := Grant{a.Role, a.Organization}.details(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.PutAdministratorInvitation(ctx, tenant.AdministratorInvitation{Hash: hash, Administrator: a.ID, Expires: now.Add(InvitationLife)}); err != nil {
		return err
	}
	return tx.Record(ctx, audit.Entry{What: audit.AdministratorInvited, Subject: audit.OfAdministrator(a), Details: details})
}

// Invited gives who an invitation's token is for. Every fault has the same answer.
func Invited(ctx context.Context, from store.Reader, token string, now time.Time) (tenant.Administrator, error) {
	if err := signin.Open(ctx, from); err != nil {
		return tenant.Administrator{}, err
	}
	i, err := from.AdministratorInvitation(ctx, signin.HashToken(token))
	if err != nil && !problem.Is(err, problem.NotFound) {
		return tenant.Administrator{}, err
	}
	if err != nil || !now.Before(i.Expires) {
		return tenant.Administrator{}, &problem.Problem{
			Code: problem.NotFound, Title: "This invitation does not work any more", Text: "It works once, for 24 hours.",
			Hint: "Ask who invited you for another, or sign in if you have chosen a password already.", Op: "opening an invitation",
		}
	}
	a, err := from.AdministratorByID(ctx, i.Administrator)
	if err == nil && a.Locked {
		err = &problem.Problem{Code: control.AccountLocked, Title: "This account is locked", Hint: "Ask an owner of the tenant.", Op: "opening an invitation"}
	}
	return a, err
}

// Join stores the password that an invited administrator chose; the invitation ends.
func Join(ctx context.Context, s store.Store, token, hash string, now time.Time) (tenant.Administrator, error) {
	var a tenant.Administrator
	err := s.Write(ctx, func(tx store.Tx) (err error) {
		if a, err = Invited(ctx, tx, token, now); err != nil {
			return err
		}
		return errors.Join(tx.EndAdministratorInvitation(ctx, a.ID), tx.SetAdministratorPassword(ctx, a.ID, hash), tx.Record(ctx, audit.Entry{
			What: audit.AdministratorJoined, Actor: audit.BeingAdministrator(ctx, a), Subject: audit.OfAdministrator(a), Details: []audit.Detail{{Name: "role", After: string(a.Role)}},
		}))
	})
	return a, err
}
