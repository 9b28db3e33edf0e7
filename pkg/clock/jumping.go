//go:build jumping

package clock

import (
	"os"
	"strings"
	"time"
)

// Now gives the time, wrong by what the file says at this moment. It has no monotonic part, so that what is measured between two
// readings is wrong too: more than a real jump does to a process that goes on.
func Now() time.Time {
	now := time.Now().Round(0)
	said, err := os.ReadFile(os.Getenv(Variable))
	if err != nil {
		return now
	}
	wrong, err := time.ParseDuration(strings.TrimSpace(string(said)))
	if err != nil {
		return now
	}
	return now.Add(wrong)
}
