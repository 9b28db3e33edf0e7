package serve

import (
	"context"
	"errors"
	"os/user"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/administrators"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Newcomer is an administrator to add.
type Newcomer struct {
	Email, Password string
	Role            tenant.Role
	Organization    string // by its URL name; empty: the whole tenant
}

// AddAdministrator adds one to the tenant in the state folder, which may be served meanwhile. Errors are problems.
func AddAdministrator(ctx context.Context, o Options, n Newcomer) error {
	o = o.withDefaults()
	n.Email = strings.TrimSpace(n.Email)
	if err := errors.Join(checkEmail(n.Email, "--email"), signin.CheckNewPassword(n.Password)); err != nil {
		return err
	}
	hash := signin.HashPassword(n.Password)
	return administer(ctx, o, func(ctx context.Context, tx store.Tx) error {
		of, err := organizationCalled(ctx, tx, n.Organization)
		if err != nil {
			return err
		}
		return administrators.Add(ctx, tx, n.Email, hash, administrators.Grant{Role: n.Role, Organization: of}, o.Now())
	})
}

// organizationCalled finds one by its URL name; zero is the whole tenant.
func organizationCalled(ctx context.Context, from store.Reader, urlName string) (tenant.ID, error) {
	if urlName == "" {
		return 0, nil
	}
	all, err := from.Organizations(ctx)
	if err != nil {
		return 0, err
	}
	for _, o := range all {
		if o.URLName == urlName {
			return o.ID, nil
		}
	}
	return 0, &problem.Problem{
		Code: problem.NotFound, Title: "No organization has the URL name " + urlName, Text: "Nothing was changed.",
		Hint: "The console lists them under Organizations.", Op: "finding an organization",
	}
}

// ChangeAdministrator edits one, found by e-mail. Who is locked or has another role afterwards loses sessions and enrolment
// tokens at once.
func ChangeAdministrator(ctx context.Context, o Options, email string, edit func(*tenant.Administrator)) error {
	return administer(ctx, o.withDefaults(), func(ctx context.Context, tx store.Tx) error {
		admin, err := byEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		return administrators.Edit(ctx, tx, admin, edit)
	})
}

// RemoveAdministrator removes one, found by e-mail.
func RemoveAdministrator(ctx context.Context, o Options, email string) error {
	return administer(ctx, o.withDefaults(), func(ctx context.Context, tx store.Tx) error {
		admin, err := byEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		return administrators.Remove(ctx, tx, admin)
	})
}

func byEmail(ctx context.Context, tx store.Tx, email string) (tenant.Administrator, error) {
	admin, err := tx.Administrator(ctx, strings.TrimSpace(email))
	if problem.Is(err, problem.NotFound) {
		err = &problem.Problem{
			Code: problem.NotFound, Title: "No administrator has the e-mail " + email, Text: "Nothing was changed.",
			Hint: "Check --email, or add one: passly-tenant administrator add.", Err: err,
		}
	}
	return admin, err
}

// Disable lets nobody sign in and no agent enrol, or lets them again.
func Disable(ctx context.Context, o Options, disabled bool) error {
	what := audit.TenantEnabled
	if disabled {
		what = audit.TenantDisabled
	}
	return administer(ctx, o.withDefaults(), func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.Disable(ctx, disabled), tx.Record(ctx, audit.Entry{What: what, Subject: audit.Subject{Kind: audit.TheTenant}}))
	})
}

func administer(ctx context.Context, o Options, do func(context.Context, store.Tx) error) error {
	db, _, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	ctx = atCommandLine(ctx)
	return errors.Join(db.Write(ctx, func(tx store.Tx) error { return do(ctx, tx) }), db.Close())
}

// atCommandLine is whoever runs the program on the tenant's machine, by the name of the account.
func atCommandLine(ctx context.Context) context.Context {
	a := audit.Actor{Kind: audit.CommandLine, Name: "passly-tenant"}
	if account, err := user.Current(); err == nil {
		a.Name = account.Username
	}
	return audit.As(ctx, a)
}
