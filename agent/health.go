package agent

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"passlysync/pkg/control"
)

// health keeps the agent's conditions: one that says what it is doing (waiting, paused, syncing, in sync) and any number
// of troubles beside it.
type health struct {
	now func() time.Time
	log *slog.Logger

	mu       sync.Mutex
	words    func(control.Condition) control.Condition // for what stands for the tenant; nil: as they are
	doing    control.Condition
	troubles map[control.ConditionCode]control.Condition
	changed  chan struct{}
}

func newHealth(now func() time.Time, log *slog.Logger) *health {
	h := &health{now: now, log: log, troubles: map[control.ConditionCode]control.Condition{}, changed: make(chan struct{}, 1)}
	h.doing = h.stamp(awaitingEnrolment(), control.Condition{})
	return h
}

// speak has conditions told in other words from now on.
func (h *health) speak(words func(control.Condition) control.Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words = words
}

// worded gives a condition in the words that count now; callers hold the lock.
func (h *health) worded(c control.Condition) control.Condition {
	if h.words == nil {
		return c
	}
	return h.words(c)
}

// stamp keeps Since while the code stays the same.
func (h *health) stamp(c, before control.Condition) control.Condition {
	c.Since = h.now().UTC()
	if before.Code == c.Code && !before.Since.IsZero() {
		c.Since = before.Since
	}
	return c
}

// do says what the agent is doing.
func (h *health) do(c control.Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.doing
	c = h.worded(c)
	h.doing = h.stamp(c, before)
	h.write(before, c)
	h.tell(!same(before, h.doing))
}

// only says what the agent is doing and forgets all troubles.
func (h *health) only(c control.Condition) {
	h.mu.Lock()
	clear(h.troubles)
	h.mu.Unlock()
	h.do(c)
}

// set says that there is a trouble.
func (h *health) set(c control.Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.troubles[c.Code]
	c = h.worded(c)
	h.troubles[c.Code] = h.stamp(c, before)
	h.write(before, c)
	h.tell(!same(before, h.troubles[c.Code]))
}

// lift says that troubles are over.
func (h *health) lift(codes ...control.ConditionCode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, code := range codes {
		_, had := h.troubles[code]
		delete(h.troubles, code)
		if had {
			h.log.Info("a condition is over", "condition", string(code))
		}
		h.tell(had)
	}
}

// when sets or lifts one trouble.
func (h *health) when(there bool, c control.Condition) {
	if there {
		h.set(c)
		return
	}
	h.lift(c.Code)
}

// write logs a condition that is new, in its own words: what is wrong as a warning or an error.
func (h *health) write(before, c control.Condition) {
	if before.Code == c.Code {
		return
	}
	level := slog.LevelInfo
	switch c.Severity {
	case control.Warning:
		level = slog.LevelWarn
	case control.Failure:
		level = slog.LevelError
	}
	h.log.Log(context.Background(), level, c.Title, "condition", string(c.Code), "text", c.Text, "hint", c.Hint)
}

func (h *health) tell(changed bool) {
	if !changed {
		return
	}
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

func same(a, b control.Condition) bool {
	return a.Code == b.Code && a.Title == b.Title && a.Text == b.Text && a.Hint == b.Hint
}

// conditions lists all, the gravest first; among equals what the agent is doing comes first, then the longest standing.
// Beside a failure, or people who are left out, it is not said to be in sync.
func (h *health) conditions() []control.Condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	all, failing := []control.Condition{h.doing}, false
	for _, c := range h.troubles {
		all = append(all, c)
		failing = failing || c.Severity == control.Failure || c.Code == control.IncompleteSkipped || c.Code == control.ChangesRejected
	}
	slices.SortStableFunc(all[1:], func(a, b control.Condition) int { return a.Since.Compare(b.Since) })
	if failing && h.doing.Code == control.InSync {
		all = all[1:]
	}
	slices.SortStableFunc(all, func(a, b control.Condition) int { return b.Severity.Rank() - a.Severity.Rank() })
	return all
}
