package sqlstore

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
)

// deviceKept is how long an ended device sign-in is remembered, so that who asks late is told that it ran out.
const deviceKept = time.Hour

// DeviceSignIn finds a device sign-in by its device code's hash.
func (s session) DeviceSignIn(ctx context.Context, hash []byte) (tenant.DeviceSignIn, error) {
	return s.deviceSignIn(ctx, "hash", hash)
}

// DeviceSignInOf finds a device sign-in by its user code's hash.
func (s session) DeviceSignInOf(ctx context.Context, userHash []byte) (tenant.DeviceSignIn, error) {
	return s.deviceSignIn(ctx, "user_hash", userHash)
}

func (s session) deviceSignIn(ctx context.Context, column string, hash []byte) (tenant.DeviceSignIn, error) {
	var (
		d                tenant.DeviceSignIn
		created, expires int64
	)
	err := s.one(ctx, "SELECT hash, user_hash, host, address, created, expires, decision, administrator FROM device_sign_ins WHERE "+column+" = ?",
		[]any{hash}, &d.Hash, &d.UserHash, &d.Host, &d.Address, &created, &expires, &d.Decision, &d.Administrator)
	d.Created, d.Expires = fromMillis(created), fromMillis(expires)
	return d, found(err, "device sign-in")
}

// CountDeviceSignIns counts those that wait for a decision, of one address or (empty) of all.
func (s session) CountDeviceSignIns(ctx context.Context, address string, now time.Time) (int, error) {
	var n int
	err := s.one(ctx, "SELECT count(*) FROM device_sign_ins WHERE expires > ? AND decision = 'pending' AND (? = '' OR address = ?)",
		[]any{millis(now), address, address}, &n)
	if err != nil {
		return 0, fmt.Errorf("counting device sign-ins: %w", err)
	}
	return n, nil
}

// AddDeviceSignIn adds a device sign-in, and forgets those that ended a while ago.
func (w *writer) AddDeviceSignIn(ctx context.Context, d tenant.DeviceSignIn) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM device_sign_ins WHERE expires < ?", millis(d.Created.Add(-deviceKept))); err != nil {
		return fmt.Errorf("forgetting device sign-ins: %w", err)
	}
	if _, err := w.exec(ctx, "INSERT INTO device_sign_ins (hash, user_hash, host, address, created, expires, decision, administrator) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
		d.Hash, d.UserHash, d.Host, d.Address, millis(d.Created), millis(d.Expires), string(d.Decision)); err != nil {
		return fmt.Errorf("adding a device sign-in: %w", err)
	}
	return nil
}

// DecideDeviceSignIn stores a decision, if none was made yet.
func (w *writer) DecideDeviceSignIn(ctx context.Context, d tenant.DeviceSignIn) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE device_sign_ins SET decision = ?, administrator = ?, expires = ? WHERE hash = ? AND decision = 'pending'",
		string(d.Decision), int64(d.Administrator), millis(d.Expires), d.Hash)
	return changedOne(n, err, "device sign-in")
}

// EndDeviceSignIn forgets one; tenant.NotFound says that it had ended.
func (w *writer) EndDeviceSignIn(ctx context.Context, hash []byte) error {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM device_sign_ins WHERE hash = ?", hash)
	return changedOne(n, err, "device sign-in")
}
