//go:build unix

package host

import (
	"os"
	"path/filepath"
)

// checkLength is nil: the system says which path is too long, where one is.
func checkLength(string) error { return nil }

func channel(state string) string { return filepath.Join(state, "run", "agent.sock") }

// defaultState is the system's folder for root (file-hierarchy(7)), and the account's own otherwise (XDG Base Directory).
func defaultState() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/passly-sync", nil
	}
	if folder := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(folder) {
		return filepath.Join(folder, "passly-sync"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state", "passly-sync"), err
}
