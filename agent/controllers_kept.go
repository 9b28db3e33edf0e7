package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"passlysync/pkg/host"
)

// controllersFile holds the host names of the domain controllers that the directory listed last, as a JSON list: an agent that starts
// while its own controller is down still finds another one. Nothing is trusted for being in there: each
// proves by its certificate what it is called.
const controllersFile = "controllers.json"

// Bounds of what is kept and read.
const (
	maxControllers     = 64
	maxControllersFile = 32 << 10
)

// kept gives what was kept; nothing where there is no such file, or none that can be read.
func (c *controllers) kept() (names []string) {
	file, err := os.Open(c.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxControllersFile))
	if err != nil || json.Unmarshal(raw, &names) != nil {
		return nil
	}
	return names[:min(len(names), maxControllers)]
}

// forgetControllers keeps those of one domain from being asked with another one's account.
func forgetControllers(state string) error {
	if err := os.Remove(filepath.Join(state, controllersFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting the domain's controllers: %w", err)
	}
	return nil
}

// keep keeps names for the next start. That it cannot is no trouble until then.
func (c *controllers) keep(names []string) {
	if c.path == "" {
		return
	}
	if raw, err := json.Marshal(names); err == nil {
		_ = host.WriteState(c.path, raw)
	}
}
