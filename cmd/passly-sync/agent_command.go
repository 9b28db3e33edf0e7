package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// agentCommand is what a person types to start the agent that this setup talks to, in another terminal and another folder.
func (c SetupCmd) agentCommand() string {
	words := []string{quoted(c.program(os.Args[0])), "agent"}
	if c.State != "" {
		words = append(words, "--state", quoted(c.State))
	}
	if c.Vault != "keyring" {
		words = append(words, "--vault", c.Vault)
	}
	if c.AllowMember {
		words = append(words, "--allow-member")
	}
	return strings.Join(words, " ")
}

// program is this program as a shell finds it: by its name alone where PATH leads to it, else by where it was started from.
func (SetupCmd) program(started string) string {
	if filepath.Base(started) == started {
		return started
	}
	name := filepath.Base(started)
	if found, err := exec.LookPath(name); err == nil && sameFile(found, started) {
		return name
	}
	if whole, err := filepath.Abs(started); err == nil {
		return whole
	}
	return started
}

func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// quoted is a word as it is typed at this system's prompt.
func quoted(word string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("-_./:\\@+,=", r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	safe := strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0
	switch {
	case runtime.GOOS == "windows" && safe:
		return word
	case runtime.GOOS == "windows":
		return `"` + word + `"`
	case safe && !strings.Contains(word, `\`):
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
