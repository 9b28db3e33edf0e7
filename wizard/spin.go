package wizard

import (
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
)

// spin is the mark of what is under way.
type spin struct{ spinner.Model }

func newSpin() spin { return spin{spinner.New(spinner.WithSpinner(spinner.MiniDot))} }

// turn turns it by one, and asks for the next turn while something is under way.
func (s *spin) turn(msg spinner.TickMsg, busy bool) (cmd tea.Cmd) {
	if busy {
		s.Model, cmd = s.Update(msg)
	}
	return cmd
}
