package sqlstore

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
)

// Account finds what a person signs in with.
func (s session) Account(ctx context.Context, user tenant.ID) (tenant.Account, error) {
	var (
		a              = tenant.Account{User: user}
		activated, set int64
	)
	err := s.one(ctx, "SELECT password_hash, second_factor, code_step, pending_factor, activated, password_set, must_change FROM accounts WHERE user_id = ?", []any{int64(user)},
		&a.PasswordHash, &a.SecondFactor, &a.CodeStep, &a.PendingFactor, &activated, &set, &a.MustChange)
	a.Activated, a.PasswordSet = fromMillis(activated), fromMillis(set)
	return a, found(err, "account")
}

// PutAccount adds or replaces an account.
func (w *writer) PutAccount(ctx context.Context, a tenant.Account) error {
	_, err := w.exec(context.WithoutCancel(ctx), `INSERT INTO accounts (user_id, password_hash, second_factor, code_step, pending_factor, activated, password_set, must_change)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (user_id) DO UPDATE SET password_hash = ?2, second_factor = ?3,
		code_step = CASE WHEN accounts.code_step > ?4 THEN accounts.code_step ELSE ?4 END, pending_factor = ?5, activated = ?6,
		password_set = ?7, must_change = ?8`,
		int64(a.User), a.PasswordHash, a.SecondFactor, a.CodeStep, a.PendingFactor, millis(a.Activated), millis(a.PasswordSet), a.MustChange)
	if err != nil {
		return fmt.Errorf("writing an account: %w", err)
	}
	return nil
}

// UsePersonCode remembers the time step of a one-time code, unless it or a later one was used.
func (w *writer) UsePersonCode(ctx context.Context, user tenant.ID, step int64) (bool, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE accounts SET code_step = ? WHERE user_id = ? AND code_step < ?", step, int64(user), step)
	if err != nil {
		return false, fmt.Errorf("remembering a one-time code: %w", err)
	}
	return n == 1, nil
}

// CountRecoveryCodes counts those that were not used.
func (s session) CountRecoveryCodes(ctx context.Context, user tenant.ID) (int, error) {
	var n int
	if err := s.one(ctx, "SELECT count(*) FROM recovery_codes WHERE user_id = ?", []any{int64(user)}, &n); err != nil {
		return 0, fmt.Errorf("counting recovery codes: %w", err)
	}
	return n, nil
}

// PutRecoveryCodes replaces a user's recovery codes.
func (w *writer) PutRecoveryCodes(ctx context.Context, user tenant.ID, hashes [][]byte) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM recovery_codes WHERE user_id = ?", int64(user)); err != nil {
		return fmt.Errorf("forgetting recovery codes: %w", err)
	}
	for _, hash := range hashes {
		if _, err := w.exec(ctx, "INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", int64(user), hash); err != nil {
			return fmt.Errorf("keeping recovery codes: %w", err)
		}
	}
	return nil
}

// UseRecoveryCode forgets a code, and reports whether it was there.
func (w *writer) UseRecoveryCode(ctx context.Context, user tenant.ID, hash []byte) (bool, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?", int64(user), hash)
	if err != nil {
		return false, fmt.Errorf("using a recovery code: %w", err)
	}
	return n == 1, nil
}

// PersonSession finds a session, with its user.
func (s session) PersonSession(ctx context.Context, hash []byte) (tenant.PersonSession, error) {
	var (
		t                = tenant.PersonSession{Hash: hash}
		user             int64
		created, expires int64
	)
	err := s.one(ctx, "SELECT user_id, purpose, created, expires FROM person_sessions WHERE hash = ?", []any{hash}, &user, &t.Purpose, &created, &expires)
	if err := found(err, "session"); err != nil {
		return t, err
	}
	t.Created, t.Expires = fromMillis(created), fromMillis(expires)
	if t.User, err = s.User(ctx, tenant.Scope{}, tenant.ID(user)); err != nil {
		return t, err
	}
	if t.User.State != tenant.Active {
		return tenant.PersonSession{}, tenant.NotFound("session")
	}
	return t, nil
}

// AddPersonSession adds a session, and forgets those that expired.
func (w *writer) AddPersonSession(ctx context.Context, t tenant.PersonSession) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM person_sessions WHERE expires < ?", millis(t.Created)); err != nil {
		return fmt.Errorf("forgetting sessions: %w", err)
	}
	if _, err := w.exec(ctx, "INSERT INTO person_sessions (hash, user_id, purpose, created, expires) VALUES (?, ?, ?, ?, ?)",
		t.Hash, int64(t.User.ID), string(t.Purpose), millis(t.Created), millis(t.Expires)); err != nil {
		return fmt.Errorf("adding a session: %w", err)
	}
	return nil
}

