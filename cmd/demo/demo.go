package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"passlysync/agent"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/vault"
)

// options are the demo's flags.
type options struct {
	Unattended bool   `help:"Answer the wizard's questions by itself, wait until everything is in sync, print a summary and end."`
	People     int    `help:"How many people to invent." default:"200"`
	Log        bool   `help:"Print the agent's log on standard error."`
	Listen     string `help:"Where the tenant listens; only loopback." default:"127.0.0.1:8484"`
}

// The demo's administrator. It exists only in the demo's own tenant, on loopback, while the demo runs.
const (
	tenantName    = "Acme"
	administrator = "admin@acme.test"
	password      = "correct-horse-battery"
)

// demo is everything that runs.
type demo struct {
	options
	out       io.Writer
	state     string
	tenant    *serve.Tenant
	listener  net.Listener
	directory *adtest.Server
	seeded    adtest.Seeded
	agent     *agent.Agent
	vault     vault.Vault
	kind      vault.Kind
	channel   string
}

// run runs the demo until it is done or ctx ends, and clears up behind it.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	d := &demo{options: o, out: out}
	if o.People < 1 || o.People > 2_000_000 {
		return &problem.Problem{
			Code: problem.Invalid, Title: fmt.Sprintf("%d people cannot be invented", o.People), Text: "Nothing was started.",
			Hint: "Give a number from 1 to 2000000.",
		}
	}
	defer func() { err = errors.Join(err, d.clear()) }()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	parts, stop := context.WithCancel(ctx)
	group, parts := errgroup.WithContext(parts)
	ready := make(chan struct{})
	group.Go(func() error { return d.tenant.Serve(parts, d.listener) })
	group.Go(func() error {
		return handoff.Serve(parts, d.channel, d.agent, handoff.Options{Ready: func() { close(ready) }})
	})
	group.Go(func() error { return d.agent.Run(parts) })
	group.Go(func() error { return d.choose(parts) })
	group.Go(func() error {
		defer stop()
		select {
		case <-ready:
		case <-parts.Done():
			return nil
		}
		return d.show(parts)
	})
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	if !o.Unattended {
		fmt.Fprintln(out, "\nThe demo has ended; nothing of it is left.")
	}
	return nil
}

// prepare makes the tenant, the directory and the agent.
func (d *demo) prepare(ctx context.Context) error {
	var err error
	if d.state, err = os.MkdirTemp("", "passly-demo-*"); err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	if err := d.openTenant(ctx); err != nil {
		return err
	}
	if d.directory, err = adtest.New(adtest.Options{Domain: "acme.test"}); err != nil {
		return fmt.Errorf("starting the directory: %w", err)
	}
	if d.seeded, err = d.directory.Seed(d.People, 1); err != nil {
		return fmt.Errorf("inventing people: %w", err)
	}
	return d.openAgent(ctx)
}

func (d *demo) openTenant(ctx context.Context) error {
	var err error
	if d.listener, err = serve.Listen(ctx, d.Listen, nil); err != nil {
		return err
	}
	o := serve.Options{State: filepath.Join(d.state, "tenant"), Version: "demo", PublicURL: "http://" + d.domain()}
	if err := serve.Init(ctx, o, serve.Setup{Name: tenantName, Email: administrator, Password: password}); err != nil {
		return err
	}
	d.tenant, err = serve.Open(ctx, o)
	return err
}

func (d *demo) openAgent(ctx context.Context) error {
	state := filepath.Join(d.state, "agent")
	d.channel = filepath.Join(d.state, "run", "agent.sock")
	d.vault, d.kind = d.openVault(ctx, state)
	log := slog.New(slog.DiscardHandler)
	if d.Log {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	var err error
	d.agent, err = agent.New(agent.Options{
		State: state, Version: "demo", Log: log, Now: time.Now,
		OpenVault: func(vault.Kind) (vault.Vault, error) { return d.vault, nil },
	})
	return err
}

// openVault takes this account's keyring, or says that there is none and takes memory: for the demo only.
func (d *demo) openVault(ctx context.Context, state string) (vault.Vault, vault.Kind) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	keyring, err := vault.Open(vault.Keyring, state)
	if err == nil {
		err = vault.Check(ctx, keyring)
	}
	if err == nil {
		return keyring, vault.Keyring
	}
	fmt.Fprintf(d.out, "This machine has no usable keyring (%s).\nFor the demo the agent keeps its credentials in memory; a real agent never would.\n\n", problem.Of(err).Title)
	memory, err := vault.Open(vault.Memory, state)
	if err != nil {
		panic(err) // the kind exists
	}
	return memory, vault.Memory
}

// choose makes the choice that the administrator would make in the console, as soon as the agent has checked in.
func (d *demo) choose(ctx context.Context) error {
	for {
		agents, err := d.tenant.Agents(ctx)
		if err == nil && len(agents) > 0 {
			_, err := d.tenant.Configure(ctx, agents[0].ID, d.settings)
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// chosen leaves out the last two of the seeded units (legal and contractors), so that scope can be seen.
func (d *demo) chosen() []directory.GUID { return d.seeded.Units[:len(d.seeded.Units)-2] }

// clear removes what the demo left: the folder and what stands in the keyring.
func (d *demo) clear() error {
	var errs []error
	if d.vault != nil {
		errs = append(errs, agent.Forget(context.Background(), d.vault))
	}
	if d.directory != nil {
		errs = append(errs, d.directory.Close())
	}
	if d.tenant != nil {
		errs = append(errs, d.tenant.Close())
	}
	if d.state != "" {
		errs = append(errs, os.RemoveAll(d.state))
	}
	return errors.Join(errs...)
}
