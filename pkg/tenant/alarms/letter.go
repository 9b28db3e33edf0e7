package alarms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/store"
)

// mostNamed bounds whom an e-mail names.
const mostNamed = 10

// errAnother means that another replica took this one for gone, and writes in its place.
var errAnother = errors.New("another one writes")

// write sends the e-mails about an agent to those whom they did not reach yet, and writes down each time whom they did. An address that
// is refused keeps the others none from theirs; an error says that somebody waits still.
func (w *Watch) write(ctx context.Context, a tenant.Agent, about *tenant.Alarm, do step, now time.Time) (waits error) {
	all, err := w.Store.Administrators(ctx)
	if err != nil {
		return err
	}
	says := w.letter(a, *about, do, now)
	for _, admin := range all {
		if !isFor(admin, a) || slices.Contains(about.Reached, admin.ID) {
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(waits, ctx.Err())
		}
		switch err := w.Post.Alarm(ctx, admin.Email, says); {
		case problem.Is(err, mail.ServerUnusable):
			return errors.Join(waits, err)
		case problem.Is(err, mail.AddressRefused):
			w.Log.Warn("an administrator cannot be told of an alarm", "address", admin.Email, "error", err)
		case err != nil:
			waits = errors.Join(waits, err)
			continue
		}
		if err := w.reached(ctx, about, admin.ID); err != nil {
			return errors.Join(waits, err)
		}
	}
	return waits
}

// reached writes down who has the e-mail, and that this one is at it still.
func (w *Watch) reached(ctx context.Context, about *tenant.Alarm, admin tenant.ID) error {
	about.Reached, about.Tried = append(about.Reached, admin), w.Now()
	mine, err := w.put(ctx, about)
	if err == nil && !mine {
		err = errAnother
	}
	return err
}

// isFor reports whether an administrator is written to about an agent.
func isFor(admin tenant.Administrator, a tenant.Agent) bool {
	return admin.Alarms && !admin.Locked && !admin.Invited() && admin.Role.MayChange() && (admin.Organization == 0 || admin.Organization == a.Organization)
}

func (w *Watch) letter(a tenant.Agent, about tenant.Alarm, do step, now time.Time) mail.Alarm {
	c := a.Condition(now)
	says := mail.Alarm{
		Agent: a.Configuration.Name, Host: a.Heartbeat.Host.Name, Well: do == tellWell, Since: about.Since, Link: fmt.Sprint(w.PublicURL, "/directory-sync/", a.ID),
		Title: c.Title, Text: c.Text, Hint: c.Hint,
	}
	if says.Well {
		says.Since = about.Well
		return says
	}
	for _, s := range c.Subjects[:min(len(c.Subjects), mostNamed)] {
		says.Named = append(says.Named, mail.Named{Name: s.Name, Place: s.Place, Missing: s.Missing, Reason: s.Reason})
	}
	says.More = len(c.Subjects) - len(says.Named)
	return says
}

// told writes down that administrators were written to.
func (w *Watch) told(ctx context.Context, a tenant.Agent, about tenant.Alarm, do step, now time.Time) error {
	what := audit.AlarmSent
	if do == tellWell {
		what = audit.AlarmEnded
	}
	c := a.Condition(now)
	return w.Store.Write(context.WithoutCancel(ctx), func(tx store.Tx) error {
		var err error
		if do == tellWell {
			_, err = tx.EndAlarm(ctx, about)
		} else {
			about.Told, about.Tried, about.Reached = about.Code, time.Time{}, nil
			_, err = tx.PutAlarm(ctx, &about)
		}
		return errors.Join(err, tx.Record(ctx, audit.Entry{What: what, Subject: audit.OfAgent(a), Details: []audit.Detail{{Name: "condition", After: c.Title}}}))
	})
}
