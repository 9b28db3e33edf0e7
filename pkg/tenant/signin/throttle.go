package signin

import (
	"net/netip"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Limits of attempts: a burst, then one each period. An address may serve many people behind one router.
const (
	emailBurst    = 5
	emailPeriod   = 30 * time.Second
	addressBurst  = 20
	addressPeriod = 5 * time.Second
	maxTracked    = 10_000
)

// Throttle slows guessing down. It is a leaky bucket for each e-mail and each address: the time at which it is empty.
type Throttle struct {
	mu    sync.Mutex
	now   func() time.Time
	email map[string]time.Time
	from  map[string]time.Time
}

// NewThrottle makes a Throttle that has seen nothing.
func NewThrottle(now func() time.Time) *Throttle {
	return &Throttle{now: now, email: map[string]time.Time{}, from: map[string]time.Time{}}
}

// Admit counts an attempt, or refuses it and says when to come back. An unknown e-mail is counted like a known one.
func (t *Throttle) Admit(email, from string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	network := Network(from)
	wait := max(waits(t.email, email, now, emailBurst, emailPeriod), waits(t.from, network, now, addressBurst, addressPeriod))
	if wait > 0 {
		return tooMany(wait)
	}
	pour(t.email, email, now, emailPeriod)
	pour(t.from, network, now, addressPeriod)
	return nil
}

// Forgive empties the e-mail's bucket after a success. The address stays counted: it may try others.
func (t *Throttle) Forgive(email string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.email, email)
}

func waits(buckets map[string]time.Time, key string, now time.Time, burst int, period time.Duration) time.Duration {
	full := max(0, buckets[key].Sub(now)) // an unknown key has the zero time, far in the past
	return max(0, full-time.Duration(burst-1)*period)
}

func pour(buckets map[string]time.Time, key string, now time.Time, period time.Duration) {
	if len(buckets) >= maxTracked {
		forget(buckets, now)
	}
	at := buckets[key]
	if at.Before(now) {
		at = now
	}
	buckets[key] = at.Add(period)
}

// forget drops empty buckets; when all are in use, an arbitrary tenth goes, so that memory stays bounded.
func forget(buckets map[string]time.Time, now time.Time) {
	for key, at := range buckets {
		if at.Before(now) {
			delete(buckets, key)
		}
	}
	for key := range buckets {
		if len(buckets) < maxTracked*9/10 {
			return
		}
		delete(buckets, key)
	}
}

// Network is what an address is counted by: an IPv6 client has all of its /64.
func Network(from string) string {
	at, err := netip.ParseAddrPort(from)
	if err != nil {
		return from
	}
	addr := at.Addr().Unmap()
	if addr.Is6() {
		if prefix, err := addr.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

func tooMany(wait time.Duration) error {
	wait = wait.Truncate(time.Second) + time.Second
	return &problem.Problem{
		Code: problem.TooMany, Title: "Too many attempts", Text: "Signing in is slowed down to keep guessing out.",
		Hint: "Wait " + wait.String() + ", then try again.", Op: "signing in", Err: control.RetryAfter(wait),
	}
}
