// Package vaulttest is the conformance suite of vaults, and starts a real Secret Service for tests.
//
// Suite says what every writable vault.Vault must do. Session and Bus start private daemons that see nothing of the
// machine's own session and end with the test. No program links this package.
package vaulttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// Suite checks a vault. open is called for each test and again within one, and then gives the same store.
func Suite(t *testing.T, open func(t *testing.T) vault.Vault) {
	t.Run("a secret that was never stored is not found", func(t *testing.T) {
		_, err := open(t).Get(t.Context(), "never-stored")
		if !problem.Is(err, problem.NotFound) {
			t.Errorf("got %v, want a problem of code %s", err, problem.NotFound)
		}
	})
	t.Run("what is set is read, also by another handle", func(t *testing.T) {
		want := []byte("pa ss=wörd\n\x00\xff")
		must(t, open(t).Set(t.Context(), "directory-password", want))
		check(t, open(t), "directory-password", want)
	})
	t.Run("setting again replaces", func(t *testing.T) {
		v := open(t)
		must(t, v.Set(t.Context(), "key", []byte("one")))
		must(t, v.Set(t.Context(), "key", []byte("two")))
		check(t, v, "key", []byte("two"))
	})
	t.Run("secrets of other names stay", func(t *testing.T) {
		v := open(t)
		must(t, v.Set(t.Context(), "first", []byte("one")))
		must(t, v.Set(t.Context(), "second", []byte("two")))
		must(t, v.Delete(t.Context(), "second"))
		check(t, v, "first", []byte("one"))
	})
	t.Run("deleting takes it away, and may be repeated", func(t *testing.T) {
		v := open(t)
		must(t, v.Set(t.Context(), "gone", []byte("secret")))
		must(t, v.Delete(t.Context(), "gone"))
		must(t, v.Delete(t.Context(), "gone"))
		if _, err := v.Get(t.Context(), "gone"); !problem.Is(err, problem.NotFound) {
			t.Errorf("after deleting: got %v, want a problem of code %s", err, problem.NotFound)
		}
	})
	t.Run("the limit is kept and told", func(t *testing.T) { limit(t, open(t)) })
	t.Run("values like its own marks survive", func(t *testing.T) {
		for _, want := range []string{"base64:AAAA", "base64:", "", " ", "go-keyring-base64:AA=="} {
			v := open(t)
			must(t, v.Set(t.Context(), "odd", []byte(want)))
			check(t, v, "odd", []byte(want))
		}
	})
	t.Run("names that could leave the store are refused", func(t *testing.T) {
		for _, name := range []string{"", "../key", "a/b", "A", `a\b`, strings.Repeat("x", 65)} {
			if err := open(t).Set(t.Context(), name, []byte("x")); err == nil {
				t.Errorf("setting %q: got no error", name)
			}
		}
	})
	t.Run("the self-test passes and leaves nothing", func(t *testing.T) { must(t, vault.Check(t.Context(), open(t))) })
	t.Run("a cancelled call ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := open(t).Set(ctx, "late", []byte("x")); err == nil {
			t.Error("got no error, want the context's")
		}
	})
	t.Run("it says where it is", func(t *testing.T) {
		if open(t).Name() == "" {
			t.Error("the vault has no name")
		}
	})
}

func limit(t *testing.T, v vault.Vault) {
	t.Helper()
	want := bytes.Repeat([]byte("x"), vault.MaxSecret)
	must(t, v.Set(t.Context(), "largest", want))
	check(t, v, "largest", want)
	secret := []byte(strings.Repeat(rand.Text(), 100))[:vault.MaxSecret+1]
	err := v.Set(t.Context(), "largest", secret)
	if !problem.Is(err, problem.TooLarge) {
		t.Fatalf("one byte more: got %v, want a problem of code %s", err, problem.TooLarge)
	}
	if strings.Contains(err.Error(), string(secret[:16])) {
		t.Error("the error contains the secret")
	}
	check(t, v, "largest", want)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, v vault.Vault, name string, want []byte) {
	t.Helper()
	got, err := v.Get(t.Context(), name)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: got %d bytes that differ from the %d stored", name, len(got), len(want))
	}
}