// EndPersonSession ends a session; one that is not there has ended.
func (w *writer) EndPersonSession(ctx context.Context, hash []byte) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM person_sessions WHERE hash = ?", hash); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// EndPersonSessions ends all of a user's but one.
func (w *writer) EndPersonSessions(ctx context.Context, user tenant.ID, but []byte) error {
	if but == nil {
		but = []byte{}
	}
	if _, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM person_sessions WHERE user_id = ? AND hash <> ?", int64(user), but); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// forgetPerson removes what is kept for a user beside the user.
func (w *writer) forgetPerson(ctx context.Context, user tenant.ID) error {
	for _, table := range []string{"accounts", "recovery_codes", "person_sessions", "invitations", "messages"} {
		if _, err := w.exec(ctx, "DELETE FROM "+table+" WHERE user_id = ?", int64(user)); err != nil {
			return fmt.Errorf("removing a user's %s: %w", table, err)
		}
	}
	return nil
}

// invitationKept is how long after its end an invitation is remembered, so that who is late is told what happened.
const invitationKept = 30 * 24 * time.Hour

// Invitation finds an invitation by its token's hash.
func (s session) Invitation(ctx context.Context, hash []byte) (tenant.Invitation, error) {
	var (
		i                      = tenant.Invitation{Hash: hash}
		created, expires, used int64
	)
	err := s.one(ctx, "SELECT user_id, purpose, address, created, expires, used FROM invitations WHERE hash = ?", []any{hash}, &i.User, &i.Purpose, &i.Address, &created, &expires, &used)
	i.Created, i.Expires, i.Used = fromMillis(created), fromMillis(expires), fromMillis(used)
	return i, found(err, "invitation")
}

// AddInvitation adds an invitation, and forgets those that ended long ago.
func (w *writer) AddInvitation(ctx context.Context, i tenant.Invitation) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM invitations WHERE expires < ?", millis(i.Created.Add(-invitationKept))); err != nil {
		return fmt.Errorf("forgetting invitations: %w", err)
	}
	if _, err := w.exec(ctx, "INSERT INTO invitations (hash, user_id, purpose, address, created, expires, used) VALUES (?, ?, ?, ?, ?, ?, 0)",
		i.Hash, int64(i.User), string(i.Purpose), i.Address, millis(i.Created), millis(i.Expires)); err != nil {
		return fmt.Errorf("adding an invitation: %w", err)
	}
	return nil
}

// UseInvitation marks an invitation as used; tenant.NotFound says that it was.
func (w *writer) UseInvitation(ctx context.Context, hash []byte, at time.Time) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE invitations SET used = ? WHERE hash = ? AND used = 0", millis(at), hash)
	return changedOne(n, err, "invitation")
}

// EndInvitations marks all of a user's as used.
func (w *writer) EndInvitations(ctx context.Context, user tenant.ID, at time.Time) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "UPDATE invitations SET used = ? WHERE user_id = ? AND used = 0", millis(at), int64(user)); err != nil {
		return fmt.Errorf("ending invitations: %w", err)
	}
	return nil
}

// AskForInvitation writes down a wish.
func (w *writer) AskForInvitation(ctx context.Context, a tenant.Ask, at time.Time) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO invitation_asks (purpose, address, at) VALUES (?1, ?2, ?3) ON CONFLICT (purpose, address) DO UPDATE SET at = ?3",
		string(a.Purpose), tenant.Fold(a.Address), millis(at)); err != nil {
		return fmt.Errorf("asking for an invitation: %w", err)
	}
	return nil
}

// TakeAsks gives wishes and forgets them.
func (w *writer) TakeAsks(ctx context.Context, limit int) ([]tenant.Ask, error) {
	asked, err := list(context.WithoutCancel(ctx), w.session, `DELETE FROM invitation_asks WHERE (purpose, address) IN (SELECT purpose, address FROM invitation_asks LIMIT ?)
		RETURNING purpose, address`, []any{limit}, func(row scanner) (a tenant.Ask, err error) { return a, row.Scan(&a.Purpose, &a.Address) })
	if err != nil {
		return nil, fmt.Errorf("taking wishes for invitations: %w", err)
	}
	return asked, nil
}
