package wizard

import "context"

// served reports whether the machine's service manager keeps the agent.
func (s *setup) served(ctx context.Context) bool {
	if s.Service == nil {
		return false
	}
	_, there, err := s.Service.Installed(ctx)
	return err == nil && there
}

// livesWords say how long the enrolled agent goes on.
func (s *setup) livesWords(ctx context.Context) string {
	switch {
	case s.Lives != "":
		return s.Lives
	case s.served(ctx):
		return "It runs on its own from here; this window may be closed."
	}
	return "It runs as long as it is left running where it was started."
}

// afterRemovalWords say what is left to do where no service was stopped; empty: nothing.
func (s *setup) afterRemovalWords(served bool) string {
	if served || s.Lives != "" {
		return ""
	}
	return " The agent's process goes on without a tenant: end it where it was started (Ctrl+C there)."
}
