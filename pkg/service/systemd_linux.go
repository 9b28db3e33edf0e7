package service

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

const hint = "Look at “systemctl status passly-sync” and “journalctl -u passly-sync”."

//go:embed passly-sync.service
var unitTemplate string

// Manager manages the agent's systemd unit.
type Manager struct {
	settings Settings
	folder   string // where units of the administrator are: systemd.unit(5)
	run      func(ctx context.Context, args ...string) ([]byte, error)
}

// Open gives the service manager of this machine, or a problem of code NoManager.
func Open(settings Settings) (*Manager, error) {
	// sd_booted(3): this folder exists exactly where systemd is the system's manager.
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return nil, noManager()
	}
	return &Manager{settings: settings, folder: "/etc/systemd/system", run: systemctl}, nil
}

func systemctl(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
}

// Unit gives the text of the unit file.
func Unit(s Settings) (string, error) {
	if !filepath.IsAbs(s.Program) || !filepath.IsAbs(s.State) {
		return "", errors.New("program and state folder need absolute paths")
	}
	words := []string{quote(s.Program)}
	for _, arg := range s.Args {
		words = append(words, quote(arg))
	}
	for _, text := range []string{s.Account, s.State, strings.Join(words, " ")} {
		if strings.ContainsAny(text, "\n\r\x00") {
			return "", errors.New("a unit cannot hold line ends")
		}
	}
	var out bytes.Buffer
	err := template.Must(template.New("unit").Parse(unitTemplate)).Execute(&out, map[string]string{
		"Command": strings.Join(words, " "), "Account": strings.ReplaceAll(s.Account, "%", "%%"), "State": quote(s.State),
	})
	return out.String(), err
}

// quote writes one word of a unit's line: systemd.syntax(7), systemd.service(5) on $ and %.
func quote(word string) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(word)
	if strings.ContainsAny(word, " \t'\"\\;") || word == "" {
		return `"` + word + `"`
	}
	return word
}

// Install writes the unit and enables it. It can be repeated; the unit is then replaced.
func (m *Manager) Install(ctx context.Context) error {
	text, err := Unit(m.settings)
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	if err := os.MkdirAll(m.settings.State, 0o700); err != nil {
		return failed("installed", "The state folder cannot be made: "+err.Error(), err)
	}
	if err := replaceFile(m.path(), text); err != nil {
		return failed("installed", "The unit file cannot be written: "+err.Error(), err)
	}
	if err := m.ask(ctx, "installed", "daemon-reload"); err != nil {
		return err
	}
	return m.ask(ctx, "installed", "enable", "--quiet", Name+".service")
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
