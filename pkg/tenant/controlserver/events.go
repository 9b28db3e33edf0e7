package controlserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
)

// keepAlive is how often a silent stream says that it lives; writeLimit how long one write may take; maxStreams how many
// streams one agent may hold (an old one may not have noticed yet that its connection is gone).
const (
	keepAlive  = 15 * time.Second
	writeLimit = 10 * time.Second
	maxStreams = 4
)

// Streams bounds and ends event streams. The zero Streams is ready.
type Streams struct {
	mu     sync.Mutex
	open   map[tenant.ID]int
	cancel map[*context.CancelFunc]bool
	ended  bool
}

// Stop ends all streams and lets none begin.
func (s *Streams) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for cancel := range s.cancel {
		(*cancel)()
	}
}

func (s *Streams) begin(ctx context.Context, id tenant.ID) (context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, nil, &problem.Problem{Code: problem.Unavailable, Title: "The tenant is shutting down", Err: control.RetryAfter(2 * time.Second)}
	}
	if s.open[id] >= maxStreams {
		return nil, nil, &problem.Problem{
			Code: problem.TooMany, Title: "This agent holds too many event streams", Hint: "Close the others.", Err: control.RetryAfter(keepAlive),
		}
	}
	if s.open == nil {
		s.open, s.cancel = map[tenant.ID]int{}, map[*context.CancelFunc]bool{}
	}
	ctx, cancel := context.WithCancel(ctx)
	s.open[id]++
	s.cancel[&cancel] = true
	return ctx, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.cancel, &cancel)
		if s.open[id]--; s.open[id] == 0 {
			delete(s.open, id)
		}
	}, nil
}

// events sends an agent its configuration and commands as they come (text/event-stream). An event's id is the number of
// the last command sent, so a stream that goes on after Last-Event-ID repeats none and loses none.
func (s *Server) events(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	ctx, end, err := s.Streams.begin(r.Context(), agent.ID)
	if err != nil {
		return err
	}
	defer end()
	after, _ := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64) // unreadable: from the beginning
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	stream := eventStream{w, http.NewResponseController(w)}
	_ = stream.ctrl.SetReadDeadline(time.Time{}) // the server's own is for requests that end
	err = s.Agents.Follow(ctx, agent.ID, after, stream.send, stream.idle, keepAlive)
	if err != nil && ctx.Err() == nil && !errors.Is(err, errGone) && !errors.Is(err, agents.ErrLeft) {
		s.Log.Error("an event stream ended", "agent", agent.ID, "error", err)
	}
	return nil // the answer has begun; its end says the rest
}

var errGone = errors.New("the agent's connection is gone")

type eventStream struct {
	w    http.ResponseWriter
	ctrl *http.ResponseController
}

func (e eventStream) send(event agents.Event) error {
	var (
		name string
		body any
	)
	if event.Command != nil {
		name, body = control.EventCommand, event.Command
	} else {
		name, body = control.EventConfiguration, event.Configuration
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return e.write("id: %d\nevent: %s\ndata: %s\n\n", event.Number, name, raw)
}

func (e eventStream) idle() error { return e.write(": still here\n\n") }

func (e eventStream) write(format string, args ...any) error {
	// Not every writer knows deadlines. Under HTTP/2 one that passes resets the stream even while nothing is written, so it
	// is lifted afterwards.
	_ = e.ctrl.SetWriteDeadline(time.Now().Add(writeLimit))
	defer func() { _ = e.ctrl.SetWriteDeadline(time.Time{}) }()
	if _, err := fmt.Fprintf(e.w, format, args...); err != nil {
		return errGone
	}
	if err := e.ctrl.Flush(); err != nil {
		return errGone
	}
	_ = e.ctrl.SetWriteDeadline(time.Time{}) // over HTTP/2 it would end the stream while nothing is written
	return nil
}
