//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A shell's process substitution is a pipe: secrets come through one, and one that stays silent holds nobody.
func TestASecretMayComeThroughAPipe(t *testing.T) {
	pipe, silent := filepath.Join(t.TempDir(), "pipe"), filepath.Join(t.TempDir(), "silent")
	for _, path := range []string{pipe, silent} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := readSecret(ctx, nil, "--password-file", silent)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended while a pipe is silent: got %v", err)
	}
	go func() { _ = os.WriteFile(pipe, []byte("through a pipe\n"), 0o600) }()
	if got, err := readSecret(t.Context(), nil, "--password-file", pipe); err != nil || got != "through a pipe" {
		t.Errorf("got %q, %v", got, err)
	}
}
