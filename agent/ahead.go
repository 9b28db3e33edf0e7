package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"passlysync/agent/explain"
	"passlysync/agent/mirror"
	"passlysync/agent/preview"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

var _ handoff.Forecaster = (*Agent)(nil)

// Preview says what the next sync would do; see handoff.Forecaster.
func (a *Agent) Preview(ctx context.Context, args control.PreviewArgs) (control.Preview, error) {
	s, err := a.inSession("making a preview")
	if err != nil {
		return control.Preview{}, err
	}
	p, err := s.previews.Ask(ctx, args)
	return s.rowsInOurWords(p), err
}

// Explain says why somebody is, or is not, in the tenant; see handoff.Forecaster.
func (a *Agent) Explain(ctx context.Context, args control.ExplainArgs) (control.Explanation, error) {
	s, err := a.inSession("explaining")
	if err != nil {
		return control.Explanation{}, err
	}
	e, err := s.explain(ctx, args)
	return s.inOurWords(e), err
}

func (a *Agent) inSession(op string) (*session, error) {
	if s := a.running(); s != nil {
		return s, nil
	}
	return nil, &problem.Problem{
		Code: problem.Code(control.AwaitingEnrolment), Title: "There is nothing to look at yet",
		Text: "This agent belongs to no tenant.", Hint: "Run `passly-sync setup` first.", Op: op,
	}
}

func (a *Agent) previewPath() string { return filepath.Join(a.o.State, "preview.db") }

// tidy removes what looking ahead left behind when the agent was killed.
func (a *Agent) tidy() error {
	errs := []error{mirror.Remove(a.previewPath())}
	left, err := filepath.Glob(filepath.Join(a.o.State, explain.Folders))
	errs = append(errs, err)
	for _, folder := range left {
		errs = append(errs, os.RemoveAll(folder))
	}
	return errors.Join(errs...)
}

// makePreview runs a cycle on a copy of the mirror, over a connection of its own.
func (s *session) makePreview(ctx context.Context, args control.PreviewArgs, read func(int)) (*preview.Snapshot, error) {
	reader, err := s.openDirectory(ctx)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	settings, err := s.proposed(ctx, reader, args)
	if err != nil {
		return nil, err
	}
	draft, err := s.draft(ctx)
	if err != nil {
		return nil, err
	}
	made, err := preview.Of(ctx, draft, reader, s.cycle.Target, settings, s.o.Now, read)
	if errors.Is(err, mirror.ErrEmpty) {
		c := readingCondition(err)
		err = &problem.Problem{Code: problem.Code(c.Code), Title: c.Title, Text: c.Text, Hint: c.Hint, Op: "making a preview", Err: err}
	}
	return made, err
}

// draft copies the mirror between two cycles.
func (s *session) draft(ctx context.Context) (*mirror.Draft, error) {
	select {
	case s.cycling <- struct{}{}:
		defer func() { <-s.cycling }()
		return s.mirror.Draft(ctx, s.previewPath())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// proposed gives the configuration in force with what is proposed in its place.
func (s *session) proposed(ctx context.Context, reader directory.Reader, args control.PreviewArgs) (control.Configuration, error) {
	settings := s.configuration()
	if args.Scope != nil || args.Units != nil {
		named, err := unitsNamed(ctx, reader, args.Units)
		if err != nil {
			return settings, err
		}
		settings.Scope = append(named, args.Scope...)
	} else if len(settings.Scope) == 0 && s.untouched(ctx) {
		return settings, &problem.Problem{
			Code: problem.Code(control.AwaitingConfiguration), Title: "No organizational units are chosen yet",
			Text: "Nothing would be synced.", Hint: "Choose them in the console, or name some with --unit.", Op: "making a preview",
		}
	}
	if len(settings.Scope) > control.MaxScope {
		return settings, &problem.Problem{Code: problem.TooLarge, Title: "There are too many units in this choice", Hint: "Choose units above them."}
	}
	if args.Incomplete != "" {
		settings.Incomplete = args.Incomplete
	}
	if args.Guard != nil {
		settings.Guard = *args.Guard
	}
	return settings, nil
}

// unitsNamed finds units by their distinguished names.
func unitsNamed(ctx context.Context, reader directory.Reader, names []string) ([]directory.GUID, error) {
	if len(names) == 0 {
		return nil, nil
	}
	units, err := reader.Units(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]directory.GUID, len(units))
	for _, u := range units {
		known[strings.ToLower(u.DN)] = u.GUID
	}
	var found []directory.GUID
	for _, name := range names {
		guid, ok := known[strings.ToLower(name)]
		if !ok {
			return nil, &problem.Problem{
				Code: problem.Invalid, Title: "There is no organizational unit " + name, Op: "making a preview",
				Hint: "Give its whole distinguished name, such as OU=Sales," + units[0].DN + ".",
			}
		}
		found = append(found, guid)
	}
	return found, nil
}
