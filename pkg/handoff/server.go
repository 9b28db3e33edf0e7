package handoff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Time limits of the channel. An enrolment talks to the directory, the tenant and the keyring.
const (
	answerIn = 15 * time.Second
	changeIn = time.Minute
	enrolIn  = 5 * time.Minute
	writeIn  = 10 * time.Second
	drainIn  = 3 * time.Second
)

// Options of Serve. The zero value is fine.
type Options struct {
	Ready func()       // called once the channel listens
	Log   *slog.Logger // who was turned away; nil: nothing is logged
}

// Serve answers for h on the channel at path until ctx ends; it then returns nil. The channel is taken over only when no
// other agent holds it: otherwise a problem of code Conflict comes back. Calls in progress are cancelled with ctx.
func Serve(ctx context.Context, path string, h Host, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := listen(ctx, path)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           routes(h),
		ReadHeaderTimeout: answerIn,
		ReadTimeout:       answerIn,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	stop := context.AfterFunc(ctx, func() { shutdown(ctx, server) })
	defer stop()
	if o.Ready != nil {
		o.Ready()
	}
	err = server.Serve(guarded{listener, o.Log})
	if ctx.Err() != nil && errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the local channel: %w", err)
}

func shutdown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainIn)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// guarded lets in only whom checkCaller accepts.
type guarded struct {
	net.Listener
	log *slog.Logger
}

// Accept waits for the next caller that may talk to the agent; others are hung up on.
func (g guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := checkCaller(conn); err == nil {
			return conn, nil
		} else {
			g.log.Warn("turned a caller away on the local channel", "reason", err)
		}
		_ = conn.Close()
	}
}

func routes(h Host) http.Handler {
	mux := http.NewServeMux()
	enrolling := &sync.Mutex{}
	mux.HandleFunc("GET "+statusPath, func(w http.ResponseWriter, r *http.Request) { serveStatus(w, r, h) })
	mux.HandleFunc("POST "+syncPath, func(w http.ResponseWriter, r *http.Request) { serveSync(w, r, h) })
	mux.HandleFunc("POST "+directoryPath, func(w http.ResponseWriter, r *http.Request) { serveDirectory(w, r, h) })
	mux.HandleFunc("POST "+vaultPath, func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(ctx context.Context, q vaultQuestion) (struct{}, error) {
			return struct{}{}, h.CheckVault(ctx, q.Kind)
		})
	})
	mux.HandleFunc("POST "+leavePath, func(w http.ResponseWriter, r *http.Request) { serveLeave(w, r, h) })
	mux.HandleFunc("POST "+enrolPath, func(w http.ResponseWriter, r *http.Request) {
		if !enrolling.TryLock() {
			writeProblem(w, &problem.Problem{
				Code: problem.Conflict, Title: "Another setup is enrolling this agent right now",
				Hint: "Wait until it has finished, then look at “passly-sync status”.",
			})
			return
		}
		defer enrolling.Unlock()
		serveEnrol(w, r, h)
	})
	if f, ok := h.(Forecaster); ok {
		mux.HandleFunc("POST "+previewPath, func(w http.ResponseWriter, r *http.Request) { answer(w, r, f.Preview) })
		mux.HandleFunc("POST "+explainPath, func(w http.ResponseWriter, r *http.Request) { answer(w, r, f.Explain) })
	}
	if d, ok := h.(Decider); ok {
		mux.HandleFunc("POST "+heldPath, func(w http.ResponseWriter, r *http.Request) { answer(w, r, d.Held) })
		mux.HandleFunc("POST "+decidePath, func(w http.ResponseWriter, r *http.Request) { answer(w, r, d.Decide) })
	}
	return mux
}

// answer reads a question and writes its answer.
func answer[Question, Answer any](w http.ResponseWriter, r *http.Request, give func(context.Context, Question) (Answer, error)) {
	var q Question
	if err := control.Decode(r.Body, maxBody, &q); err != nil {
		writeProblem(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), changeIn)
	defer cancel()
	a, err := give(ctx, q)
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, a)
}

func serveStatus(w http.ResponseWriter, r *http.Request, h Host) {
	ctx, cancel := context.WithTimeout(r.Context(), answerIn)
	defer cancel()
	status, err := h.Status(ctx)
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, status)
}

func serveSync(w http.ResponseWriter, r *http.Request, h Host) {
	ctx, cancel := context.WithTimeout(r.Context(), answerIn)
	defer cancel()
	if err := h.SyncNow(ctx); err != nil {
		writeProblem(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func serveDirectory(w http.ResponseWriter, r *http.Request, h Host) {
	var d Directory
	if err := control.Decode(r.Body, maxBody, &d); err != nil {
		writeProblem(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), changeIn)
	defer cancel()
	if err := h.ChangeDirectory(ctx, d); err != nil {
		writeProblem(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func serveLeave(w http.ResponseWriter, r *http.Request, h Host) {
	ctx, cancel := context.WithTimeout(r.Context(), changeIn)
	defer cancel()
	said, err := h.Leave(ctx)
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, said)
}

func serveEnrol(w http.ResponseWriter, r *http.Request, h Host) {
	var e Enrolment
	if err := control.Decode(r.Body, maxBody, &e); err != nil {
		writeProblem(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), enrolIn)
	defer cancel()
	out := &stream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/x-ndjson")
	err := h.Enrol(ctx, e, func(s Step) { out.send(line{Step: &s}) })
	if err != nil {
		out.send(line{Problem: problem.Of(err)})
		return
	}
	out.send(line{Done: true})
}

// stream writes lines as they come. A reader that went away is noticed by the request's context.
type stream struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *stream) send(l line) {
	raw, err := json.Marshal(l)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.control.SetWriteDeadline(time.Now().Add(writeIn))
	_, _ = s.w.Write(append(raw, '\n'))
	_ = s.control.Flush()
}
