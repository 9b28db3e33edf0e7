package handoff_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// agent is a Host that a test tells what to do.
type agent struct {
	status func(context.Context) (handoff.Status, error)
	enrol  func(context.Context, handoff.Enrolment, func(handoff.Step)) error
	sync   func(context.Context) error
	leave  func(context.Context) (handoff.Farewell, error)
	change func(context.Context, handoff.Directory) error
}

func (a agent) Status(ctx context.Context) (handoff.Status, error) { return a.status(ctx) }
func (a agent) SyncNow(ctx context.Context) error                  { return a.sync(ctx) }
func (a agent) CheckVault(_ context.Context, kind string) error {
	if kind == "file" {
		return nil
	}
	return &problem.Problem{Code: "vault-unusable", Title: "No keyring here"}
}

func (a agent) Leave(ctx context.Context) (handoff.Farewell, error) {
	return a.leave(ctx)
}

func (a agent) ChangeDirectory(ctx context.Context, d handoff.Directory) error {
	return a.change(ctx, d)
}

func (a agent) Enrol(ctx context.Context, e handoff.Enrolment, step func(handoff.Step)) error {
	return a.enrol(ctx, e, step)
}

// channel gives a path for a channel that nobody has.
func channel(t *testing.T) string {
	t.Helper()
	paths, err := host.PathsIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return paths.Channel
}

