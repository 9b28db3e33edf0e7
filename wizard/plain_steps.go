package wizard

import (
	"context"
	"errors"
	"io"
	"strings"

	"passlysync/pkg/handoff"
	"passlysync/pkg/terminal"
)

// errBack ends the steps of who wants to change an answer first.
var errBack = errors.New("back to the questions")

const backWord = "back"

func (l *lines) perform(ctx context.Context) error { return l.steps(ctx, l.setup.perform) }

// steps does what changes things, and says each step as it ends. After a failure it is done again as often as it is asked
// for; where nobody answers, the failure is the end.
func (l *lines) steps(ctx context.Context, do func(context.Context, func(handoff.Step)) error) error {
	l.began = true
	for {
		err := do(ctx, l.step)
		if err == nil || !l.trouble(err) {
			return err
		}
		text, unanswered := l.ask("Press enter to try again, or type "+backWord+" to change an answer", "")
		switch {
		case errors.Is(unanswered, io.EOF):
			return err
		case unanswered != nil:
			return unanswered
		case strings.EqualFold(text, backWord):
			return errBack
		}
	}
}

func (l *lines) step(s handoff.Step) {
	if s.State != handoff.StepRunning {
		l.say(strings.TrimSuffix(string(s.State)+": "+s.Name+", "+terminal.Line(s.Detail), ", "))
	} else if s.Problem != nil {
		l.say(terminal.OneLine(s.Problem.Title+s.Problem.Text, maxShown))
	}
}
