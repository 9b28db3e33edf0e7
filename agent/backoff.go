package agent

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"passlysync/pkg/control"
)

// maxBackoff is the longest wait between two tries, maxAsked where the other side asks for one.
const (
	maxBackoff = 20 * time.Second
	maxAsked   = time.Hour
)

// wait doubles from try to try, with full jitter, so that agents which lost one tenant do not come back as one.
type wait struct{ steps *backoff.ExponentialBackOff }

func newBackoff() wait {
	steps := backoff.NewExponentialBackOff()
	steps.InitialInterval = 500 * time.Millisecond
	steps.MaxInterval = maxBackoff / 2
	steps.Multiplier = 2
	steps.RandomizationFactor = 1 // from nothing to twice the interval
	return wait{steps}
}

func (w wait) reset() { w.steps.Reset() }

// next gives how long to wait after err, which may carry how long the other side asked for (control.RetryAfter).
func (w wait) next(err error) time.Duration {
	d := w.steps.NextBackOff()
	var asked control.RetryAfter
	if errors.As(err, &asked) {
		d = max(d, min(time.Duration(asked), maxAsked))
	}
	return d
}

// sleep waits, until ctx ends or early (which may be nil) is signalled.
func (w wait) sleep(ctx context.Context, err error, early <-chan struct{}) {
	timer := time.NewTimer(w.next(err))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-early:
	case <-ctx.Done():
	}
}
