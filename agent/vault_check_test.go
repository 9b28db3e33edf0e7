package agent_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/agent"
	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

func TestPlaceOfTheCredentialsIsTriedAndLeftEmpty(t *testing.T) {
	state := t.TempDir()
	a, err := agent.New(agent.Options{
		State: state, Version: "1", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		OpenVault: func(kind vault.Kind) (vault.Vault, error) { return vault.Open(kind, state) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.CheckVault(t.Context(), "file"); err != nil {
		t.Errorf("a file: got %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(state, "credentials")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := a.CheckVault(t.Context(), "systemd"); !problem.Is(err, vault.Unusable) {
		t.Errorf("systemd's outside a unit: got %v", err)
	}
}

// full is a keyring that takes nothing any more.
type full struct{ vault.Vault }

func (full) Set(context.Context, string, []byte) error {
	return &problem.Problem{Code: vault.Unusable, Title: "A policy forbids keeping credentials", Hint: "Disable it."}
}

// lastWord is a log that ends what is logged about once a warning was written.
type lastWord struct {
	bytes.Buffer
	end func()
}

func (l *lastWord) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("level=WARN")) {
		l.end()
	}
	return l.Buffer.Write(p)
}

// TestKeyringIsTriedAtTheStart runs agents that end soon: what they found is in the log, and so in the event log.
func TestKeyringIsTriedAtTheStart(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", t.TempDir())
	for name, c := range map[string]struct {
		kind vault.Kind
		wrap func(vault.Vault) vault.Vault
		warn bool
		wait time.Duration
	}{
		"one that works":               {vault.Memory, func(v vault.Vault) vault.Vault { return v }, false, 200 * time.Millisecond},
		"one that takes nothing":       {vault.Memory, func(v vault.Vault) vault.Vault { return full{v} }, true, 20 * time.Second},
		"one that nobody may write to": {vault.Systemd, func(v vault.Vault) vault.Vault { return v }, false, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.wait)
			defer cancel()
			log := lastWord{end: cancel}
			a, err := agent.New(agent.Options{
				State: t.TempDir(), Version: "1", Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now,
				OpenVault: func(vault.Kind) (vault.Vault, error) {
					v, err := vault.Open(c.kind, t.TempDir())
					return c.wrap(v), err
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(log.String(), "A policy forbids") && strings.Contains(log.String(), string(control.CredentialsUnavailable)); got != c.warn {
				t.Errorf("warned %t, want %t:\n%s", got, c.warn, log.String())
			}
		})
	}
}
