package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"passlysync/agent"
	"passlysync/pkg/clock"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
	"passlysync/pkg/vault"
)

// AgentCmd runs the agent: the headless loop that the service manager starts.
type AgentCmd struct {
	State       string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Vault       string `help:"Where the agent keeps its credentials: ${enum}." enum:"keyring,file,systemd" default:"keyring"`
	AllowMember bool   `help:"Laboratories only: allow a Windows machine that is no domain controller."`
}

// agentRuns is logged once the agent answers.
const agentRuns = "the agent runs"

// gcPercent keeps the agent small beside a domain controller: it trades a little CPU of a full sync for memory.
const gcPercent = 40

// Run runs it until ctx ends or the service manager stops it.
func (c AgentCmd) Run(ctx context.Context, streams Streams) (err error) {
	facts := host.Look()
	if p := preflight.NotADomainController(facts, c.AllowMember); p != nil {
		return p
	}
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	if err := usable(paths.State); err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	log, closeLog := openLog(paths.State, streams.Err)
	defer func() {
		if err != nil {
			log.Error("the agent ended", "error", err)
		}
		closeLog()
	}()
	if c.AllowMember {
		log.Warn("this machine may be no domain controller: --allow-member is for laboratories only")
	}
	a, err := agent.New(agent.Options{
		State: paths.State, Version: version, Log: log, Now: clock.Now,
		OpenVault: func(kind vault.Kind) (vault.Vault, error) {
			if kind == "" {
				kind = vault.Kind(c.Vault)
			}
			return vault.Open(kind, paths.State)
		},
	})
	if err != nil {
		return err
	}
	return service.Run(ctx, func(ctx context.Context) error { return serveAgent(ctx, a, paths, log) })
}

// usable makes sure of the state folder: without it nothing works, and later errors would be about other things.
func usable(state string) error {
	err := host.MakeState(state)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(state, ".writable-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err == nil {
		return nil
	}
	return &problem.Problem{
		Code: problem.Forbidden, Title: "The state folder cannot be written to", Text: problem.Reason(err) + ".", Op: "opening the state folder", Err: err,
		Hint: "Give " + state + " to the account that the agent runs as, or choose another folder with --state.",
	}
}

// serveAgent runs the agent once it holds the local channel, which only one agent of a state folder can.
func serveAgent(ctx context.Context, a *agent.Agent, paths host.Paths, log *slog.Logger) error {
	notifier := service.NewNotifier(os.Getenv)
	group, ctx := errgroup.WithContext(ctx)
	listening := make(chan struct{})
	group.Go(func() error {
		return handoff.Serve(ctx, paths.Channel, a, handoff.Options{Log: log, Ready: func() { close(listening) }})
	})
	group.Go(func() error {
		select {
		case <-listening:
		case <-ctx.Done():
			return nil
		}
		log.Info(agentRuns, "version", version, "state", paths.State)
		notifier.Ready("Running")
		go notifier.Watchdog(ctx, func() bool { return true })
		return a.Run(ctx)
	})
	err := group.Wait()
	notifier.Stopping()
	return err
}
