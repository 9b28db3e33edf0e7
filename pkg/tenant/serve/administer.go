package serve

import (
	"context"
	"errors"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Newcomer is an administrator to add.
type Newcomer struct {
	Email, Password string
	Role            tenant.Role
}

// AddAdministrator adds one to the tenant in the state folder, which may be served meanwhile. Errors are problems.
func AddAdministrator(ctx context.Context, o Options, n Newcomer) error {
	o = o.withDefaults()
	n.Email = strings.TrimSpace(n.Email)
	if err := errors.Join(checkEmail(n.Email, "--email"), signin.CheckNewPassword(n.Password)); err != nil {
		return err
	}
	hash := signin.HashPassword(n.Password)
	return administer(ctx, o, func(tx store.Tx) error {
		return tx.AddAdministrator(ctx, tenant.Administrator{ID: tx.NewID(), Email: n.Email, PasswordHash: hash, Role: n.Role, Created: o.Now()})
	})
}

// ChangeAdministrator edits one, found by e-mail. Who is locked or a reader afterwards loses sessions and enrolment tokens
// at once.
func ChangeAdministrator(ctx context.Context, o Options, email string, edit func(*tenant.Administrator)) error {
	return administer(ctx, o.withDefaults(), func(tx store.Tx) error {
		admin, err := tx.Administrator(ctx, strings.TrimSpace(email))
		if problem.Is(err, problem.NotFound) {
			return &problem.Problem{
				Code: problem.NotFound, Title: "No administrator has the e-mail " + email, Text: "Nothing was changed.",
				Hint: "Check --email, or add one: passly-tenant administrator add.", Err: err,
			}
		}
		if err != nil {
			return err
		}
		edit(&admin)
		if err := tx.ReplaceAdministrator(ctx, admin); err != nil {
			return err
		}
		if admin.Locked || admin.Role != tenant.RoleAdministrator {
			return tx.EndAccess(ctx, admin.ID)
		}
		return nil
	})
}

// Disable lets nobody sign in and no agent enrol, or lets them again.
func Disable(ctx context.Context, o Options, disabled bool) error {
	return administer(ctx, o.withDefaults(), func(tx store.Tx) error { return tx.Disable(ctx, disabled) })
}

func administer(ctx context.Context, o Options, do func(store.Tx) error) error {
	db, _, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(db.Write(ctx, do), db.Close())
}
