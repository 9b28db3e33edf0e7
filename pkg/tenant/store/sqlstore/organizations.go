package sqlstore

import (
	"cmp"
	"context"
	"fmt"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

const selectOrganizations = "SELECT id, name, url_name, suffix, min_password, min_strength, max_password_age, licences, created FROM organizations"

func scanOrganization(row scanner) (tenant.Organization, error) {
	var (
		o       tenant.Organization
		created int64
	)
	err := row.Scan(&o.ID, &o.Name, &o.URLName, &o.Suffix, &o.MinPassword, &o.MinStrength, &o.MaxAge, &o.Licences, &created)
	o.Created = fromMillis(created)
	return o, err
}

// Organizations gives all organizations, oldest first.
func (s session) Organizations(ctx context.Context) ([]tenant.Organization, error) {
	return list(ctx, s, selectOrganizations+" ORDER BY id", nil, scanOrganization)
}

// Organization gives one organization.
func (s session) Organization(ctx context.Context, id tenant.ID) (tenant.Organization, error) {
	all, err := list(ctx, s, selectOrganizations+" WHERE id = ?", []any{int64(id)}, scanOrganization)
	if err != nil {
		return tenant.Organization{}, fmt.Errorf("reading an organization: %w", err)
	}
	if len(all) == 0 {
		return tenant.Organization{}, tenant.NotFound("organization")
	}
	return all[0], nil
}

func (w *writer) insertOrganization(ctx context.Context, o tenant.Organization) error {
	_, err := w.exec(ctx, "INSERT INTO organizations (id, name, url_name, suffix, min_password, min_strength, max_password_age, licences, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(o.ID), o.Name, o.URLName, o.Suffix, cmp.Or(o.MinPassword, tenant.DefaultMinPassword), cmp.Or(o.MinStrength, tenant.LeastStrength),
		o.MaxAge, o.Licences, millis(o.Created))
	return err
}

// AddOrganization adds one whose URL name nobody has.
func (w *writer) AddOrganization(ctx context.Context, o *tenant.Organization) error {
	o.ID, o.Created = w.ids.Next(), w.now()
	err := w.mayFail(ctx, func() error { return w.insertOrganization(context.WithoutCancel(ctx), *o) })
	if w.duplicate(err) {
		return &tenant.Taken{Attribute: "URL name", Value: o.URLName}
	}
	if err != nil {
		return fmt.Errorf("adding an organization: %w", err)
	}
	return nil
}

// ReplaceOrganization writes an organization as it is now.
func (w *writer) ReplaceOrganization(ctx context.Context, o tenant.Organization) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE organizations SET name = ?, suffix = ?, min_password = ?, min_strength = ?, max_password_age = ?, licences = ? WHERE id = ?",
		o.Name, o.Suffix, o.MinPassword, cmp.Or(o.MinStrength, tenant.LeastStrength), o.MaxAge, o.Licences, int64(o.ID))
	return changedOne(n, err, "organization")
}

// RemoveOrganization removes one that is empty.
func (w *writer) RemoveOrganization(ctx context.Context, id tenant.ID) error {
	ctx = context.WithoutCancel(ctx)
	for _, in := range []struct{ table, what string }{{"agents", "agents"}, {"users", "users"}, {"groups", "groups"}, {"administrators", "administrators"}} {
		var n int
		if err := w.one(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+in.table+" WHERE organization = ? LIMIT 1) AS found", []any{int64(id)}, &n); err != nil {
			return fmt.Errorf("looking into an organization: %w", err)
		}
		if n > 0 {
			return &problem.Problem{
				Code: problem.Conflict, Title: "The organization is not empty", Text: "There are " + in.what + " in it. Nothing was removed.",
				Hint: "Move or remove them first.", Op: "removing an organization",
			}
		}
	}
	n, err := w.exec(ctx, "DELETE FROM organizations WHERE id = ?", int64(id))
	return changedOne(n, err, "organization")
}
