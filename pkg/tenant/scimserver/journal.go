package scimserver

import (
	"context"
	"net/http"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// runOf reads to which of its runs the agent counts a request. It names nothing but the agent's own, so any name will do.
func runOf(r *http.Request) (string, error) {
	given := r.Header.Values(scim.RunHeader)
	if len(given) == 0 {
		return "", nil
	}
	id := given[0]
	foreign := func(c rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", c)
	}
	if len(given) > 1 || id == "" || len(id) > tenant.MaxRunID || strings.ContainsFunc(id, foreign) {
		return "", invalidValue(scim.RunHeader + " is one word of at most 128 letters, digits, dashes, dots and underscores")
	}
	return id, nil
}

// write runs do in one transaction, with a journal of it. What an agent sends that is held after an undo is not taken: it could
// have left before the agent heard of it.
func (c *call) write(do func(store.Tx, *journal) error) error {
	return c.server.store.Write(c.Context(), func(tx store.Tx) error {
		agent, err := tx.Agent(c.Context(), c.agent)
		if err != nil {
			return err
		}
		if agent.Configuration.Undone != "" {
			return &problem.Problem{
				Code: problem.Unavailable, Title: "The agent is held after an undo",
				Text: "What its run changed was put back; nothing is taken from it until an administrator lets it go on.",
			}
		}
		return do(tx, &journal{tx: tx, agent: c.agent, id: c.run})
	})
}

// journal keeps what a write changes as rows of the agent's run, in the transaction of the write. Of a write that names no run
// it keeps nothing.
type journal struct {
	tx    store.Tx
	agent tenant.ID
	id    string
	run   tenant.ID // zero: not begun yet
}

// begin gives the run its number, which has to be earlier than those of its rows.
func (j *journal) begin(ctx context.Context) error {
	return j.keep(ctx, func() error { return nil })
}

// keep has do keep rows, where the write names a run.
func (j *journal) keep(ctx context.Context, do func() error) (err error) {
	if j.id == "" {
		return nil
	}
	if j.run == 0 {
		if j.run, err = j.tx.BeginRun(ctx, j.agent, j.id); err != nil {
			return err
		}
	}
	return do()
}

func (j *journal) added(ctx context.Context, users []tenant.User, outcome []error) error {
	return j.keep(ctx, func() error { return j.tx.RecordAdded(ctx, j.run, users, outcome) })
}

func (j *journal) user(ctx context.Context, before, after tenant.User) error {
	return j.keep(ctx, func() error {
		what, attributes := tenant.Differences(before, after)
		return j.tx.RecordRows(ctx, j.run, tenant.RunRow{What: what, Object: after.ID, Name: after.ShownName(), Attributes: attributes})
	})
}

func (j *journal) userGone(ctx context.Context, u tenant.User) error {
	return j.keep(ctx, func() error {
		if err := j.tx.RecordLeft(ctx, j.run, u.ID); err != nil {
			return err
		}
		_, attributes := tenant.Differences(u, tenant.User{})
		return j.tx.RecordRows(ctx, j.run, tenant.RunRow{What: tenant.UserRemoved, Object: u.ID, Name: u.ShownName(), Attributes: attributes})
	})
}

// group keeps what became of a group itself; before is nothing but the id where it was added.
func (j *journal) group(ctx context.Context, before, after tenant.Group) error {
	attributes := tenant.GroupDifferences(before, after)
	if len(attributes) == 0 {
		return nil
	}
	row := tenant.RunRow{What: tenant.GroupUpdated, Object: after.ID, Name: after.DisplayName, Attributes: attributes}
	if before.DisplayName == "" {
		row.What = tenant.GroupAdded
	}
	return j.keep(ctx, func() error { return j.tx.RecordRows(ctx, j.run, row) })
}

// groupGone keeps the members first: read backwards, the group is there before they are.
func (j *journal) groupGone(ctx context.Context, g tenant.Group) error {
	return j.keep(ctx, func() error {
		if err := j.tx.RecordEmptied(ctx, j.run, g); err != nil {
			return err
		}
		if err := j.tx.RecordLeft(ctx, j.run, g.ID); err != nil {
			return err
		}
		return j.tx.RecordRows(ctx, j.run, tenant.RunRow{
			What: tenant.GroupRemoved, Object: g.ID, Name: g.DisplayName, Attributes: tenant.GroupDifferences(g, tenant.Group{}),
		})
	})
}

func (j *journal) members(ctx context.Context, g tenant.Group, what tenant.RowKind, members []tenant.ID) error {
	if len(members) == 0 {
		return nil
	}
	return j.keep(ctx, func() error { return j.tx.RecordMembers(ctx, j.run, g, what, members) })
}

func (j *journal) emptied(ctx context.Context, g tenant.Group) error {
	return j.keep(ctx, func() error { return j.tx.RecordEmptied(ctx, j.run, g) })
}
