package wizard

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Marks carry the meaning; colour only repeats it.
const (
	markDone    = "✓"
	markFailed  = "✗"
	markNow     = "●"
	markLater   = "○"
	markHint    = "→"
	markNotice  = "i"
	markFocus   = "›"
	markSkipped = "–"
	markWarning = "!"
)

// Styles is every style of the wizard.
type Styles struct {
	Bar, Heading, Text, Faint, Label, LabelFocused, Input, Placeholder, Cursor lipgloss.Style
	Good, Bad, Hint, Now, Key, KeyHelp, Light                                  lipgloss.Style
}

// newStyles makes the styles for one terminal. Without colour there is still bold and reverse, which are no colours
// (no-color.org), so that the cursor and the title bar can be seen.
func newStyles(r *lipgloss.Renderer, colour bool) *Styles {
	s := r.NewStyle
	paint := func(light, dark string) lipgloss.Style {
		if !colour {
			return s()
		}
		return s().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	bar := s().Reverse(true)
	if colour {
		bar = s().Foreground(lipgloss.Color("#ffffff")).Background(lipgloss.Color("#0f5c6e"))
	}
	accent := paint("#0f6f83", "#62c6d8")
	light := s()
	if colour {
		light = s().Foreground(lipgloss.Color("#ffffff")).Background(lipgloss.Color("#000000"))
	}
	return &Styles{
		Light: light,
		Bar:   bar, Heading: accent.Bold(true), Text: s(), Faint: paint("#6b7280", "#8b93a1"),
		Label: paint("#4b5563", "#a8b0bd"), LabelFocused: accent.Bold(true),
		Input: s(), Placeholder: paint("#9ca3af", "#5b6472"), Cursor: s(),
		Good: paint("#1a7f37", "#5fd08a"), Bad: paint("#b42318", "#ff7b72").Bold(true),
		Hint: accent, Now: accent.Bold(true), Key: s().Bold(true), KeyHelp: paint("#6b7280", "#8b93a1"),
	}
}

// terminalStyles looks at the terminal behind out.
func terminalStyles(out io.Writer, environ func(string) string) *Styles {
	r := lipgloss.NewRenderer(out)
	colour := environ("NO_COLOR") == ""
	if !colour && environ("TERM") != "dumb" {
		r.SetColorProfile(termenv.ANSI)
	}
	return newStyles(r, colour)
}
