package writeback

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

const (
	rulesFresh  = time.Minute      // in which they are not asked for anew
	rulesPause  = 10 * time.Second // nor in this, where the agent did not say them
	rulesWithin = 2 * time.Second  // a page waits no longer
	maxKept     = 2000             // people whose rules are kept
)

// rules keeps what agents said last, by person. The zero rules is ready.
type rules struct {
	mu     sync.Mutex
	kept   map[tenant.ID]kept
	flight singleflight.Group // by person: a page that is typed into asks at each key
}

// kept is what an agent said last, if anything, and from when on it may be asked again.
type kept struct {
	Rules
	again time.Time
}

func (r *rules) of(u tenant.User) kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[u.ID]
}

func (r *rules) keep(u tenant.User, said kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[tenant.ID]kept{}
	}
	for id := range r.kept { // an arbitrary one goes, so that memory stays bounded
		if len(r.kept) < maxKept {
			break
		}
		delete(r.kept, id)
	}
	r.kept[u.ID] = said
}

// Rules gives what the directory asks of somebody's passwords: what the agent says within two seconds, or what it said last.
// It is for showing: the domain alone decides. Only a broken store is an error.
func (d *Desk) Rules(ctx context.Context, u tenant.User) (Rules, error) {
	way, err := d.Way(ctx, u)
	if err != nil || way.Place != TwoWay {
		return Rules{}, err
	}
	last := d.rules.of(u)
	if told := way.Agent.Heartbeat.Passwords; told != nil && !last.Known { // of everybody
		last.Rules = Rules{PasswordRules: told.Rules(), Known: true, Read: way.Agent.HeardAt}
	}
	if now := d.Now(); now.Before(last.again) && last.again.Sub(now) <= rulesFresh { // a clock that was set back does not stop it
		return last.Rules, nil
	}
	id, err := directory.ParseGUID(u.ExternalID)
	if err != nil {
		return Rules{}, nil
	}
	said, _, _ := d.rules.flight.Do(u.ID.String(), func() (any, error) { return d.askRules(ctx, u, way.Agent, id, last.Rules), nil })
	return said.(Rules), nil
}

// askRules asks the agent; where it does not say them in time, they are what they were.
func (d *Desk) askRules(ctx context.Context, u tenant.User, a tenant.Agent, id directory.GUID, last Rules) Rules {
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), rulesWithin) // others may wait for the same answer
	defer cancel()
	said, err := d.Agents.PasswordRules(waiting, a.ID, control.PasswordRulesArgs{User: id})
	pause := rulesFresh
	if err != nil {
		d.Log.Info("an agent did not say what the directory asks of passwords", "agent", a.ID, "error", err)
		pause = rulesPause
	} else {
		last = Rules{PasswordRules: said.Rules(), Known: true, Read: d.Now()}
	}
	d.rules.keep(u, kept{last, d.Now().Add(pause)})
	return last
}
