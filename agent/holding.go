package agent

import (
	"context"
	"slices"

	"passlysync/agent/explain"
	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// listHeld gives a page of the removals that are held or were rejected.
func (s *session) listHeld(ctx context.Context, args control.HeldArgs) (control.HeldPage, error) {
	view, err := s.view(ctx)
	if err != nil {
		return control.HeldPage{}, err
	}
	page, err := explain.Held(ctx, s.mirror, args, view)
	if err != nil {
		return page, err
	}
	page.Held.Allowed = s.heldNow(args.Kind).Allowed
	return page, nil
}

// heldNow is what the last cycle held of a kind.
func (s *session) heldNow(kind control.RemovalKind) control.Held {
	all := s.heartbeat().Held
	if at := slices.IndexFunc(all, func(h control.Held) bool { return h.Kind == kind }); at >= 0 {
		return all[at]
	}
	return control.Held{Kind: kind}
}

// decide keeps what an administrator decided in the mirror, where a restart finds it, and has the next cycle go by it.
func (s *session) decide(ctx context.Context, args control.DecideArgs) (done control.Decided, err error) {
	if err := checkDecision(args); err != nil {
		return done, err
	}
	if args.Digest != "" {
		done, err = s.mirror.RejectAll(ctx, args.Kind, args.Digest)
	} else {
		done, err = s.mirror.Decide(ctx, args.Kind, args.Decision, args.Rows, s.heldNow(args.Kind).Count > 0)
	}
	if err == nil {
		s.o.Log.Info("an administrator decided on held removals", "kind", string(args.Kind), "decision", string(args.Decision), "rows", done.Done, "stale", done.Stale)
		poke(s.urgent)
	}
	return done, err
}

func checkDecision(args control.DecideArgs) error {
	rows := len(args.Rows) > 0 && len(args.Rows) <= control.MaxDecided && args.Digest == ""
	all := len(args.Rows) == 0 && args.Digest != "" && args.Decision == control.DecideReject
	known := args.Decision == control.DecideApprove || args.Decision == control.DecideReject
	if slices.Contains(control.RemovalKinds, args.Kind) && known && (rows || all) {
		return nil
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: "This decision cannot be understood", Op: "deciding on held removals",
		Hint: "Choose rows and decide on them; all at once are approved through the configuration.",
	}
}
