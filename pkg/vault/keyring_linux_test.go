package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
	"passlysync/pkg/vault/vaulttest"
)

func TestKeyring(t *testing.T) {
	vaulttest.Use(t, vaulttest.Session(t))
	vaulttest.Suite(t, func(t *testing.T) vault.Vault { return open(t, vault.Keyring, "/state") })
	t.Run("two agents of one account share nothing", func(t *testing.T) {
		one, two := open(t, vault.Keyring, "/one"), open(t, vault.Keyring, "/two")
		if err := one.Set(t.Context(), "key", []byte("of one")); err != nil {
			t.Fatal(err)
		}
		if _, err := two.Get(t.Context(), "key"); !problem.Is(err, problem.NotFound) {
			t.Errorf("the other agent: got %v, want a problem of code %s", err, problem.NotFound)
		}
	})
}

func TestKeyringThatCannotBeUsedSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(t *testing.T)
		title   string
	}{
		"no bus": {func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
		}, "No keyring can be reached"},
		"nothing on the bus": {func(t *testing.T) { vaulttest.Use(t, vaulttest.Bus(t)) }, "No keyring is installed on this machine"},
		"locked": {func(t *testing.T) {
			env := vaulttest.Session(t)
			vaulttest.Use(t, env)
			if err := vault.Check(t.Context(), open(t, vault.Keyring, "/state")); err != nil {
				t.Fatal(err)
			}
			vaulttest.Lock(t, env)
		}, "The keyring is locked"},
	} {
		t.Run(name, func(t *testing.T) {
			test.arrange(t)
			const secret = "s3cret-that-stays-unseen"
			err := open(t, vault.Keyring, "/state").Set(t.Context(), "key", []byte(secret))
			if !problem.Is(err, vault.Unusable) {
				t.Fatalf("got %v, want a problem of code %s", err, vault.Unusable)
			}
			p := problem.Of(err)
			if p.Title != test.title {
				t.Errorf("title: got %q, want %q (%v)", p.Title, test.title, err)
			}
			if p.Hint == "" || strings.Contains(err.Error()+p.Text+p.Hint, secret) {
				t.Errorf("got hint %q and error %q, want a hint and no secret", p.Hint, err)
			}
		})
	}
}

func TestFileRefusesWhatOthersCanReach(t *testing.T) {
	for name, spoil := range map[string]func(folder string) error{
		"the file":   func(folder string) error { return os.Chmod(filepath.Join(folder, "credentials", "key"), 0o640) },
		"the folder": func(folder string) error { return os.Chmod(filepath.Join(folder, "credentials"), 0o755) },
		"a link": func(folder string) error {
			file := filepath.Join(folder, "credentials", "key")
			return errors.Join(os.Remove(file), os.Symlink("/etc/hostname", file))
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			v := open(t, vault.File, folder)
			if err := v.Set(t.Context(), "key", []byte("secret")); err != nil {
				t.Fatal(err)
			}
			if err := spoil(folder); err != nil {
				t.Fatal(err)
			}
			if _, err := v.Get(t.Context(), "key"); !problem.Is(err, vault.Unusable) {
				t.Errorf("got %v, want a problem of code %s", err, vault.Unusable)
			}
		})
	}
}

func TestFileIsWrittenForItsOwnerOnly(t *testing.T) {
	folder := t.TempDir()
	if err := open(t, vault.File, folder).Set(t.Context(), "key", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{"credentials": 0o700, "credentials/key": 0o600} {
		info, err := os.Stat(filepath.Join(folder, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %04o, want %04o", path, got, want)
		}
	}
}

func TestSystemdCredentialsAreReadAndNeverWritten(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", folder)
	if err := os.WriteFile(filepath.Join(folder, "key"), []byte("secret"), 0o400); err != nil {
		t.Fatal(err)
	}
	v := open(t, vault.Systemd, "")
	if got, err := v.Get(t.Context(), "key"); err != nil || string(got) != "secret" {
		t.Errorf("got %d bytes and %v, want the credential", len(got), err)
	}
	if _, err := v.Get(t.Context(), "other"); !problem.Is(err, problem.NotFound) {
		t.Errorf("another name: got %v, want a problem of code %s", err, problem.NotFound)
	}
	if err := v.Set(context.Background(), "key", nil); !problem.Is(err, vault.Unusable) {
		t.Errorf("setting: got %v, want a problem of code %s", err, vault.Unusable)
	}
}

func TestSystemdCredentialsOutsideAServiceAreRefused(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := vault.Open(vault.Systemd, ""); !problem.Is(err, vault.Unusable) {
		t.Errorf("got %v, want a problem of code %s", err, vault.Unusable)
	}
}
