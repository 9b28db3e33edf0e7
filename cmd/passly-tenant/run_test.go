package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// try runs one command with nothing to read.
func try(t *testing.T, ctx context.Context, args ...string) (code int, out, errs string) {
	t.Helper()
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	var o, e bytes.Buffer
	code = run(ctx, args, terminal{in: nothing, out: &o, errs: &e})
	return code, o.String(), e.String()
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	state, damaged := filepath.Join(dir, "acme"), filepath.Join(dir, "damaged")
	if err := os.Mkdir(damaged, 0o700); err != nil {
		t.Fatal(err)
	}
	write("damaged/tenant.db", strings.Repeat("no database ", 1000))
	initialise := []string{"init", "--state", state, "--name", "Acme", "--admin", "anna@acme.test"}
	administrator := func(verb string) []string {
		return []string{"administrator", verb, "--state", state, "--email", "ben@acme.test"}
	}
	for _, row := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"help", []string{"--help"}, exitOK, []string{"init", "serve"}},
		{"version", []string{"--version"}, exitOK, []string{"passly-tenant"}},
		{"nothing", nil, exitUsage, []string{"--help"}},
		{"an unknown flag", []string{"serve", "--stat", "x"}, exitUsage, []string{"--help"}},
		{"serve without a tenant", []string{"serve", "--state", state}, exitFailed, []string{"no tenant in", "passly-tenant init --state " + state}},
		{"a short password", append(initialise, "--password-file", write("short", "short\n")), exitFailed, []string{"too short", "12"}},
		{"a password file that is not there", append(initialise, "--password-file", filepath.Join(dir, "none")), exitFailed, []string{"--password-file"}},
		{"no e-mail", []string{"init", "--state", state, "--name", "Acme", "--admin", "anna"}, exitFailed, []string{"no e-mail address"}},
		{"init", append(initialise, "--password-file", write("good", "a good long password\n")), exitOK, []string{"Acme", "passly-tenant serve"}},
		{"init again", append(initialise, "--password-file", filepath.Join(dir, "good")), exitFailed, []string{"already"}},
		{"add", append(administrator("add"), "--role", "reader", "--password-file", filepath.Join(dir, "good")), exitOK, []string{"ben@acme.test", "reader"}},
		{"add again", append(administrator("add"), "--password-file", filepath.Join(dir, "good")), exitFailed, []string{"already"}},
		{"add with a short password", append(administrator("add"), "--password-file", filepath.Join(dir, "short")), exitFailed, []string{"too short"}},
		{"an unknown role", append(administrator("role"), "--role", "king"), exitUsage, []string{"--help"}},
		{"role", append(administrator("role"), "--role", "administrator"), exitOK, []string{"administrator"}},
		{"lock", administrator("lock"), exitOK, []string{"locked"}},
		{"unlock", administrator("unlock"), exitOK, []string{"again"}},
		{"reset", administrator("reset-second-factor"), exitOK, []string{"password alone"}},
		{"lock the last owner", []string{"administrator", "lock", "--state", state, "--email", "anna@acme.test"}, exitFailed, []string{"needs an owner", "somebody else"}},
		{"owner", append(administrator("role"), "--role", "owner"), exitOK, []string{"owner"}},
		{"remove", administrator("remove"), exitOK, []string{"removed"}},
		{"nobody", []string{"administrator", "lock", "--state", state, "--email", "nobody@acme.test"}, exitFailed, []string{"No administrator", "administrator add"}},
		{"lock without a tenant", []string{"administrator", "lock", "--state", dir, "--email", "a@b.test"}, exitFailed, []string{"no tenant in"}},
		{"disable", []string{"disable", "--state", state}, exitOK, []string{"disabled"}},
		{"enable", []string{"enable", "--state", state}, exitOK, []string{"enabled"}},
		{"plain HTTP for others", []string{"serve", "--state", state, "--listen", "0.0.0.0:0"}, exitFailed, []string{"Plain HTTP", "--tls-cert"}},
		{"an address in use", []string{"serve", "--state", state, "--listen", taken.Addr().String()}, exitFailed, []string{"in use", "--listen"}},
		{"no address", []string{"serve", "--state", state, "--listen", "nonsense"}, exitFailed, []string{"HOST:PORT"}},
		{"a certificate without its key", []string{"serve", "--state", state, "--tls-cert", "x"}, exitUsage, []string{"tls-key"}},
		{"a certificate that is none", []string{"serve", "--state", state, "--tls-cert", filepath.Join(dir, "good"), "--tls-key", filepath.Join(dir, "good")}, exitFailed, []string{"certificate", "PEM"}},
		{"an SMTP server that is none", []string{"serve", "--state", state, "--smtp", "mail.test"}, exitFailed, []string{"SMTP server's address", "smtp://"}},
		{"an SMTP password in the list of processes", []string{"serve", "--state", state, "--smtp", "smtp://u:p@mail.test"}, exitFailed, []string{"list of processes", "--smtp-password-file"}},
		{"an SMTP user without a password", []string{"serve", "--state", state, "--smtp", "smtp://u@mail.test"}, exitFailed, []string{"no password", "--smtp-password-file"}},
		{"e-mails from nowhere", []string{"serve", "--state", state, "--smtp", "smtp://mail.test"}, exitFailed, []string{"--smtp-from"}},
		{"links that others can read", []string{"serve", "--state", state, "--public-url", "http://acme.test"}, exitFailed, []string{"public address", "https://"}},
		{"a damaged database", []string{"serve", "--state", damaged}, exitFailed, []string{"damaged", "backup"}},
	} {
		code, out, errs := try(t, t.Context(), row.args...)
		if code != row.code {
			t.Errorf("%s: exit code %d, want %d: %s%s", row.name, code, row.code, out, errs)
		}
		for _, part := range row.says {
			if !strings.Contains(out+errs, part) {
				t.Errorf("%s: does not say %q: %s%s", row.name, part, out, errs)
			}
		}
		if strings.Contains(out+errs, "a good long password") {
			t.Errorf("%s: the password is shown", row.name)
		}
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder is %v (%v), want mode 0700", info, err)
	}
}

func TestServeStopsWhenAsked(t *testing.T) {
	state := t.TempDir()
	if code, out, errs := try(t, t.Context(), "init", "--state", state, "--name", "Acme", "--admin", "a@b.test"); code != exitOK || !strings.Contains(out, "Password") {
		t.Fatalf("init: %d %s%s", code, out, errs)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if code, out, errs := try(t, ctx, "serve", "--state", state, "--listen", "127.0.0.1:0"); code != exitOK || !strings.Contains(out, "http://localhost:") {
		t.Errorf("serve: %d %s%s", code, out, errs)
	}
}
