package vault_test

import (
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
	"passlysync/pkg/vault/vaulttest"
)

func open(t *testing.T, kind vault.Kind, folder string) vault.Vault {
	t.Helper()
	v, err := vault.Open(kind, folder)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMemory(t *testing.T) {
	v := open(t, vault.Memory, "")
	vaulttest.Suite(t, func(*testing.T) vault.Vault { return v })
}

func TestFile(t *testing.T) {
	folder := t.TempDir()
	vaulttest.Suite(t, func(t *testing.T) vault.Vault { return open(t, vault.File, folder) })
}

func TestOpenAnUnknownKindIsRefused(t *testing.T) {
	if _, err := vault.Open("drawer", ""); !problem.Is(err, problem.Invalid) {
		t.Errorf("got %v, want a problem of code %s", err, problem.Invalid)
	}
}
