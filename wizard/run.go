package wizard

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/term"
)

// Run shows the wizard until the agent is enrolled, or the person leaves (a problem of code Left). Where there is no
// terminal that can draw, it is Plain.
func Run(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	if !typed(o.In) || !drawable(o.Out) || o.Environ("TERM") == "dumb" {
		return Plain(ctx, o)
	}
	m := newModel(ctx, o, terminalStyles(o.Out, o.Environ))
	if status, err := o.Agent.Status(ctx); err == nil && status.Enrolled {
		m.onEnrolled(status)
	}
	defer m.setup.signOut(ctx)
	program := tea.NewProgram(m, tea.WithAltScreen(), tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out))
	_, err := program.Run()
	if !m.leaving { // who leaves a second time waits no longer
		m.steps.settle()
	}
	if err != nil && !errors.Is(err, tea.ErrInterrupted) && !m.finished() {
		if ctx.Err() != nil {
			return Result{}, m.left()
		}
		return Result{}, fmt.Errorf("showing the wizard: %w", err)
	}
	if !m.finished() {
		return Result{}, m.left()
	}
	return m.setup.result, nil
}

// typed reports whether what comes from f is typed; what is no file at all (a test's pipe) is taken as it is.
func typed(f any) bool {
	file, ok := f.(*os.File)
	return !ok || term.IsTerminal(int(file.Fd()))
}

// drawable reports whether f can be drawn on.
func drawable(f any) bool {
	file, ok := f.(*os.File)
	return typed(f) && (!ok || draws(file))
}
