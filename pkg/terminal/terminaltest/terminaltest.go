// Package terminaltest runs a program in a real terminal, tmux's, where a test types and looks as a person does.
//
// What always holds: the program ends with the test; what a test waits for is waited for with a deadline; every key is
// counted. The program inherits this process's environment; put “env NAME=value” before it for more.
package terminaltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/needs"
)

// Console is a program in a terminal.
type Console struct {
	t      testing.TB
	tmux   string
	server []string // the flags that name this test's server
	struck int
}

// Open starts a program in a terminal of a size, in this process's working folder.
func Open(t testing.TB, width, height int, command ...string) *Console {
	t.Helper()
	return OpenIn(t, "", width, height, command...)
}

// OpenIn is Open in a working folder.
func OpenIn(t testing.TB, folder string, width, height int, command ...string) *Console {
	t.Helper()
	c := &Console{t: t, tmux: needs.Program(t, "tmux", "tmux"), server: []string{"-S", socket(t), "-f", "/dev/null"}}
	if folder == "" {
		folder = "."
	}
	c.Do(append([]string{"new-session", "-d", "-c", folder, "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}, command...)...)
	c.Do("set-option", "-g", "remain-on-exit", "on")
	t.Cleanup(func() { _ = c.command("kill-server").Run() })
	return c
}

// socket has a short path: it may have 107 bytes.
func socket(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "tmux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, "tmux")
}

func (c *Console) command(args ...string) *exec.Cmd {
	command := exec.Command(c.tmux, append(c.server[:len(c.server):len(c.server)], args...)...)
	command.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	return command
}

// Do gives tmux a command and returns what it prints.
func (c *Console) Do(args ...string) string {
	c.t.Helper()
	out, err := c.command(args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// Keys presses keys by tmux's names: Enter, Escape, C-c.
func (c *Console) Keys(names ...string) {
	c.t.Helper()
	c.struck += len(names)
	c.Do(append([]string{"send-keys"}, names...)...)
}

// Types types each text and then Enter.
func (c *Console) Types(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.struck += len([]rune(text))
		c.Do("send-keys", "-l", "--", text)
		c.Keys("Enter")
	}
}

// Retypes is Types after what stands in the field was taken away.
func (c *Console) Retypes(text string) {
	c.t.Helper()
	c.Keys("C-u")
	c.Types(text)
}

// Pastes pastes a text, which counts as one key, and then presses Enter.
func (c *Console) Pastes(text string) {
	c.t.Helper()
	c.struck++
	c.Do("set-buffer", "--", text)
	c.Do("paste-buffer", "-p", "-d")
	c.Keys("Enter")
}

// Struck is how many keys were pressed.
func (c *Console) Struck() int { return c.struck }

// Resize changes the terminal's size.
func (c *Console) Resize(width, height int) {
	c.t.Helper()
	c.Do("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// Screen is what can be seen now; Styled is the same with its escape sequences.
func (c *Console) Screen() string {
	c.t.Helper()
	return c.Do("capture-pane", "-p")
}

// Styled is what can be seen now, with its escape sequences.
func (c *Console) Styled() string {
	c.t.Helper()
	return c.Do("capture-pane", "-p", "-e")
}

// History is everything that scrolled by, and what can be seen now.
func (c *Console) History() string {
	c.t.Helper()
	return c.Do("capture-pane", "-p", "-S", "-", "-E", "-")
}

// Waits waits until words can be read, however they are wrapped, and returns everything.
func (c *Console) Waits(words string) string {
	c.t.Helper()
	return c.Until("shows “"+words+"”", func(text string) bool { return strings.Contains(Unwrapped(text), words) })
}

// Until waits until what can be read, with what scrolled by, is as wanted, and returns it.
func (c *Console) Until(what string, holds func(text string) bool) string {
	c.t.Helper()
	text := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if text = c.History(); holds(text) {
			return text
		}
	}
	c.t.Fatalf("the terminal never %s:\n%s", what, text)
	return text
}

// Unwrapped is a text in one row, with single spaces.
func Unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// PID is the program's process.
func (c *Console) PID() string {
	c.t.Helper()
	return strings.TrimSpace(c.Do("display-message", "-p", "#{pane_pid}"))
}

// Process is what everybody on the machine can see of the program: its command line and environment.
func (c *Console) Process() string {
	c.t.Helper()
	pid := c.PID()
	command, _ := os.ReadFile("/proc/" + pid + "/cmdline")
	environment, _ := os.ReadFile("/proc/" + pid + "/environ")
	return string(command) + string(environment)
}
