package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

func TestEventsAreForAdministrators(t *testing.T) {
	type event struct {
		level slog.Level
		id    uint32
		text  string
	}
	var got []event
	log := slog.New(events{slog.NewTextHandler(io.Discard, nil), func(level slog.Level, id uint32, text string) {
		got = append(got, event{level, id, text})
	}})
	log.Info("a detail", "error", errors.New("x"))
	log.Info(agentRuns, "version", "1")
	log.Log(context.Background(), slog.LevelError, "The directory cannot be reached", "condition", "directory-unreachable", "text", "People stay.", "hint", "Check the network.")
	log.Info("a condition is over", "condition", "directory-unreachable")
	log.Warn("a run could not be reported", "error", errors.New("gone"))
	logEnd(log, preflight.NotADomainController(host.Facts{Name: "SRV1", OS: host.Windows, Role: host.Member}, false))
	logEnd(log, &problem.Problem{Code: problem.Forbidden, Title: "The state folder cannot be written to"})
	want := []event{
		{slog.LevelInfo, 1, agentRuns},
		{slog.LevelError, 120, "The directory cannot be reached\r\n\r\nPeople stay.\r\n\r\nCheck the network.\r\n\r\nCondition: directory-unreachable"},
		{slog.LevelInfo, 120, "a condition is over\r\n\r\nCondition: directory-unreachable"},
		{slog.LevelWarn, 2, "a run could not be reported\r\n\r\ngone"},
		{slog.LevelError, 143, "SRV1 is not a domain controller\r\n\r\nOn Windows the agent runs on a domain controller only. This machine is a member of a domain.\r\n\r\n" +
			"Install and set up on a domain controller of the domain.\r\n\r\nCondition: not-a-domain-controller"},
		{slog.LevelError, 3, "The state folder cannot be written to"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d events, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestReadmeListsEveryEvent holds the README to the ids, and the ids to be different and such as the source can say (1 to 1000).
func TestReadmeListsEveryEvent(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, found := range regexp.MustCompile("(\\d+) `([a-z-]+)`").FindAllStringSubmatch(string(readme), -1) {
		listed[found[2]] = found[1]
	}
	seen := map[uint32]control.ConditionCode{}
	for code, id := range eventOf {
		if other, twice := seen[id]; twice || id < 1 || id > 1000 {
			t.Errorf("%s has the id %d, as %s", code, id, other)
		}
		seen[id] = code
		if listed[string(code)] != strconv.Itoa(int(id)) {
			t.Errorf("the README says that %s is %q, want %d", code, listed[string(code)], id)
		}
	}
	for code := range listed {
		if eventOf[control.ConditionCode(code)] == 0 && !strings.Contains(code, "event") {
			t.Errorf("the README lists %s, which is no condition with an event", code)
		}
	}
}
