package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"passlysync/pkg/problem"
)

func TestCredentialManager(t *testing.T) {
	v, err := Open(Keyring, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{
		"text": "a pass word", "other-letters": "Größe 密码", "the-largest": strings.Repeat("x", MaxSecret), "marked": mark + "x", "empty": "",
	} {
		if err := v.Set(t.Context(), name, []byte(secret)); err != nil {
			t.Errorf("storing %s: %v", name, err)
		}
		if got, err := v.Get(t.Context(), name); err != nil || string(got) != secret {
			t.Errorf("%s: got %d bytes, %v; want %d", name, len(got), err, len(secret))
		}
		if err := errors.Join(v.Delete(t.Context(), name), v.Delete(t.Context(), name)); err != nil {
			t.Errorf("deleting %s, and again: %v", name, err)
		}
		if _, err := v.Get(t.Context(), name); !problem.Is(err, problem.NotFound) {
			t.Errorf("after deleting %s: got %v", name, err)
		}
	}
}

// TestEachKnownFailureOfCredentialManagerHasWords: what Windows says, and what an administrator reads.
func TestEachKnownFailureOfCredentialManagerHasWords(t *testing.T) {
	k := keyringVault{account: `EXAMPLE\gmsa$`}
	for code, want := range map[syscall.Errno]string{
		windows.ERROR_NO_SUCH_LOGON_SESSION: "This session has no keyring",
		0x80090345:                          "Windows cannot protect the credentials",
		windows.ERROR_FILE_NOT_FOUND:        "The account has no usable profile on this machine",
		0x8009000b:                          "The account has no usable profile on this machine",
		windows.ERROR_SERVICE_DISABLED:      "Credential Manager does not run on this machine",
		windows.RPC_S_SERVER_UNAVAILABLE:    "Credential Manager does not run on this machine",
		windows.ERROR_DISK_FULL:             "The keyring cannot be used",
		windows.ERROR_ACCESS_DENIED:         "The keyring cannot be used",
	} {
		err := k.explain(fmt.Errorf("writing: %w", code))
		p := problem.Of(err)
		if !problem.Is(err, Unusable) || p.Title != want || p.Text == "" || !strings.HasSuffix(p.Hint, Elsewhere) || !errors.Is(err, code) {
			t.Errorf("error %d: got %q, %q, %q; want %q", code, p.Title, p.Text, p.Hint, want)
		}
	}
	if err := k.explain(context.Canceled); !errors.Is(err, context.Canceled) || problem.Is(err, Unusable) {
		t.Errorf("who leaves is told %v", err)
	}
}

func TestPolicyThatForbidsCredentialsIsNamed(t *testing.T) {
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Lsa`, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = key.Close() }()
	t.Cleanup(func() { _ = key.DeleteValue("DisableDomainCreds") })
	for value, want := range map[uint32]string{0: "This session has no keyring", 1: "A policy forbids keeping credentials on this machine"} {
		if err := key.SetDWordValue("DisableDomainCreds", value); err != nil {
			t.Fatal(err)
		}
		if p := problem.Of(keyringVault{}.explain(windows.ERROR_NO_SUCH_LOGON_SESSION)); p.Title != want {
			t.Errorf("with the policy's value %d: got %q, want %q", value, p.Title, want)
		}
	}
}
