//go:build linux

package endtoend

import (
	"path/filepath"
	"strings"
	"time"

	"passlysync/pkg/service/servicetest"
	"passlysync/pkg/terminal/terminaltest"
)

// open starts setup in a terminal, in a working folder of its own.
func (f *firstDay) open(width, height int, flags ...string) *terminaltest.Console {
	f.Helper()
	command := []string{"env", "TMPDIR=" + f.temporary, filepath.Join(f.bin, "passly-sync"), "setup", "--state", f.state()}
	return terminaltest.OpenIn(f.TB, f.work, width, height, servicetest.Apart(f.TB, append(command, flags...)...)...)
}

// begin goes past the look at the machine to the first question.
func (f *firstDay) begin(c *terminaltest.Console) {
	f.Helper()
	c.Waits("Looking at this machine")
	c.Waits("enter continue")
	c.Keys("Enter")
	c.Waits("Step 1 of 3")
}

// toSummary goes from the last question to the summary, past what the account may do where that is shown.
func (f *firstDay) toSummary(c *terminaltest.Console) {
	f.Helper()
	shown := func(text string) bool { return strings.Contains(text, "Ready to set up") }
	past := func(text string) bool {
		return strings.Contains(text, "Step 3 of 3") && !strings.Contains(text, "Which account reads the directory?")
	}
	if text := c.Until("goes on after the last question", func(text string) bool { return shown(text) || past(text) }); past(text) {
		c.Keys("Enter")
	}
	c.Waits("Ready to set up")
}

// choose takes an entry of the menu on an enrolled machine.
func (f *firstDay) choose(c *terminaltest.Console, title string) {
	f.Helper()
	c.Waits(title)
	for range 10 {
		screen := c.Screen()
		if focused(screen, title) {
			c.Keys("Enter")
			return
		}
		c.Keys("Down")
		c.Until("moves in the menu", func(string) bool { return c.Screen() != screen })
	}
	f.Fatalf("the menu's %q never has the focus:\n%s", title, c.Screen())
}

func focused(screen, title string) bool {
	for row := range strings.Lines(screen) {
		if strings.Contains(row, title) {
			return strings.Contains(row, "›")
		}
	}
	return false
}

// resizes the terminal to and fro; after each the screen is whole and nothing of the former one is left.
func (f *firstDay) resizes(c *terminaltest.Console) {
	f.Helper()
	for _, size := range [][2]int{{60, 20}, {200, 50}, {60, 20}, {80, 24}} {
		c.Resize(size[0], size[1])
		f.tidy(c, size[1])
	}
}

// tidy: the title bar is in the first row, the key help in the last, neither anywhere else, and nothing is cut off.
func (f *firstDay) tidy(c *terminaltest.Console, height int) {
	f.Helper()
	var screen string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		screen = c.Screen()
		rows := strings.Split(strings.TrimRight(screen, "\n"), "\n")
		keys := strings.Count(screen, "ctrl+c ") + strings.Count(screen, "enter close")
		if strings.Count(screen, "Passly Directory Sync") == 1 && strings.Contains(rows[0], "Passly Directory Sync") &&
			keys == 1 && len(rows) == height && strings.TrimSpace(rows[height-2]) != "…" {
			return
		}
	}
	f.Fatalf("the screen of %d rows is not tidy:\n%s", height, screen)
}
