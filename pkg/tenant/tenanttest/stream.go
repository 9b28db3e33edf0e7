package tenanttest

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"passlysync/pkg/control"
)

// Event is one event of the agent's stream.
type Event struct {
	ID, Name, Data string
}

// Listen opens the agent's event stream, going on after lastID, until stop is called or the test ends. Events wait in the
// channel, which is closed when the stream ends.
func (a *Agent) Listen(t testing.TB, lastID string) (events <-chan Event, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.s.URL+control.EventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.Token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("opening the event stream: %v", err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("opening the event stream: %s", response.Status)
	}
	t.Cleanup(cancel)
	all := make(chan Event, 64)
	go func() {
		defer close(all)
		defer response.Body.Close()
		readEvents(bufio.NewScanner(response.Body), all)
	}()
	return all, cancel
}

func readEvents(lines *bufio.Scanner, all chan<- Event) {
	lines.Buffer(nil, control.MaxEvent)
	var e Event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			e.Data = value
		case "":
			if e.Name != "" {
				all <- e
			}
			e = Event{}
		}
	}
}

// AnswerUnits listens like an agent and answers each question for units, until the test ends.
func (a *Agent) AnswerUnits(t testing.TB, units []control.Unit) {
	t.Helper()
	events, _ := a.Listen(t, "")
	go func() {
		for e := range events {
			var command control.Command
			if e.Name != control.EventCommand || json.Unmarshal([]byte(e.Data), &command) != nil || command.Kind != control.CommandListUnits {
				continue
			}
			body, err := json.Marshal(control.UnitList{Units: units})
			if err == nil {
				a.Do(t, http.MethodPost, control.ResultsPath, control.CommandResult{ID: command.ID, Body: body})
			}
		}
	}()
}
