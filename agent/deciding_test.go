package agent

import (
	"log/slog"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// TestAnApprovalDoesNotBringAFormerSetUpBack: between the decision and its keeping the agent may be set up anew, or leave.
func TestAnApprovalDoesNotBringAFormerSetUpBack(t *testing.T) {
	was := record{AgentID: "a", Tenant: "https://a.test", Local: &local{Configuration: control.Configuration{Version: 1, Name: "then"}}}
	anew := was
	anew.Local = &local{Configuration: control.Configuration{Version: 2, Name: "now"}}
	another := was
	another.AgentID = "b"
	tenant := was
	tenant.Local = nil
	for name, now := range map[string]*record{"set up again": &anew, "another service": &another, "a tenant": &tenant, "left": nil} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			a := &Agent{o: Options{State: state, Log: slog.New(slog.DiscardHandler)}, record: now}
			s := &session{Agent: a, record: &was}
			s.settings = was.Local.Configuration
			if err := s.keepApproval(control.Approval{}); !problem.Is(err, problem.Conflict) {
				t.Errorf("got %v, want %s", err, problem.Conflict)
			}
			if kept, err := loadRecord(state); kept != nil || err != nil || a.record != now {
				t.Errorf("the record was written: %+v, %v", kept, err)
			}
			if err := s.beginEnrolling(); err != nil {
				t.Error(err)
			}
		})
	}
}
