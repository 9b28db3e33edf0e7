package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"passlysync/agent"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/wizard"
)

func (d *demo) settings(s *tenant.Settings) error {
	s.Scope = d.chosen()
	return nil
}

// show does what the person sees: the wizard, then the sync.
func (d *demo) show(ctx context.Context) error {
	options, err := d.wizardOptions()
	if err != nil {
		return err
	}
	started := time.Now()
	if d.Unattended {
		return d.unattended(ctx, options, started)
	}
	d.introduce(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if _, err := wizard.Run(ctx, options); err != nil {
		if problem.Is(err, wizard.Left) {
			fmt.Fprintln(d.out, problem.Of(err).Text)
			return nil
		}
		return err
	}
	return d.live(ctx)
}

func (d *demo) domain() string { return d.listener.Addr().String() }

func (d *demo) wizardOptions() (wizard.Options, error) {
	ca := filepath.Join(d.state, "directory-ca.pem")
	if err := os.WriteFile(ca, d.directory.CA(), 0o600); err != nil {
		return wizard.Options{}, fmt.Errorf("writing the directory's CA: %w", err)
	}
	return wizard.Options{
		Agent: handoff.Dial(d.channel), Examine: examine, Vault: string(d.kind),
		Lives: "It runs as long as this demo: Ctrl+C in this window ends both.",
		Prefilled: wizard.Answers{
			Domain: d.domain(), Email: administrator, Password: password, DirectoryURL: d.directory.URL(),
			DirectoryAccount: d.directory.Account(), DirectoryPassword: d.directory.Password(), DirectoryCAFile: ca, AcceptTerms: true,
		},
	}, nil
}

func examine(ctx context.Context, d handoff.Directory) (directory.Access, error) {
	return ad.Examine(ctx, agent.DirectorySettings(d))
}

// introduce says where everything is, and waits until it was read.
func (d *demo) introduce(ctx context.Context) {
	fmt.Fprintf(d.out, `Passly Directory Sync, the demo

  Passly domain      %s
  Console            http://%s/
  Administrator      %s
  Password           %s

  Directory          acme.test, %d invented people at %s
  Service account    %s

The wizard asks three questions; for the demo the answers stand there already.
Press Enter to open it. `, d.domain(), d.domain(), administrator, password, d.People, d.directory.URL(), d.directory.Account())
	read := make(chan struct{})
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		close(read)
	}()
	select {
	case <-read:
	case <-ctx.Done():
	}
}

// unattended answers the questions, waits for in-sync and sums up.
func (d *demo) unattended(ctx context.Context, o wizard.Options, started time.Time) error {
	_, err := wizard.Unattended(ctx, o, o.Prefilled, func(s handoff.Step) {
		if s.State == handoff.StepDone {
			fmt.Fprintln(d.out, strings.TrimSuffix("✓ "+s.Name+": "+s.Detail, ": "))
		}
	})
	if err != nil {
		return err
	}
	status, err := d.inSync(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "in sync: %d people, %d groups, %d memberships in %.1f seconds\n",
		status.Counts.People+status.Counts.Disabled, status.Counts.Groups, status.Counts.Memberships, time.Since(started).Seconds())
	fmt.Fprintf(d.out, "The directory has %d people; the others are disabled there, or stand in the two units that are not chosen.\n", d.People)
	return nil
}

// inSync waits until the agent says that it is, and says what it is at meanwhile.
func (d *demo) inSync(ctx context.Context) (handoff.Status, error) {
	for said := ""; ; {
		status, err := d.agent.Status(ctx)
		if err != nil {
			return status, err
		}
		if worst := status.Conditions[0]; worst.Code == control.InSync && !status.LastSync.IsZero() {
			return status, nil
		} else if worst.Title != said {
			said = worst.Title
			fmt.Fprintf(d.out, "… %s\n", said)
		}
		select {
		case <-ctx.Done():
			return status, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