// serve runs an agent's channel for the test and gives its path.
func serve(t *testing.T, a handoff.Host) string {
	t.Helper()
	path := channel(t)
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- handoff.Serve(ctx, path, a, handoff.Options{Ready: func() { close(ready) }}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return path
}

func TestStatusComesAcross(t *testing.T) {
	want := handoff.Status{Version: "1.2", Enrolled: true, Name: "DC1", Lag: 0.5, Conditions: []control.Condition{}}
	path := serve(t, agent{status: func(context.Context) (handoff.Status, error) { return want, nil }})
	got, err := handoff.Dial(path).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestProblemsKeepTheirWords(t *testing.T) {
	want := &problem.Problem{Code: "special", Title: "Title", Text: "Text", Hint: "Hint"}
	path := serve(t, agent{sync: func(context.Context) error { return errors.Join(errors.New("around"), want) }})
	err := handoff.Dial(path).SyncNow(t.Context())
	if diff := cmp.Diff(want, problem.Of(err)); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestEnrolTellsStepsAsTheyCome(t *testing.T) {
	sent := handoff.Enrolment{Tenant: "https://acme.test", Token: "t", Directory: handoff.Directory{URL: "ldaps://dc", Account: "a", Password: "p"}}
	next := make(chan struct{})
	path := serve(t, agent{enrol: func(_ context.Context, e handoff.Enrolment, step func(handoff.Step)) error {
		if diff := cmp.Diff(sent, e); diff != "" {
			t.Errorf("enrolment (-want +got):\n%s", diff)
		}
		step(handoff.Step{Name: handoff.StepKey, State: handoff.StepRunning})
		<-next // the step must be seen before the agent goes on
		step(handoff.Step{Name: handoff.StepKey, State: handoff.StepDone, Detail: "Ed25519"})
		return nil
	}})
	var got []handoff.Step
	err := handoff.Dial(path).Enrol(t.Context(), sent, func(s handoff.Step) {
		got = append(got, s)
		if s.State == handoff.StepRunning {
			close(next)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []handoff.Step{
		{Name: handoff.StepKey, State: handoff.StepRunning},
		{Name: handoff.StepKey, State: handoff.StepDone, Detail: "Ed25519"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestEnrolFailsInTheAgentsWords(t *testing.T) {
	want := &problem.Problem{Code: problem.CredentialsBad, Title: "No"}
	path := serve(t, agent{enrol: func(_ context.Context, _ handoff.Enrolment, step func(handoff.Step)) error {
		step(handoff.Step{Name: handoff.StepDirectory, State: handoff.StepFailed, Problem: want})
		return want
	}})
	err := handoff.Dial(path).Enrol(t.Context(), handoff.Enrolment{}, func(handoff.Step) {})
	if diff := cmp.Diff(want, problem.Of(err)); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestLeavingStopsTheAgentsEnrolment(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	path := serve(t, agent{enrol: func(ctx context.Context, _ handoff.Enrolment, step func(handoff.Step)) error {
		step(handoff.Step{Name: handoff.StepKey, State: handoff.StepRunning})
		<-ctx.Done()
		close(stopped)
		return ctx.Err()
	}})
	err := handoff.Dial(path).Enrol(ctx, handoff.Enrolment{}, func(handoff.Step) { leave() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("the agent was not told to stop")
	}
}

func TestTwoSetupsAtOnceAreKeptApart(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	path := serve(t, agent{enrol: func(context.Context, handoff.Enrolment, func(handoff.Step)) error {
		close(begun)
		<-end
		return nil
	}})
	first := make(chan error, 1)
	go func() { first <- handoff.Dial(path).Enrol(t.Context(), handoff.Enrolment{}, func(handoff.Step) {}) }()
	<-begun
	err := handoff.Dial(path).Enrol(t.Context(), handoff.Enrolment{}, func(handoff.Step) {})
	if !problem.Is(err, problem.Conflict) {
		t.Errorf("the second setup: got %v, want a problem of code %s", err, problem.Conflict)
	}
	close(end)
	if err := <-first; err != nil {
		t.Errorf("the first setup: %v", err)
	}
}

func TestOversizedEnrolmentIsRefused(t *testing.T) {
	path := serve(t, agent{enrol: func(context.Context, handoff.Enrolment, func(handoff.Step)) error {
		t.Error("the agent got it")
		return nil
	}})
	err := handoff.Dial(path).Enrol(t.Context(), handoff.Enrolment{TenantCA: strings.Repeat("x", 2<<20)}, func(handoff.Step) {})
	if !problem.Is(err, problem.TooLarge) {
		t.Errorf("got %v, want a problem of code %s", err, problem.TooLarge)
	}
}

func TestNoAgentIsSaidWithWhatToDo(t *testing.T) {
	_, err := handoff.Dial(filepath.Join(t.TempDir(), "agent.sock")).Status(t.Context())
	p := problem.Of(err)
	if p.Code != handoff.NotRunning || !strings.Contains(p.Hint, "passly-sync agent") {
		t.Errorf("got code %q and hint %q, want %q and how to start", p.Code, p.Hint, handoff.NotRunning)
	}
}

func TestChangesComeAcross(t *testing.T) {
	want := handoff.Directory{URL: "ldaps://dc2.example.test", Account: "svc2@example.test", Password: "secret"}
	var got handoff.Directory
	path := serve(t, agent{
		change: func(_ context.Context, d handoff.Directory) error { got = d; return nil },
		leave: func(context.Context) (handoff.Farewell, error) {
			return handoff.Farewell{}, &problem.Problem{Code: problem.Conflict, Title: "Not now"}
		},
	})
	if err := handoff.Dial(path).ChangeDirectory(t.Context(), want); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want what was sent", got, err)
	}
	if _, err := handoff.Dial(path).Leave(t.Context()); !problem.Is(err, problem.Conflict) {
		t.Errorf("leaving: got %v, want the agent's own words", err)
	}
	path = serve(t, agent{leave: func(context.Context) (handoff.Farewell, error) {
		return handoff.Farewell{Problem: &problem.Problem{Title: "No tenant there"}}, nil
	}})
	if said, err := handoff.Dial(path).Leave(t.Context()); err != nil || said.Told || said.Problem.Title != "No tenant there" {
		t.Errorf("leaving a tenant that is away: got %+v, %v; want what the agent said", said, err)
	}
}

// foreseeing is an agent that also looks ahead.
type foreseeing struct{ agent }

func (foreseeing) Preview(_ context.Context, args control.PreviewArgs) (control.Preview, error) {
	return control.Preview{ID: args.Units[0], Rows: []control.PreviewRow{{Name: "Ann", Action: control.ActionAdd}}}, nil
}

func (foreseeing) Explain(context.Context, control.ExplainArgs) (control.Explanation, error) {
	return control.Explanation{}, &problem.Problem{Code: problem.Invalid, Title: "Who?"}
}

func TestLookingAheadComesAcross(t *testing.T) {
	client := handoff.Dial(serve(t, foreseeing{}))
	p, err := client.Preview(t.Context(), control.PreviewArgs{Units: []string{"OU=Sales"}})
	if err != nil || p.ID != "OU=Sales" || len(p.Rows) != 1 || p.Rows[0].Name != "Ann" {
		t.Errorf("preview: got %+v, %v", p, err)
	}
	if _, err := client.Explain(t.Context(), control.ExplainArgs{Name: " "}); !problem.Is(err, problem.Invalid) {
		t.Errorf("explain: got %v, want the agent's own words", err)
	}
}
