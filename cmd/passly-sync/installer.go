package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/service"
)

// InstallerCmd is what the installers of the packages call; it is nothing for people. A package brings no service, so what has
// to happen to the one that setup installed is done here: nothing where there is none.
type InstallerCmd struct {
	Pause  PauseCmd     `cmd:"" help:"Stop the service before the program is replaced, and remember whether it ran."`
	Resume ResumeCmd    `cmd:"" help:"Start the service again if it ran before."`
	Remove UninstallCmd `cmd:"" help:"Leave the tenant and remove the service."`
}

// farewellIn bounds telling the tenant: a removal must not wait for a network.
const farewellIn = 20 * time.Second

// upgrading marks in the state folder that the program is being replaced; it holds ran where the service is to be started then.
// One that is older than an upgrade takes was left by one that broke off.
const (
	upgrading   = "upgrading"
	ran         = "ran"
	upgradeTake = time.Hour
)

// PauseCmd stops the service.
type PauseCmd struct{}

// Run stops it and leaves the mark of an upgrade. Where the mark is there already, it was stopped before.
func (PauseCmd) Run(ctx context.Context) error {
	m, found, err := standing(ctx)
	if err != nil || found.State == "" || beingUpgraded(found.State) {
		return err
	}
	content := ""
	if found.Running {
		content = ran
	}
	if err := os.WriteFile(filepath.Join(found.State, upgrading), []byte(content), 0o600); err != nil {
		return fmt.Errorf("marking the upgrade: %w", err)
	}
	if !found.Running {
		return nil
	}
	return m.Stop(ctx)
}

func beingUpgraded(state string) bool {
	info, err := os.Stat(filepath.Join(state, upgrading))
	return err == nil && time.Since(info.ModTime()) < upgradeTake
}

// ResumeCmd starts the service that PauseCmd stopped.
type ResumeCmd struct{}

// Run ends the upgrade: it removes the mark, and starts the service if that ran.
func (ResumeCmd) Run(ctx context.Context) error {
	m, found, err := standing(ctx)
	if err != nil || found.State == "" {
		return err
	}
	mark := filepath.Join(found.State, upgrading)
	content, err := os.ReadFile(mark)
	if err != nil {
		return nil // nothing was paused
	}
	if err := os.Remove(mark); err != nil {
		return fmt.Errorf("removing the mark of the upgrade: %w", err)
	}
	if string(content) != ran {
		return nil
	}
	return m.Start(ctx)
}

// UninstallCmd removes the service for good.
type UninstallCmd struct {
	Data string `help:"1: remove the state folder as well."`
}

// Run takes the agent out of its tenant, where that can be reached, and the service out of the system.
func (c UninstallCmd) Run(ctx context.Context, streams Streams) error {
	m, found, err := standing(ctx)
	if err != nil || found.Program == "" || beingUpgraded(found.State) {
		return err
	}
	paths, err := host.PathsIn(found.State)
	if err != nil {
		return err
	}
	leaving, cancel := context.WithTimeout(ctx, farewellIn)
	defer cancel()
	if said, err := handoff.Dial(paths.Channel).Leave(leaving); err != nil || !said.Told {
		fmt.Fprintln(streams.Err, "The tenant could not be told. Remove the agent there, too: Directory Manager → Directory Sync.")
	}
	if err := m.Remove(ctx); err != nil {
		return err
	}
	if c.Data != "1" {
		return nil
	}
	return removeState(paths)
}

// removeState removes the state folder; never a whole disk, whatever the service's command line says.
func removeState(paths host.Paths) error {
	if filepath.Dir(paths.State) == paths.State {
		return nil
	}
	if err := os.RemoveAll(paths.State); err != nil {
		return fmt.Errorf("removing the state folder: %w", err)
	}
	return nil
}

// standing gives the manager of the service, and what is installed; the zero Installation: nothing is.
func standing(ctx context.Context) (*service.Manager, service.Installation, error) {
	m, err := service.Open(service.Settings{})
	if err != nil {
		return nil, service.Installation{}, errors.Join(errors.New("looking for the service"), err)
	}
	found, _ := m.Installed(ctx)
	return m, found, nil
}
