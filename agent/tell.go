package agent

import (
	"context"
	"slices"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
)

// tell turns a cycle's result into conditions and figures.
func (w *worker) tell(ctx context.Context, settings control.Configuration, result cycle.Result) {
	w.tellReading(ctx, result)
	if result.Send != nil {
		w.tenantFails(ctx, bySCIM, result.Send)
	} else {
		w.tenantAnswers(bySCIM)
	}
	w.health.when(waits(result.Held), held(result.Held))
	if err := w.tellFlagged(ctx, settings, result); err != nil {
		w.o.Log.Error("the figures could not be worked out", "error", err)
	}
	if result.Read == nil {
		w.tellPasswordRights(ctx, settings)
	}
	if result.Err() == nil {
		w.health.do(inSync())
	}
}

// waits reports whether removals wait for a decision; those that were rejected do not.
func waits(all []control.Held) bool {
	return slices.ContainsFunc(all, func(h control.Held) bool { return h.Count > 0 })
}

func (w *worker) tellReading(ctx context.Context, result cycle.Result) {
	troubles := []control.ConditionCode{control.DirectoryUnreachable, control.DirectoryCredentialsRefused}
	if result.Read != nil {
		w.o.Log.Warn("the directory could not be read", "error", result.Read)
		c := readingCondition(result.Read)
		w.health.lift(slices.DeleteFunc(troubles, func(code control.ConditionCode) bool { return code == c.Code })...)
		w.health.set(c)
		return
	}
	w.health.lift(append(troubles, control.StateDamaged)...)
	w.tellReadingRights(ctx)
}

// tellFlagged says who is incomplete, in conflict or refused, and keeps the figures for the heartbeat.
func (w *worker) tellFlagged(ctx context.Context, settings control.Configuration, result cycle.Result) error {
	counts, err := w.mirror.Counts(ctx)
	if err != nil {
		return err
	}
	subjects, err := w.blocking(ctx)
	if err != nil {
		return err
	}
	refused, refusals, err := w.mirror.Flagged(ctx, plan.Refused)
	if err != nil {
		return err
	}
	frontier, err := w.mirror.Frontier(ctx)
	if err != nil {
		return err
	}
	halts := settings.Incomplete != control.IncompleteSkip && frontier != mirror.Everything
	w.health.when(halts, halted(subjects, counts.Incomplete, counts.Conflicts, counts.Waiting))
	w.health.when(!halts && len(subjects) > 0, skipped(subjects, counts.Incomplete, counts.Conflicts))
	memberships, err := w.mirror.RefusedMembers(ctx)
	if err != nil {
		return err
	}
	if result.Reason != "" {
		w.reason = result.Reason
	}
	w.health.when(refusals+memberships > 0, rejected(refused, refusals, memberships, w.reason))
	return w.keepFigures(ctx, counts, result)
}

func (w *worker) blocking(ctx context.Context) ([]control.Subject, error) {
	incomplete, _, err := w.mirror.Flagged(ctx, plan.Incomplete)
	if err != nil {
		return nil, err
	}
	conflicts, _, err := w.mirror.Flagged(ctx, plan.Conflicting)
	all := append(incomplete, conflicts...)
	return all[:min(len(all), control.MaxSubjects)], err
}

func (w *worker) keepFigures(ctx context.Context, counts control.Counts, result cycle.Result) error {
	oldest, any, err := w.mirror.Oldest(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.figures.Counts, w.figures.Held, w.figures.Lag = counts, result.Held, 0
	if any {
		w.figures.Lag = w.o.Now().Sub(oldest).Seconds()
	}
	if result.Err() == nil {
		w.figures.LastSync = w.o.Now().UTC()
	}
	return nil
}
