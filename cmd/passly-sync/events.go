package main

import (
	"context"
	"log/slog"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Event ids of the Windows event log, under the source passly-sync. They are stable: administrators filter and alarm by them,
// and the README lists them. A condition has the same id when it begins and when it is over.
const (
	eventInformation = 1 // the agent began to run, and the like
	eventWarning     = 2
	eventError       = 3
)

var eventOf = map[control.ConditionCode]uint32{
	control.AwaitingEnrolment: 100, control.AwaitingConfiguration: 101, control.Syncing: 102, control.InSync: 103, control.Paused: 104, control.Standby: 105,
	control.Halted: 110, control.IncompleteSkipped: 111, control.HeldRemovals: 112, control.ChangesRejected: 113,
	control.DirectoryUnreachable: 120, control.DirectoryCredentialsRefused: 121, control.DirectoryRightsMissing: 122, control.PasswordRightsMissing: 123,
	control.TenantUnreachable: 130, control.TenantCredentialsRefused: 131,
	control.ClockSkew: 140, control.CredentialsUnavailable: 141, control.StateDamaged: 142, control.NotADomainController: 143,
}

// events is a log handler that hands an administrator's part of the log on: conditions in their words, warnings and errors.
type events struct {
	slog.Handler
	report func(level slog.Level, id uint32, text string)
}

// Handle logs, and reports what is for an administrator.
func (e events) Handle(ctx context.Context, r slog.Record) error {
	if id, text := eventFor(r); id != 0 {
		e.report(r.Level, id, text)
	}
	return e.Handler.Handle(ctx, r)
}

// logEnd logs why the agent ended, as the condition that it would have, where there is one.
func logEnd(log *slog.Logger, err error) {
	p := problem.Of(err)
	words := []any{"text", p.Text, "hint", p.Hint}
	if eventOf[control.ConditionCode(p.Code)] != 0 {
		words = append(words, "condition", string(p.Code))
	}
	log.Error(p.Title, words...)
}

// eventFor gives the event of a record; 0 where it has none. Detail stays in the text log.
func eventFor(r slog.Record) (id uint32, text string) {
	parts, condition := []string{r.Message}, ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "condition":
			condition = a.Value.String()
		case "text", "hint", "error":
			if said := a.Value.String(); said != "" {
				parts = append(parts, said)
			}
		}
		return true
	})
	text = strings.Join(parts, "\r\n\r\n")
	switch {
	case condition != "":
		return eventOf[control.ConditionCode(condition)], text + "\r\n\r\nCondition: " + condition
	case r.Level >= slog.LevelError:
		return eventError, text
	case r.Level >= slog.LevelWarn:
		return eventWarning, text
	case r.Message == agentRuns:
		return eventInformation, text
	}
	return 0, ""
}
