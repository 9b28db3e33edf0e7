package passwords

import (
	"context"
	"fmt"
	"sync"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// margin is how many wrong passwords before the lockout none is tried any more: they stay for the person's own mistakes in
// Windows.
const margin = 2

// guesses counts wrong passwords by person, beside what the domain counts: that may not be readable, and each
// domain controller counts for itself.
type guesses struct {
	now func() time.Time

	mu    sync.Mutex
	wrong map[directory.GUID][]time.Time
}

// maxGuessed bounds how many people wrong passwords are kept of.
const maxGuessed = 5000

// guard tries a password unless too many wrong ones were tried. Callers hold the person's turn.
func (g *guesses) guard(ctx context.Context, to directory.PasswordWriter, id directory.GUID, wrong problem.Code, try func() error) error {
	rules, err := to.PasswordRules(ctx, id)
	if err != nil {
		return err
	}
	if rules.LockoutThreshold > 0 {
		counted, err := to.CountWrong(ctx, id)
		if err != nil {
			return err
		}
		if max(counted, g.count(id, rules.LockoutWindow)) >= rules.LockoutThreshold-margin {
			return spared(rules)
		}
	}
	err = try()
	switch {
	case err == nil:
		g.forget(id)
	case problem.Is(err, wrong):
		g.note(id)
	}
	return err
}

func (g *guesses) count(id directory.GUID, window time.Duration) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, at := range g.wrong[id] {
		if window == 0 || g.now().Sub(at) < window {
			n++
		}
	}
	return n
}

func (g *guesses) note(id directory.GUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil {
		g.wrong = map[directory.GUID][]time.Time{}
	}
	for other := range g.wrong { // an arbitrary one goes: the domain's own count stays
		if len(g.wrong) < maxGuessed {
			break
		}
		delete(g.wrong, other)
	}
	kept := append(g.wrong[id], g.now())
	g.wrong[id] = kept[max(0, len(kept)-100):]
}

func (g *guesses) forget(id directory.GUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.wrong, id)
}

func spared(rules directory.PasswordRules) error {
	p := &problem.Problem{
		Code: problem.TooMany, Title: "Too many wrong passwords were given for this account of Windows", Op: "proving a password",
		Text: fmt.Sprintf("The domain locks it after %d, so no more are tried now.", rules.LockoutThreshold),
		Hint: fmt.Sprintf("Wait %d minutes, then try again. A sign-in to Windows itself ends the waiting.", max(1, int(rules.LockoutWindow.Minutes()))),
	}
	if rules.LockoutThreshold <= margin {
		p.Title = "The domain locks accounts too soon for a password of Windows to be tried here"
		p.Hint = "Sign in to Windows instead, or have the domain's lockout threshold raised."
	}
	return p
}
