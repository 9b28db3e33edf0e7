package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// Administrator finds an administrator by e-mail, in any case.
func (s session) Administrator(ctx context.Context, email string) (tenant.Administrator, error) {
	return s.administrator(ctx, "email_key", tenant.Fold(email))
}

// AdministratorByID finds an administrator by id.
func (s session) AdministratorByID(ctx context.Context, id tenant.ID) (tenant.Administrator, error) {
	return s.administrator(ctx, "id", int64(id))
}

func (s session) administrator(ctx context.Context, column string, key any) (tenant.Administrator, error) {
	all, err := list(ctx, s, "SELECT "+administratorColumns+" FROM administrators WHERE "+column+" = ?", []any{key}, scanAdministrator)
	if err != nil {
		return tenant.Administrator{}, fmt.Errorf("reading the administrator: %w", err)
	}
	if len(all) == 0 {
		return tenant.Administrator{}, tenant.NotFound("administrator")
	}
	return all[0], nil
}

// found turns the outcome of reading one row into an error.
func found(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return tenant.NotFound(what)
	}
	if err != nil {
		return fmt.Errorf("reading the %s: %w", what, err)
	}
	return nil
}

// AddAdministrator adds an administrator.
func (w *writer) AddAdministrator(ctx context.Context, a tenant.Administrator) error {
	_, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO administrators (id, email, email_key, password_hash, created, role, locked, second_factor, code_step, organization) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(a.ID), a.Email, tenant.Fold(a.Email), a.PasswordHash, millis(a.Created), string(a.Role), a.Locked, a.SecondFactor, a.CodeStep, int64(a.Organization))
	if duplicate(err) {
		return &problem.Problem{Code: problem.Conflict, Title: a.Email + " is an administrator already", Hint: "Sign in with it."}
	}
	if err != nil {
		return fmt.Errorf("adding an administrator: %w", err)
	}
	return nil
}

// ReplaceAdministrator writes what may change of an administrator.
func (w *writer) ReplaceAdministrator(ctx context.Context, a tenant.Administrator) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE administrators SET role = ?, locked = ?, second_factor = ?, code_step = ?, organization = ? WHERE id = ?",
		string(a.Role), a.Locked, a.SecondFactor, a.CodeStep, int64(a.Organization), int64(a.ID))
	return changedOne(n, err, "administrator")
}

// EndAccess ends what an administrator has.
func (w *writer) EndAccess(ctx context.Context, administrator tenant.ID) error {
	for _, query := range []string{
		"DELETE FROM sessions WHERE administrator = ?",
		"DELETE FROM enrolment_tokens WHERE administrator = ? AND agent = 0",
	} {
		if _, err := w.exec(context.WithoutCancel(ctx), query, int64(administrator)); err != nil {
			return fmt.Errorf("ending an administrator's access: %w", err)
		}
	}
	return nil
}

// UseCode remembers the time step of a one-time code, unless it or a later one was used.
func (w *writer) UseCode(ctx context.Context, administrator tenant.ID, step int64) (bool, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE administrators SET code_step = ? WHERE id = ? AND code_step < ?", step, int64(administrator), step)
	if err != nil {
		return false, fmt.Errorf("remembering a one-time code: %w", err)
	}
	return n == 1, nil
}

const sessionQuery = `SELECT s.hash, s.purpose, s.created, s.expires, s.address, s.browser, a.id, a.email, a.created, a.role, a.locked, a.organization FROM sessions s
		JOIN administrators a ON a.id = s.administrator WHERE `

func scanSession(row scanner) (tenant.Session, error) {
	var (
		t                         tenant.Session
		created, expires, adminAt int64
	)
	err := row.Scan(&t.Hash, &t.Purpose, &created, &expires, &t.Address, &t.Browser, &t.Administrator.ID, &t.Administrator.Email, &adminAt,
		&t.Administrator.Role, &t.Administrator.Locked, &t.Administrator.Organization)
	t.Created, t.Expires, t.Administrator.Created = fromMillis(created), fromMillis(expires), fromMillis(adminAt)
	return t, err
}

// Session finds a session by its token's hash.
func (s session) Session(ctx context.Context, hash []byte) (tenant.Session, error) {
	all, err := list(ctx, s, sessionQuery+"s.hash = ?", []any{hash}, scanSession)
	if err != nil {
		return tenant.Session{}, fmt.Errorf("reading the session: %w", err)
	}
	if len(all) == 0 {
		return tenant.Session{}, tenant.NotFound("session")
	}
	return all[0], nil
}

// Sessions gives an administrator's sessions, newest first.
func (s session) Sessions(ctx context.Context, administrator tenant.ID) ([]tenant.Session, error) {
	all, err := list(ctx, s, sessionQuery+"s.administrator = ? ORDER BY s.created DESC, s.hash", []any{int64(administrator)}, scanSession)
	if err != nil {
		return nil, fmt.Errorf("reading sessions: %w", err)
	}
	return all, nil
}

// AddSession adds a session, and forgets those that expired.
func (w *writer) AddSession(ctx context.Context, t tenant.Session) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM sessions WHERE expires < ?", millis(t.Created)); err != nil {
		return fmt.Errorf("forgetting sessions: %w", err)
	}
	if _, err := w.exec(ctx, "INSERT INTO sessions (hash, administrator, purpose, created, expires, address, browser) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.Hash, int64(t.Administrator.ID), string(t.Purpose), millis(t.Created), millis(t.Expires), t.Address, t.Browser); err != nil {
		return fmt.Errorf("adding a session: %w", err)
	}
	return nil
}

// EndSession ends a session; one that is not there has ended.
func (w *writer) EndSession(ctx context.Context, hash []byte) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM sessions WHERE hash = ?", hash); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// AddEnrolmentToken adds a token, and forgets those that expired.
func (w *writer) AddEnrolmentToken(ctx context.Context, t tenant.EnrolmentToken) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM enrolment_tokens WHERE expires < ?", millis(w.now())); err != nil {
		return fmt.Errorf("forgetting enrolment tokens: %w", err)
	}
	if _, err := w.exec(ctx, "INSERT INTO enrolment_tokens (hash, administrator, expires, agent) VALUES (?, ?, ?, 0)",
		t.Hash, int64(t.Administrator), millis(t.Expires)); err != nil {
		return fmt.Errorf("adding an enrolment token: %w", err)
	}
	return nil
}

// EnrolmentToken finds a token by its hash.
func (w *writer) EnrolmentToken(ctx context.Context, hash []byte) (tenant.EnrolmentToken, error) {
	var (
		t       = tenant.EnrolmentToken{Hash: hash}
		expires int64
	)
	err := w.one(ctx, "SELECT administrator, expires, agent, public_key FROM enrolment_tokens WHERE hash = ?", []any{hash},
		&t.Administrator, &expires, &t.Agent, &t.PublicKey)
	t.Expires = fromMillis(expires)
	return t, found(err, "enrolment token")
}

// RedeemToken remembers whom a token let in.
func (w *writer) RedeemToken(ctx context.Context, t tenant.EnrolmentToken) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE enrolment_tokens SET agent = ?, public_key = ? WHERE hash = ? AND agent = 0",
		int64(t.Agent), t.PublicKey, t.Hash)
	return changedOne(n, err, "enrolment token")
}
