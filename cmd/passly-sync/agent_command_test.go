//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What setup says to type can be typed: a shell makes the same words of it.
func TestCommandForTheAgentCanBeTyped(t *testing.T) {
	for _, state := range []string{"/var/lib/passly", "/srv/my agent/it's $HOME"} {
		said := SetupCmd{State: state, Vault: "file"}.agentCommand()
		_, args, _ := strings.Cut(said, " agent ")
		out, err := exec.Command("sh", "-c", `printf '%s\n' `+args).CombinedOutput()
		if want := "--state\n" + state + "\n--vault\nfile\n"; err != nil || string(out) != want {
			t.Errorf("%s: a shell makes %q of it (%v), want %q", said, out, err, want)
		}
	}
}

func TestProgramIsNamedAsAShellFindsIt(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "passly-sync")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	if got := (SetupCmd{}).program("./passly-sync"); got != path {
		t.Errorf("outside PATH: got %q, want %q", got, path)
	}
	t.Setenv("PATH", folder)
	if got := (SetupCmd{}).program("./passly-sync"); got != "passly-sync" {
		t.Errorf("in PATH: got %q, want its name", got)
	}
}
