package agent

import (
	"bytes"
	"context"
	"time"

	"passlysync/pkg/control"
)

// Between two heartbeats.
const (
	usual   = 15 * time.Second
	soonest = 200 * time.Millisecond // so that a storm of changes is told once
)

// beat says how the agent is, at every change and at least as often as the tenant asks, until ctx ends.
func (s *session) beat(ctx context.Context) error {
	every := usual
	for {
		answer, err := s.client.Heartbeat(ctx, s.heartbeat())
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.tenantFails(ctx, err)
		default:
			s.tenantAnswers()
			every = min(max(time.Duration(answer.Every)*time.Second, time.Second), time.Minute)
			s.catchUp(ctx, answer.Configuration)
		}
		s.untilNextBeat(ctx, every)
	}
}

func (s *session) untilNextBeat(ctx context.Context, every time.Duration) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-timer.C:
		return
	case <-s.beats:
	case <-s.health.changed:
	case <-ctx.Done():
		return
	}
	select {
	case <-time.After(soonest):
	case <-ctx.Done():
	}
}

// catchUp asks for a configuration that the stream did not bring.
func (s *session) catchUp(ctx context.Context, newest int64) {
	if newest <= s.configuration().Version {
		return
	}
	c, err := s.client.Configuration(ctx)
	if err != nil {
		s.o.Log.Warn("the configuration could not be fetched", "error", err)
		return
	}
	s.configure(c)
}

func (s *session) heartbeat() control.Heartbeat {
	s.mu.Lock()
	defer s.mu.Unlock()
	beat := s.figures
	beat.Configuration = s.settings.Version
	beat.Conditions = s.health.conditions()
	beat.Host = s.host
	beat.Directory = s.record.Facts
	if s.domain.Name != "" {
		beat.Directory = factsOf(s.domain)
	}
	return beat
}

func decode(data []byte, v any) error {
	return control.Decode(bytes.NewReader(data), control.MaxEvent, v)
}
