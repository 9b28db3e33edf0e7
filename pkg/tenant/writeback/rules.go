package writeback

import (
	"context"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

const (
	rulesFresh  = time.Minute     // in which they are not asked for anew
	rulesWithin = 2 * time.Second // a page waits no longer
	maxKept     = 2000            // people whose rules are kept
)

// rules keeps what agents said last, by person. The zero rules is ready.
type rules struct {
	mu   sync.Mutex
	kept map[tenant.ID]Rules
}

func (r *rules) of(u tenant.User) Rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[u.ID]
}

func (r *rules) keep(u tenant.User, said Rules) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[tenant.ID]Rules{}
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
		last = Rules{PasswordRules: told.Rules(), Known: true, Read: way.Agent.HeardAt}
	} else if last.Known && d.Now().Sub(last.Read).Abs() < rulesFresh {
		return last, nil
	}
	id, err := directory.ParseGUID(u.ExternalID)
	if err != nil {
		return Rules{}, nil
	}
	waiting, cancel := context.WithTimeout(ctx, rulesWithin)
	defer cancel()
	said, err := d.Agents.PasswordRules(waiting, way.Agent.ID, control.PasswordRulesArgs{User: id})
	if err != nil {
		d.Log.Info("an agent did not say what the directory asks of passwords", "agent", way.Agent.ID, "error", err)
		return last, nil
	}
	last = Rules{PasswordRules: said.Rules(), Known: true, Read: d.Now()}
	d.rules.keep(u, last)
	return last, nil
}
