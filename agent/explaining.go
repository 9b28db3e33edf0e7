package agent

import (
	"context"

	"passlysync/agent/explain"
	"passlysync/pkg/control"
)

// explain answers from the mirror, or from the directory where it was never read as a whole and nobody was found.
func (s *session) explain(ctx context.Context, args control.ExplainArgs) (control.Explanation, error) {
	e := control.Explanation{Name: args.Name, From: control.FromMirror, AsOf: s.heartbeat().LastSync, Matches: []control.Explained{}}
	domain := s.heartbeat().Directory.Domain
	question, err := explain.Ask(args.Name, domain)
	if err != nil {
		return e, err
	}
	view, err := s.view(ctx)
	if err != nil {
		return e, err
	}
	e.Matches, e.More, err = explain.Explain(ctx, s.mirror, question, view)
	if err == nil && len(e.Matches) == 0 && s.mirror.ReadWhole().IsZero() {
		e.From, e.AsOf = control.FromDirectory, s.o.Now().UTC()
		e.Matches, e.More, err = s.explainUnread(ctx, args.Name, view)
	}
	if err != nil {
		return e, err
	}
	if len(e.Matches) == 0 {
		e.Matches, e.Nobody = []control.Explained{}, explain.Nobody(args.Name, e.From, domain)
	}
	return e, nil
}

func (s *session) explainUnread(ctx context.Context, name string, view explain.View) ([]control.Explained, bool, error) {
	reader, err := s.openDirectory(ctx)
	if err != nil {
		return nil, false, err
	}
	defer reader.Close()
	return explain.Unread(ctx, reader, s.o.State, name, s.configuration().Scope, view)
}

// view gathers what stands around everybody who is explained.
func (s *session) view(ctx context.Context) (explain.View, error) {
	settings := s.configuration()
	v := explain.View{
		Now: s.o.Now(), Chosen: len(settings.Scope) > 0, Paused: settings.Status == control.StatusPaused,
		Held: map[control.RemovalKind]bool{},
	}
	for _, h := range s.heartbeat().Held {
		v.Held[h.Kind] = h.Count > 0
	}
	if settings.Incomplete == control.IncompleteSkip {
		return v, nil
	}
	blocker, any, err := s.mirror.Blocker(ctx)
	if any {
		v.Blocker = &blocker
	}
	return v, err
}
