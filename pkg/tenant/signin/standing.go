package signin

import (
	"context"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// standing says whether an administrator may have a session of this purpose now. It is asked for after the password only.
func (d *Desk) standing(ctx context.Context, from store.Reader, admin tenant.Administrator, purpose tenant.SessionPurpose) error {
	err := Open(ctx, from)
	switch {
	case err != nil:
		return err
	case admin.Locked:
		return locked()
	case purpose == tenant.ForEnrolment:
		return MayChange(admin)
	}
	return nil
}

// isStanding tells a refusal of standing from a fault.
func isStanding(err error) bool {
	return problem.Is(err, control.TenantDisabled) || problem.Is(err, control.AccountLocked) || problem.Is(err, control.NotAdministrator)
}

// MayAdminister refuses who does not own the tenant.
func MayAdminister(admin tenant.Administrator) error {
	if admin.Role.MayAdminister() {
		return nil
	}
	return &problem.Problem{
		Code: control.NotAdministrator, Title: "Administrators are managed by owners", Text: "This account has the role " + string(admin.Role) + ". Nothing was changed.",
		Hint: "Ask an owner of the tenant; Administrators lists who that is.", Op: "checking the role",
	}
}

// MayChange refuses readers.
func MayChange(admin tenant.Administrator) error {
	if admin.Role.MayChange() {
		return nil
	}
	return &problem.Problem{
		Code: control.NotAdministrator, Title: "This account may look, but not change anything",
		Text: "It has the role reader in this tenant. Nothing was changed.",
		Hint: "Use an administrator's account, or have whoever runs the tenant change the role: passly-tenant administrator role.", Op: "checking the role",
	}
}

func locked() error {
	return &problem.Problem{
		Code: control.AccountLocked, Title: "This account is locked", Text: "The password was right, and the account may not sign in.",
		Hint: "Whoever runs the tenant unlocks it: passly-tenant administrator unlock.", Op: "signing in",
	}
}

// Open refuses everybody while the tenant is disabled.
func Open(ctx context.Context, from store.Reader) error {
	t, err := from.Tenant(ctx)
	if err != nil || !t.Disabled {
		return err
	}
	return &problem.Problem{
		Code: control.TenantDisabled, Title: "This tenant is disabled", Text: "Nobody can sign in and no agent can be enrolled. People stay as they are.",
		Hint: "Whoever runs the tenant enables it: passly-tenant enable.", Op: "signing in",
	}
}
