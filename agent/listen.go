package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"passlysync/agent/passwords"
	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// steady is how long a stream must have stood to count as one that works.
const steady = 20 * time.Second

// listen holds the event stream open, again and again, until ctx ends.
func (s *session) listen(ctx context.Context) error {
	var after string
	wait := newBackoff()
	for ctx.Err() == nil {
		began := s.o.Now()
		err := s.client.Events(ctx, after, func() {
			s.tenantAnswers(byStream)
			poke(s.urgent)
		}, func(e control.Event) error {
			if e.ID != "" {
				after = e.ID
			}
			return s.take(ctx, e)
		})
		if ctx.Err() != nil {
			break
		}
		s.o.Log.Info("the event stream ended", "error", err)
		if s.o.Now().Sub(began) > steady {
			wait.reset()
		}
		// A stream that a proxy cut is not yet a tenant that is away.
		if s.fetchConfiguration(ctx) != nil {
			s.tenantFails(ctx, byStream, err)
		}
		wait.sleep(ctx, err, nil)
	}
	return ctx.Err()
}

// take handles one event. What cannot be understood is logged and passed over: it must not stop what can.
func (s *session) take(ctx context.Context, e control.Event) error {
	switch e.Name {
	case control.EventConfiguration:
		var c control.Configuration
		if err := decode(e.Data, &c); err != nil {
			s.o.Log.Warn("a configuration could not be read", "error", err)
			return nil
		}
		s.configure(c)
	case control.EventCommand:
		var c control.Command
		if err := decode(e.Data, &c); err != nil {
			s.o.Log.Warn("a command could not be read", "error", err)
			return nil
		}
		busy := s.busy
		if c.Kind == control.CommandWritePassword || c.Kind == control.CommandVerifyPassword {
			busy = s.taking // somebody waits, and no preview must make it longer
		}
		select {
		case busy <- struct{}{}:
			s.obeying.Go(func() {
				defer func() { <-busy }()
				s.obey(ctx, c)
			})
		default:
			s.o.Log.Warn("a command was left out, since others are still being carried out", "command", string(c.Kind))
			s.refuse(ctx, c)
		}
	}
	return nil
}

// refuse says that there is too much to do, so that nobody waits for an answer. What cannot even be refused is left to expire.
func (s *session) refuse(ctx context.Context, c control.Command) {
	select {
	case s.refusing <- struct{}{}:
		s.obeying.Go(func() {
			defer func() { <-s.refusing }()
			s.answer(ctx, c, nil, &problem.Problem{
				Code: problem.TooMany, Title: "The agent has too much to answer at the moment", Text: "Nothing was done.", Hint: "Try again in a few seconds.", Op: "obeying a command",
			})
		})
	default:
	}
}

// obey carries out one command and answers it.
func (s *session) obey(ctx context.Context, c control.Command) {
	if !c.Expires.IsZero() && s.tenantNow().After(c.Expires) {
		return
	}
	body, err := s.carryOut(ctx, c)
	if errors.Is(err, passwords.ErrPassed) {
		return
	}
	s.answer(ctx, c, body, err)
}

func (s *session) answer(ctx context.Context, c control.Command, body any, err error) {
	result := control.CommandResult{ID: c.ID}
	if err == nil && body != nil {
		result.Body, err = json.Marshal(body)
	}
	if err != nil {
		p := problem.Of(err)
		result.Error = &control.CommandError{Code: string(p.Code), Title: p.Title, Text: p.Text, Hint: p.Hint}
	}
	if err := s.client.Result(context.WithoutCancel(ctx), result); err != nil {
		s.o.Log.Warn("a command could not be answered", "command", string(c.Kind), "error", err)
	}
}

func (s *session) carryOut(ctx context.Context, c control.Command) (any, error) {
	switch c.Kind {
	case control.CommandListUnits:
		return answering(ctx, c, s.listUnits)
	case control.CommandSyncNow:
		s.gate.open()
		poke(s.urgent)
		return nil, nil
	case control.CommandPreview:
		return answering(ctx, c, s.previews.Ask)
	case control.CommandExplain:
		return answering(ctx, c, s.explain)
	case control.CommandHeld:
		return answering(ctx, c, s.listHeld)
	case control.CommandDecide:
		return answering(ctx, c, s.decide)
	case control.CommandWritePassword:
		return s.writePassword(ctx, c)
	case control.CommandVerifyPassword:
		return s.verifyPassword(ctx, c)
	case control.CommandPasswordRules:
		return answering(ctx, c, s.passwords.Rules)
	}
	return nil, &problem.Problem{
		Code: problem.Invalid, Title: fmt.Sprintf("This agent does not know the command %q", string(c.Kind)),
		Text: "It is older than the console.", Hint: "Update the agent.", Op: "obeying a command",
	}
}

// answering reads a command's arguments and carries it out.
func answering[Args, Answer any](ctx context.Context, c control.Command, do func(context.Context, Args) (Answer, error)) (any, error) {
	var args Args
	if err := decode(c.Args, &args); err != nil {
		return nil, err
	}
	return do(ctx, args)
}
