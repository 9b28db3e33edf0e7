package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"passlysync/pkg/terminal/terminaltest"
)

// atFirstQuestion starts setup in a terminal and goes to the first question. Variables are put into its environment.
func atFirstQuestion(t *testing.T, width, height int, variables ...string) *terminaltest.Console {
	t.Helper()
	command := slices.Concat([]string{"env"}, variables, []string{binary(t), "setup", "--allow-member", "--state", t.TempDir()})
	tm := terminaltest.Open(t, width, height, command...)
	tm.Waits("Looking at this machine")
	tm.Waits("enter continue")
	tm.Keys("Enter")
	tm.Waits("Step 1 of 3")
	return tm
}

func TestResizedScreenIsAsIfDrawnAnew(t *testing.T) {
	tm := atFirstQuestion(t, 80, 24)
	for _, size := range [][2]int{{60, 20}, {200, 50}, {80, 24}, {200, 50}, {60, 20}} {
		fresh := atFirstQuestion(t, size[0], size[1]).Screen()
		tm.Resize(size[0], size[1])
		tm.Until("looks as if drawn anew", func(string) bool { return tm.Screen() == fresh })
	}
}

// style is a sequence that changes how text looks (ECMA-48 §8.3.117).
var style = regexp.MustCompile("\x1b\\[([0-9;:]*)m")

// colours gives the styles on the screen that are neither bold nor reverse, nor the end of one.
func colours(screen string) (found []string) {
	plain := []string{"", "0", "1", "7", "22", "27", "39", "49"}
	for _, match := range style.FindAllStringSubmatch(screen, -1) {
		for _, each := range strings.Split(match[1], ";") {
			if !slices.Contains(plain, each) {
				found = append(found, match[1])
			}
		}
	}
	return found
}

func TestNoColorLeavesBoldAndReverse(t *testing.T) {
	screen := atFirstQuestion(t, 80, 24, "NO_COLOR=1").Styled()
	if found := colours(screen); len(found) > 0 {
		t.Errorf("with NO_COLOR the screen has the colours %q", found)
	}
	for what, sequence := range map[string]string{"bold": "\x1b[1m", "reverse": "\x1b[7m"} {
		if !strings.Contains(screen, sequence) {
			t.Errorf("with NO_COLOR nothing on the screen is %s:\n%q", what, screen)
		}
	}
	if found := colours(atFirstQuestion(t, 80, 24, "NO_COLOR=", "CI=").Styled()); len(found) == 0 {
		t.Error("without NO_COLOR the screen has no colour")
	}
}

func TestDumbTerminalGetsLines(t *testing.T) {
	tm := terminaltest.Open(t, 80, 24, "env", "TERM=dumb", binary(t), "setup", "--allow-member", "--state", t.TempDir())
	tm.Waits("Passly domain:")
	if strings.Contains(tm.Styled(), "\x1b") || strings.TrimSpace(tm.Do("display-message", "-p", "#{alternate_on}")) != "0" {
		t.Errorf("a dumb terminal is drawn on:\n%q", tm.Styled())
	}
	tm.Types("127.0.0.1:1")
	tm.Waits("127.0.0.1:1 refuses the connection")
	tm.Keys("C-u", "C-d") // the end of the input
	tm.Waits("Nothing was changed")
}
