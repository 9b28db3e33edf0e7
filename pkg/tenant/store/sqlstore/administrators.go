package sqlstore

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
)

const administratorColumns = "id, email, password_hash, created, role, locked, second_factor, code_step, last_sign_in, organization, alarms"

func scanAdministrator(row scanner) (tenant.Administrator, error) {
	var (
		a             tenant.Administrator
		created, last int64
	)
	err := row.Scan(&a.ID, &a.Email, &a.PasswordHash, &created, &a.Role, &a.Locked, &a.SecondFactor, &a.CodeStep, &last, &a.Organization, &a.Alarms)
	a.Created, a.LastSignIn = fromMillis(created), fromMillis(last)
	return a, err
}

// Administrators gives all administrators, oldest first.
func (s session) Administrators(ctx context.Context) ([]tenant.Administrator, error) {
	all, err := list(ctx, s, "SELECT "+administratorColumns+" FROM administrators ORDER BY created, id", nil, scanAdministrator)
	if err != nil {
		return nil, fmt.Errorf("reading administrators: %w", err)
	}
	return all, nil
}

// RemoveAdministrator removes an administrator.
func (w *writer) RemoveAdministrator(ctx context.Context, id tenant.ID) error {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM administrators WHERE id = ?", int64(id))
	return changedOne(n, err, "administrator")
}

// SetAdministratorPassword stores a password's hash.
func (w *writer) SetAdministratorPassword(ctx context.Context, id tenant.ID, hash string) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE administrators SET password_hash = ? WHERE id = ?", hash, int64(id))
	return changedOne(n, err, "administrator")
}

// SignedIn remembers the last sign-in.
func (w *writer) SignedIn(ctx context.Context, id tenant.ID, at time.Time) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE administrators SET last_sign_in = ? WHERE id = ?", millis(at), int64(id))
	return changedOne(n, err, "administrator")
}

// CountAdministratorCodes counts the recovery codes left.
func (s session) CountAdministratorCodes(ctx context.Context, administrator tenant.ID) (int, error) {
	var n int
	if err := s.one(ctx, "SELECT count(*) FROM administrator_codes WHERE administrator = ?", []any{int64(administrator)}, &n); err != nil {
		return 0, fmt.Errorf("counting recovery codes: %w", err)
	}
	return n, nil
}

// PutAdministratorCodes replaces the recovery codes.
func (w *writer) PutAdministratorCodes(ctx context.Context, administrator tenant.ID, hashes [][]byte) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM administrator_codes WHERE administrator = ?", int64(administrator)); err != nil {
		return fmt.Errorf("forgetting recovery codes: %w", err)
	}
	for _, hash := range hashes {
		if _, err := w.exec(ctx, "INSERT INTO administrator_codes (administrator, hash) VALUES (?, ?)", int64(administrator), hash); err != nil {
			return fmt.Errorf("keeping recovery codes: %w", err)
		}
	}
	return nil
}

// UseAdministratorCode forgets a code, and reports whether it was there.
func (w *writer) UseAdministratorCode(ctx context.Context, administrator tenant.ID, hash []byte) (bool, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM administrator_codes WHERE administrator = ? AND hash = ?", int64(administrator), hash)
	if err != nil {
		return false, fmt.Errorf("using a recovery code: %w", err)
	}
	return n == 1, nil
}

// AdministratorInvitation finds an invitation by its token's hash.
func (s session) AdministratorInvitation(ctx context.Context, hash []byte) (tenant.AdministratorInvitation, error) {
	var (
		i       = tenant.AdministratorInvitation{Hash: hash}
		expires int64
	)
	err := s.one(ctx, "SELECT administrator, expires FROM administrator_invitations WHERE hash = ?", []any{hash}, &i.Administrator, &expires)
	i.Expires = fromMillis(expires)
	return i, found(err, "invitation")
}

// PutAdministratorInvitation makes the one invitation that somebody has.
func (w *writer) PutAdministratorInvitation(ctx context.Context, i tenant.AdministratorInvitation) error {
	if _, err := w.exec(context.WithoutCancel(ctx), `INSERT INTO administrator_invitations (administrator, hash, expires) VALUES (?1, ?2, ?3)
		ON CONFLICT (administrator) DO UPDATE SET hash = ?2, expires = ?3`, int64(i.Administrator), i.Hash, millis(i.Expires)); err != nil {
		return fmt.Errorf("inviting an administrator: %w", err)
	}
	return nil
}

// EndAdministratorInvitation ends it.
func (w *writer) EndAdministratorInvitation(ctx context.Context, administrator tenant.ID) error {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM administrator_invitations WHERE administrator = ?", int64(administrator))
	return changedOne(n, err, "invitation")
}
