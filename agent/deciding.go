package agent

import (
	"context"
	"slices"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

var _ handoff.Decider = (*Agent)(nil)

// Held lists held removals beside the agent; see handoff.Decider.
func (a *Agent) Held(ctx context.Context, args control.HeldArgs) (control.HeldPage, error) {
	s, err := a.inSession("listing held removals")
	if err != nil {
		return control.HeldPage{}, err
	}
	return s.listHeld(ctx, args)
}

// Decide takes a decision beside the agent; see handoff.Decider. A tenant's administrators decide in its console, where it is
// known who they are, and written down.
func (a *Agent) Decide(ctx context.Context, args control.DecideArgs) (control.Decided, error) {
	s, err := a.inSession("deciding on held removals")
	switch {
	case err != nil:
		return control.Decided{}, err
	case s.record.Local == nil:
		return control.Decided{}, &problem.Problem{
			Code: problem.Forbidden, Title: "Held removals of this agent are decided on in the console", Op: "deciding on held removals",
			Text: "There it is known who decides, and written into the audit log.", Hint: "Open " + s.record.Console,
		}
	case args.Decision == control.DecideApprove && args.Digest != "" && len(args.Rows) == 0:
		return s.approveAll(ctx, args)
	}
	return s.decide(ctx, args)
}

// approveAll lets a held set pass, as long as it is still the one that was shown. The approval is kept with the configuration.
func (s *session) approveAll(ctx context.Context, args control.DecideArgs) (done control.Decided, err error) {
	if !slices.Contains(control.RemovalKinds, args.Kind) {
		return done, checkDecision(args)
	}
	held := s.heldNow(args.Kind)
	digest, err := s.mirror.Digest(ctx, args.Kind)
	if err != nil {
		return done, err
	}
	if held.Count == 0 || held.Digest != args.Digest || digest != args.Digest {
		return control.Decided{Stale: max(held.Count, 1)}, nil
	}
	if err := s.keepApproval(held.Approval()); err != nil {
		return done, err
	}
	s.o.Log.Info("all held removals of a kind were approved", "kind", string(args.Kind), "rows", held.Count)
	return control.Decided{Done: held.Count}, nil
}

// maxApprovals is how many approvals are kept; each is good for one set, and used at once.
const maxApprovals = 8

func (s *session) keepApproval(approval control.Approval) error {
	if err := s.beginEnrolling(); err != nil {
		return err
	}
	defer s.enrolling.Unlock()
	s.mu.Lock()
	settings := s.settings
	s.mu.Unlock()
	now := s.enrolment()
	if !s.stillOf(now, settings.Version) {
		return &problem.Problem{
			Code: problem.Conflict, Title: "The agent was set up anew meanwhile", Op: "approving held removals",
			Text: "Nothing was approved.", Hint: "Look again at what is held, then decide.",
		}
	}
	settings.Version++
	settings.Approved = append(slices.Clone(settings.Approved), approval)
	settings.Approved = settings.Approved[max(0, len(settings.Approved)-maxApprovals):]
	next, kept := *now, *now.Local
	kept.Configuration = settings
	next.Local = &kept
	if err := next.save(s.o.State); err != nil {
		return err
	}
	s.Agent.mu.Lock()
	s.Agent.record = &next
	s.Agent.mu.Unlock()
	s.configure(settings)
	return nil
}

// stillOf reports whether an enrolment is the session's, with the configuration that the session has. Another set-up, or leaving, may
// have come before the session's end.
func (s *session) stillOf(now *record, version int64) bool {
	return now != nil && now.Local != nil && now.AgentID == s.record.AgentID && now.Local.Configuration.Version == version
}
