package agent_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"passlysync/agent"
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
