// Package needs is how a test asks for a real component that Go does not bring: a domain controller, a keyring, a
// browser. On a plain machine the test is skipped with the command that installs what is missing; where CI is set it
// fails, so that nothing is left out in silence.
package needs

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// searched beside PATH, since Debian keeps daemons there and people's PATH does not.
const sbin = ":/usr/sbin:/sbin"

// Program gives the path of an installed program, or skips (fails under CI), naming the Debian packages that bring it.
func Program(t testing.TB, name string, packages ...string) string {
	t.Helper()
	if path, ok := Find(name); ok {
		return path
	}
	Missing(t, name+" is not installed", "apt-get install -y --no-install-recommends "+strings.Join(packages, " "))
	return ""
}

// Find looks for a program in PATH and in the folders of system daemons.
func Find(name string) (string, bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, dir := range strings.Split(strings.Trim(sbin, ":"), ":") {
		if path, err := exec.LookPath(dir + "/" + name); err == nil {
			return path, true
		}
	}
	return "", false
}

// Missing skips the test, or fails it where CI is set, saying what is missing and the command that brings it. A test that runs as
// a Windows program is always skipped: what Debian brings cannot be there, and Linux has run the test.
func Missing(t testing.TB, what, command string) {
	t.Helper()
	if runtime.GOOS != "windows" && os.Getenv("CI") != "" {
		t.Fatalf("%s, and CI is set; get it with: %s", what, command)
	}
	t.Skipf("%s; get it with: %s", what, command)
}
