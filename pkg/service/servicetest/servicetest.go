// Package servicetest keeps what a test runs away from the services of the machine: setup would install the agent's, or
// remove the one that is installed.
package servicetest

import (
	"os"
	"testing"

	"passlysync/pkg/needs"
)

// managed is where systemd keeps what it tells others (sd_booted(3)).
const managed = "/run/systemd"

// Apart gives the command as it is to be run: with a view of the machine on which no service manager runs. The process is the
// same one. Where there is none, or not the right to use it, that is the command itself.
func Apart(t testing.TB, command ...string) []string {
	t.Helper()
	if _, err := os.Lstat(managed + "/system"); err != nil || os.Geteuid() != 0 {
		return command
	}
	hide := `mount -t tmpfs apart ` + managed + ` && exec "$0" "$@"`
	return append([]string{needs.Program(t, "unshare", "util-linux"), "--mount", "sh", "-c", hide}, command...)
}
