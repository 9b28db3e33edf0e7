package wizard

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// labelWidth is the column in which labels stand, with the mark of the focused one.
const labelWidth = 20

// maxTyped bounds what one field takes, in characters: as much as a credential can have.
const maxTyped = vault.MaxSecret

// field is one answer of a question.
type field struct {
	label    string
	optional bool
	hidden   bool // not asked for yet
	asked    bool // an optional one that is gone to all the same while it is empty
	needless func() bool
	input    textinput.Model
	options  []option // a choice instead of text
	chosen   int
}

// form is the fields of one question.
type form struct {
	styles *Styles
	keys   KeyMap
	fields []*field
	focus  int
	over   bool // what was typed or pasted last is too long, and was not taken
}

func newField(s *Styles, label, value, placeholder string) *field {
	input := textinput.New()
	input.Prompt, input.Placeholder, input.CharLimit = "", placeholder, maxTyped
	input.TextStyle, input.PlaceholderStyle = s.Input, s.Placeholder
	input.Cursor.Style, input.Cursor.TextStyle = s.Cursor, s.Input
	input.Cursor.SetMode(cursor.CursorStatic)
	input.SetValue(value)
	return &field{label: label, input: input}
}

func newSecret(s *Styles, label, value string) *field {
	f := newField(s, label, value, "")
	f.input.EchoMode, f.input.EchoCharacter = textinput.EchoPassword, '•'
	return f
}

func (f *field) value() string {
	if len(f.options) > 0 {
		return f.options[f.chosen].value
	}
	return f.input.Value()
}

func (f *field) missing() bool {
	return !f.optional && f.empty() && (f.needless == nil || !f.needless())
}

func (f *field) empty() bool { return !f.hidden && len(f.options) == 0 && f.value() == "" }

// secret reports whether the field is a password, shown or not.
func (f *field) secret() bool { return f.input.EchoCharacter == '•' }

// enter puts the cursor on the first field that still wants something, or the last one.
func (f *form) enter() {
	at := 0
	for i, each := range f.fields {
		if each.missing() || each.asked && each.empty() {
			at = i
			break
		}
	}
	f.focusOn(f.fields[at])
}

func (f *form) focusOn(target *field) {
	for i, each := range f.fields {
		each.input.Blur()
		if each == target {
			f.focus = i
			each.input.Focus()
			each.input.CursorEnd()
		}
	}
}

// move goes to the next field that is shown, around the end.
func (f *form) move(by int) {
	n := len(f.fields)
	at := f.focus
	for range n {
		at = (at + by + n) % n
		if !f.fields[at].hidden {
			f.focusOn(f.fields[at])
			return
		}
	}
}

// wanting is the field with the focus, when it is left empty and must not be.
func (f *form) wanting() *field {
	if at := f.fields[f.focus]; at.missing() {
		return at
	}
	return nil
}

// hasChoice reports whether the field with the focus is a choice.
func (f *form) hasChoice() bool { return len(f.fields[f.focus].options) > 0 }

// note is what the chosen option of the field with the focus means.
func (f *form) note() string {
	if at := f.fields[f.focus]; len(at.options) > 0 {
		return at.options[at.chosen].note
	}
	return ""
}

// advance goes to the next field that is still empty, and reports whether there was one.
func (f *form) advance() bool {
	for i := range f.fields {
		next := f.fields[(f.focus+i)%len(f.fields)]
		if next.missing() {
			f.focusOn(next)
			return true
		}
	}
	return false
}

func (f *form) reveal() {
	for _, each := range f.fields {
		if !each.secret() {
			continue
		}
		if each.input.EchoMode == textinput.EchoPassword {
			each.input.EchoMode = textinput.EchoNormal
		} else {
			each.input.EchoMode = textinput.EchoPassword
		}
	}
}

// conceal masks the passwords again, so that none is left readable on a screen one comes back to.
func (f *form) conceal() {
	for _, each := range f.fields {
		if each.secret() {
			each.input.EchoMode = textinput.EchoPassword
		}
	}
}

func (f *form) update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok {
		f.over = false
		switch {
		case key.Matches(k, f.keys.Down):
			f.move(1)
			return nil
		case key.Matches(k, f.keys.Up):
			f.move(-1)
			return nil
		case key.Matches(k, f.keys.Show):
			f.reveal()
			return nil
		}
		if f.fields[f.focus].turn(k) {
			return nil
		}
		msg = trimPasted(k)
	}
	var cmd tea.Cmd
	at := f.fields[f.focus]
	if f.over = at.overflows(msg); f.over { // a password that is cut is wrong, and nobody sees why
		return nil
	}
	at.input, cmd = at.input.Update(msg)
	return cmd
}

// overflows reports whether a key types more than the field takes, in bytes.
func (f *field) overflows(msg tea.Msg) bool {
	k, ok := msg.(tea.KeyMsg)
	return ok && k.Type == tea.KeyRunes && len(f.input.Value())+len(string(k.Runes)) > maxTyped
}

// overWords say that a field took nothing.
func overWords(f *field) *problem.Problem {
	return &problem.Problem{
		Code: problem.TooLarge, Title: f.label + " is too long, and what was typed or pasted last was not taken",
		Text: fmt.Sprintf("It can have %d characters.", maxTyped), Hint: "Type a shorter one.",
	}
}

// trimPasted drops the line ends around what was pasted: copied passwords bring them along.
func trimPasted(k tea.KeyMsg) tea.KeyMsg {
	if k.Paste {
		k.Runes = []rune(strings.Trim(string(k.Runes), "\r\n"))
	}
	return k
}

func (f *form) hasSecret() bool {
	for _, each := range f.fields {
		if each.secret() && !each.hidden {
			return true
		}
	}
	return false
}

func (f *form) shown() int {
	n := 0
	for _, each := range f.fields {
		if !each.hidden {
			n++
		}
	}
	return n
}

func (f *form) view(width int) string {
	var rows []string
	for i, each := range f.fields {
		if each.hidden {
			continue
		}
		mark, style := " ", f.styles.Label
		if i == f.focus {
			mark, style = markFocus, f.styles.LabelFocused
		}
		label := style.Render(mark + " " + each.label)
		gap := strings.Repeat(" ", max(labelWidth-lipgloss.Width(label), 1))
		each.input.Width = max(width-labelWidth-1, 10)
		each.input.SetCursor(each.input.Position()) // has it show the part around the cursor that fits now
		value := each.input.View()
		if len(each.options) > 0 {
			value = each.choiceView(i == f.focus, width-labelWidth)
		}
		rows = append(rows, label+gap+value)
	}
	return strings.Join(rows, "\n")
}
