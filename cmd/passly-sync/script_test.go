package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"passlysync/pkg/directory/adtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"passly-sync": func() { os.Exit(program()) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: withDirectory,
	})
}

// withDirectory gives a script a directory on loopback: $DIRECTORY, and $DIRECTORY_CA, the file with its authority.
func withDirectory(env *testscript.Env) error {
	server, err := adtest.New(adtest.Options{ShowsAuthority: true})
	if err != nil {
		return err
	}
	env.Defer(func() { _ = server.Close() })
	ca := filepath.Join(env.WorkDir, "directory's-ca.pem")
	env.Setenv("DIRECTORY", server.URL())
	env.Setenv("DIRECTORY_CA", ca)
	return os.WriteFile(ca, server.CA(), 0o600)
}

// exits runs a program and checks its exit code: exits 5 passly-sync status.
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits code program [argument …]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &failed):
		got = failed.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
