package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const hint = "Look at “systemctl status passly-sync” and “journalctl -u passly-sync”."

// Manager manages the agent's systemd unit.
type Manager struct {
	settings Settings
	folder   string // where units of the administrator are: systemd.unit(5)
	run      func(ctx context.Context, args ...string) ([]byte, error)
	lookUp   func(account string) (owner, error)
}

// Open gives the service manager of this machine, or a problem of code NoManager.
func Open(settings Settings) (*Manager, error) {
	// sd_booted(3): this folder exists exactly where systemd is the system's manager.
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return nil, noManager()
	}
	return &Manager{settings: settings, folder: "/etc/systemd/system", run: systemctl, lookUp: lookUp}, nil
}

func systemctl(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
}

// Accepts is nil for an account that is there, else a problem of code NoAccount.
func (m *Manager) Accepts() error {
	if _, err := m.lookUp(m.settings.Account); err != nil {
		return noAccount(m.settings, err)
	}
	return nil
}

// Install writes the unit, gives the state folder to its account, and enables it. It can be repeated; the unit is then
// replaced, and a service that runs under another account is restarted under the new one.
func (m *Manager) Install(ctx context.Context) error {
	text, err := Unit(m.settings)
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	to, err := m.lookUp(m.settings.Account)
	if err != nil {
		return noAccount(m.settings, err)
	}
	before, installed := m.Installed(ctx)
	moves := installed && before.Running && before.Account != m.settings.Account
	if moves { // nothing may write to the folder while it changes hands
		if err := m.Stop(ctx); err != nil {
			return err
		}
	}
	if err := giveState(m.settings.State, to); err != nil {
		return failed("installed", "The state folder cannot be given to its account: "+err.Error(), err)
	}
	if err := m.enable(ctx, text); err != nil || !moves {
		return err
	}
	return m.Start(ctx)
}

func (m *Manager) enable(ctx context.Context, text string) error {
	if err := replaceFile(m.path(), text); err != nil {
		return failed("installed", "The unit file cannot be written: "+err.Error(), err)
	}
	if err := m.ask(ctx, "installed", "daemon-reload"); err != nil {
		return err
	}
	return m.ask(ctx, "installed", "enable", "--quiet", Name+".service")
}

// Installed says what is installed, and whether anything is.
func (m *Manager) Installed(ctx context.Context) (Installation, bool) {
	text, err := os.ReadFile(m.path())
	if err != nil {
		return Installation{}, false
	}
	command, account := readUnit(string(text))
	_, err = m.run(ctx, "is-active", "--quiet", Name+".service")
	found := installation(command, account, err == nil)
	found.EnvironmentFile = m.environmentFile()
	return found, true
}

// environmentFile reports whether a drop-in names one.
func (m *Manager) environmentFile() bool {
	dropIns, _ := filepath.Glob(m.path() + ".d/*.conf")
	return slices.ContainsFunc(dropIns, func(path string) bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Contains("\n"+string(text), "\nEnvironmentFile=")
	})
}

func (m *Manager) path() string { return filepath.Join(m.folder, Name+".service") }

func replaceFile(path, text string) error {
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

// Start starts the service and waits until it said that it is ready. A service that runs already is restarted, so that it
// is the installed one.
func (m *Manager) Start(ctx context.Context) error {
	return m.ask(ctx, "started", "restart", Name+".service")
}

// Stop stops the service and waits until it ended.
func (m *Manager) Stop(ctx context.Context) error {
	return m.ask(ctx, "stopped", "stop", Name+".service")
}

// Remove stops the service and takes it out of the system; what is not there is no error. The state folder stays.
func (m *Manager) Remove(ctx context.Context) error {
	if _, err := os.Lstat(m.path()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := m.ask(ctx, "removed", "disable", "--now", "--quiet", Name+".service"); err != nil {
		return err
	}
	if err := os.Remove(m.path()); err != nil {
		return failed("removed", err.Error(), err)
	}
	return m.ask(ctx, "removed", "daemon-reload")
}

func (m *Manager) ask(ctx context.Context, doing string, args ...string) error {
	out, err := m.run(ctx, args...)
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(out))
	if text == "" {
		text = err.Error()
	}
	return failed(doing, text, fmt.Errorf("systemctl %s: %w", args[0], err))
}
