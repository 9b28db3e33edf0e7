package tenanttest

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
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
	a.Answer(t, map[control.CommandKind]func(json.RawMessage) any{
		control.CommandListUnits: func(args json.RawMessage) any { return PickUnits(units, args) },
	})
}

// PickUnits answers a question for units as an agent does, out of all that there are; of each, People is given.
func PickUnits(units []control.Unit, args json.RawMessage) control.UnitList {
	var (
		wanted  control.UnitsArgs
		entries []directory.Entry
		people  = map[directory.GUID]int{}
	)
	if err := json.Unmarshal(args, &wanted); err != nil {
		panic(err) // a test's tenant sent it
	}
	for _, u := range units {
		entries = append(entries, directory.Entry{GUID: u.GUID, Parent: u.Parent, Name: u.Name, DN: u.DN})
		people[u.GUID] = u.People
	}
	return control.PickUnits(directory.NewTree(entries), people, wanted)
}

// Answer listens like an agent and answers commands of these kinds, until the test ends. A *control.CommandError is a no.
func (a *Agent) Answer(t testing.TB, to map[control.CommandKind]func(args json.RawMessage) any) {
	t.Helper()
	whole := map[control.CommandKind]func(control.Command) any{}
	for kind, answer := range to {
		whole[kind] = func(c control.Command) any { return answer(c.Args) }
	}
	a.Obey(t, whole)
}

// Obey is Answer for who wants to see the whole command. A nil answer is none.
func (a *Agent) Obey(t testing.TB, to map[control.CommandKind]func(control.Command) any) {
	t.Helper()
	events, _ := a.Listen(t, "")
	go func() {
		for e := range events {
			var command control.Command
			if e.Name != control.EventCommand || json.Unmarshal([]byte(e.Data), &command) != nil || to[command.Kind] == nil {
				continue
			}
			result := control.CommandResult{ID: command.ID}
			switch answer := to[command.Kind](command).(type) {
			case nil:
				continue
			case *control.CommandError:
				result.Error = answer
			default:
				body, err := json.Marshal(answer)
				if err != nil {
					t.Error(err)
					return
				}
				result.Body = body
			}
			a.Do(t, http.MethodPost, control.ResultsPath, result)
		}
	}()
}
