package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// enrolledAgent answers how it is, and nothing else.
type enrolledAgent struct {
	handoff.Host
	status handoff.Status
}

func (e enrolledAgent) Status(context.Context) (handoff.Status, error) { return e.status, nil }

func TestEnrolledMachineIsCheckedWithWhatItsAgentWorksWith(t *testing.T) {
	directory, err := adtest.New(adtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	folder := t.TempDir()
	paths, err := host.PathsIn(folder)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	agent := enrolledAgent{status: handoff.Status{
		Enrolled: true, TenantName: "Acme", DirectoryURL: directory.URL(), DirectoryCA: string(directory.CA()),
	}}
	go func() {
		ended <- handoff.Serve(ctx, paths.Channel, agent, handoff.Options{Ready: func() { close(ready) }})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-ready
	var out bytes.Buffer
	run(t.Context(), []string{"setup", "--check", "--allow-member", "--state", folder}, Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	for _, want := range []string{"✓ Certificate: valid until", "✓ Clock: as the directory's", "✓ Earlier set-up: an agent is enrolled with Acme"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
}

func TestExitCodeOfTheChecksIsTheWorst(t *testing.T) {
	r := func(states ...preflight.State) (all []preflight.Result) {
		for _, s := range states {
			all = append(all, preflight.Result{State: s, Problem: &problem.Problem{}})
		}
		return all
	}
	for want, results := range map[int][]preflight.Result{
		exitOK:        r(preflight.Passed, preflight.Skipped),
		exitAttention: r(preflight.Warning, preflight.Skipped, preflight.Passed),
		exitFailed:    r(preflight.Warning, preflight.Failed, preflight.Skipped),
	} {
		if got := exitCode(worstOf(results)); got != want {
			t.Errorf("%v: got exit code %d, want %d", results, got, want)
		}
	}
}
