package wizard

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// option is one of the answers that a field with choices offers.
type option struct {
	value string
	label string
	note  string // what it means, shown while it is the one chosen
}

// newChoice makes a field whose answer is one of the options; left, right and space change it.
func newChoice(s *Styles, label, value string, options []option) *field {
	f := newField(s, label, "", "")
	f.options = options
	f.choose(value)
	return f
}

// choose makes the option with a value the chosen one, or the first where there is none.
func (f *field) choose(value string) {
	f.chosen = max(slices.IndexFunc(f.options, func(o option) bool { return o.value == value }), 0)
}

// turn changes the choice by a key, and reports whether the key was for it.
func (f *field) turn(k tea.KeyMsg) bool {
	if len(f.options) == 0 {
		return false
	}
	by := 0
	switch k.Type {
	case tea.KeyRight, tea.KeySpace:
		by = 1
	case tea.KeyLeft:
		by = -1
	}
	f.chosen = (f.chosen + by + len(f.options)) % len(f.options)
	return true
}

// choiceView shows the chosen option between arrows, which say that there are others.
func (f *field) choiceView(focused bool, width int) string {
	label := ansi.Truncate(f.options[f.chosen].label, max(width-4, 1), "…")
	if !focused {
		return label
	}
	return "‹ " + label + " ›"
}
