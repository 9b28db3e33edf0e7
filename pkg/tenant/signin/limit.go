package signin

import (
	"sync"
	"time"
)

// Limit slows down what is not a sign-in by e-mail: a burst for each key, then one each period.
type Limit struct {
	mu      sync.Mutex
	now     func() time.Time
	burst   int
	period  time.Duration
	buckets map[string]time.Time
}

// NewLimit makes a Limit that has seen nothing.
func NewLimit(now func() time.Time, burst int, period time.Duration) *Limit {
	return &Limit{now: now, burst: burst, period: period, buckets: map[string]time.Time{}}
}

// Admit counts an attempt, or refuses it and says when to come back.
func (l *Limit) Admit(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait := waits(l.buckets, key, now, l.burst, l.period); wait > 0 {
		return tooMany(wait)
	}
	pour(l.buckets, key, now, l.period)
	return nil
}

// Refused says when to come back where the limit is reached, and counts nothing.
func (l *Limit) Refused(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := waits(l.buckets, key, l.now(), l.burst, l.period); wait > 0 {
		return tooMany(wait)
	}
	return nil
}
