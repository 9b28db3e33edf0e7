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
	every, wait := usual, newBackoff()
	for {
		sent := s.o.Now()
		answer, err := s.client.Heartbeat(ctx, s.heartbeat())
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.tenantFails(ctx, byBeat, err)
			wait.sleep(ctx, err, nil)
			continue
		}
		wait.reset()
		s.clock.heard(answer.Now, sent, s.o.Now())
		s.tenantAnswers(byBeat)
		every = min(max(time.Duration(answer.Every)*time.Second, time.Second), time.Minute)
		if answer.Configuration != s.configuration().Version {
			if err := s.fetchConfiguration(ctx); err != nil {
				s.o.Log.Warn("the configuration could not be fetched", "error", err)
			}
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

func (s *session) heartbeat() control.Heartbeat {
	s.mu.Lock()
	defer s.mu.Unlock()
	beat := s.figures
	beat.Configuration = s.settings.Version
	beat.Conditions = s.health.conditions()
	beat.Host = s.host
	beat.Sealing = s.sealing
	beat.Directory = s.record.Facts
	if s.domain.Name != "" {
		beat.Directory = factsOf(s.domain)
	}
	return beat
}

func decode(data []byte, v any) error {
	return control.Decode(bytes.NewReader(data), control.MaxEvent, v)
}
