package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	"passlysync/pkg/handoff"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// live shows the sync while the directory goes on changing, until ctx ends.
func (d *demo) live(ctx context.Context) error {
	fmt.Fprintf(d.out, "\nThe agent syncs. Look at the console: http://%s/\nSign in as %s with %s.\n", d.domain(), administrator, password)
	fmt.Fprint(d.out, "The directory goes on changing now and then. Ctrl+C ends the demo.\n\n")
	if _, err := d.inSync(ctx); err != nil {
		return nil // ended while it was syncing
	}
	d.status(ctx)
	office := newOffice(d)
	ticker := time.NewTicker(4 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := d.happen(ctx, office); err != nil {
			return err
		}
	}
}

// happen makes one change and says how long it took to be in the tenant, by looking there.
func (d *demo) happen(ctx context.Context, o *office) error {
	started := time.Now()
	done, err := o.change(ctx)
	if err != nil {
		return err
	}
	for !d.arrived(ctx, done) {
		if ctx.Err() != nil || time.Since(started) > patience {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	fmt.Fprintf(d.out, "%s  %-58s in the tenant after %s\n", time.Now().Format("15:04:05"), done.words, time.Since(started).Round(time.Millisecond))
	time.Sleep(settle)
	d.status(ctx)
	return nil
}

// settle is how long the agent takes to have its own figures right after the tenant took a change.
const settle = 50 * time.Millisecond

// patience is how long a change may take before the demo goes on without saying when it arrived.
const patience = 30 * time.Second

// arrived looks into the tenant for what the change made of somebody.
func (d *demo) arrived(ctx context.Context, c change) bool {
	found, err := d.tenant.Store().Users(ctx, tenant.Scope{}, store.Query{Search: c.mail, Limit: 1})
	return err == nil && len(found) == 1 && found[0].FamilyName == c.family && (found[0].State == tenant.Disabled) == c.gone
}

// status draws the last line anew: how the agent is. Where there is no terminal, it is left out.
func (d *demo) status(ctx context.Context) {
	if !term.IsTerminal(int(os.Stdout.Fd())) {
		return
	}
	status, err := d.agent.Status(ctx)
	if err != nil {
		return
	}
	fmt.Fprint(d.out, statusLine(status)+"\r")
}

func statusLine(s handoff.Status) string {
	c := s.Conditions[0]
	line := fmt.Sprintf("● %s · %d people, %d disabled, %d groups, %d memberships", c.Title, s.Counts.People, s.Counts.Disabled,
		s.Counts.Groups, s.Counts.Memberships)
	return lipgloss.NewStyle().Bold(true).Render(line) + strings.Repeat(" ", 8)
}
