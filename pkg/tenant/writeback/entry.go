package writeback

import (
	"context"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

func (d *Desk) write(ctx context.Context, e audit.Entry) error {
	return d.Store.Write(ctx, func(tx store.Tx) error { return tx.Record(ctx, e) })
}

// settingEntry tells of a password that was set, refused, or of which it is not known. Nothing of it is in there.
func settingEntry(ctx context.Context, r Request, outcome Outcome, err error) audit.Entry {
	how := "a reset"
	if len(r.Old) > 0 {
		how = "a change, with the former one"
	}
	e := audit.Entry{What: audit.PasswordWritten, Actor: acting(ctx, r.User), Subject: audit.OfUser(r.User), Details: []audit.Detail{{Name: "as", After: how}}}
	if outcome.Agent.ID != 0 {
		e.Details = append(e.Details, audit.Detail{Name: "by the agent", After: outcome.Agent.Configuration.Name})
	}
	if r.MustChange {
		e.Details = append(e.Details, audit.Detail{Name: "must change at next sign-in", After: "yes"})
	}
	for _, remark := range outcome.Remarks {
		e.Details = append(e.Details, audit.Detail{Name: "not done", After: remark.Title})
	}
	if err != nil {
		e.What = audit.PasswordRefused
		if problem.Is(err, OutcomeUnknown) {
			e.What = audit.PasswordInDoubt
		}
		e.Details = append(e.Details, because(err)...)
	}
	return e
}

// provingEntry tells of a password that was to be proven.
func provingEntry(ctx context.Context, u tenant.User, a tenant.Agent, err error) audit.Entry {
	e := audit.Entry{What: audit.PasswordProven, Actor: acting(ctx, u), Subject: audit.OfUser(u)}
	if a.ID != 0 {
		e.Details = append(e.Details, audit.Detail{Name: "by the agent", After: a.Configuration.Name})
	}
	if err != nil {
		e.What, e.Actor = audit.PasswordUnproven, audit.By(ctx)
		e.Details = append(e.Details, because(err)...)
	}
	return e
}

// because gives the short form of a refusal; an entry has no room for commands.
func because(err error) []audit.Detail {
	whole := ForAdministrator(err)
	return []audit.Detail{{Name: "because", After: whole.Title}, {Name: "code", After: string(whole.Code)}}
}

// acting is who the context says; a visitor whom nobody else has named is the person.
func acting(ctx context.Context, u tenant.User) audit.Actor {
	if by := audit.By(ctx); by.Kind != audit.Nobody {
		return by
	}
	return audit.BeingPerson(ctx, u)
}
