package wizard

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// The frame is at most maxFrame wide, in the middle of a wider terminal; margin is kept free on both sides of the text.
const (
	maxFrame = 88
	margin   = 2
)

// questions are the three, as the line under the title bar names them.
func (s *setup) questions() [3]string {
	if s.toService() {
		return [3]string{"SCIM service", "Service account", "Units"}
	}
	return [3]string{"Passly domain", "Sign-in", "Service account"}
}

// accountNumber is the number of the question about the service account.
func (s *setup) accountNumber() int {
	if s.toService() {
		return 2
	}
	return 3
}

// frame puts a screen's body between title bar and key help, and fits the whole into the terminal.
func (m *model) frame(body string, number int, title string, help []key.Binding, bare bool) string {
	width := min(m.width, maxFrame)
	text := width - 2*margin
	top := m.bar(width, number, title)
	head := indent(m.crumbs(number), margin)
	foot := indent(m.help(help, text), margin)
	rows := []string{top}
	if !bare {
		rows = append(rows, "")
	}
	if m.height >= 30 {
		rows = append(rows, "")
	}
	if !bare {
		rows = append(rows, head, "")
	}
	rows = append(rows, strings.Split(indent(body, margin), "\n")...)
	rows = fit(append(rows, ""), m.height-1)
	rows = append(rows, foot)
	return center(rows, m.width, width)
}

func (m *model) bar(width, number int, title string) string {
	left, right := " Passly Directory Sync", title+" "
	if number > 0 {
		right = "Step " + string(rune('0'+number)) + " of 3 "
	}
	gap := max(width-lipgloss.Width(left)-lipgloss.Width(right), 1)
	return m.styles.Bar.Render(ansi.Truncate(left+strings.Repeat(" ", gap)+right, width, "…"))
}

// beforeQuestions is the number of a screen before the first question; 0 stands for those after the last.
const beforeQuestions = -1

// crumbs names the three questions and marks which are answered.
func (m *model) crumbs(number int) string {
	questions := m.setup.questions()
	parts := make([]string, len(questions))
	for i, name := range questions {
		switch {
		case number == 0 || i+1 < number:
			parts[i] = m.styles.Good.Render(markDone) + " " + m.styles.Faint.Render(name)
		case i+1 == number:
			parts[i] = m.styles.Now.Render(markNow + " " + name)
		default:
			parts[i] = m.styles.Faint.Render(markLater + " " + name)
		}
	}
	return strings.Join(parts, "   ")
}

// help names the keys in one line. Where that is too long, the ones before the last are left out: leaving is always told.
func (m *model) help(bindings []key.Binding, width int) string {
	for len(bindings) > 1 {
		for _, between := range []string{"  ·  ", "   "} {
			if row := m.keyRow(bindings, between); lipgloss.Width(row) <= width {
				return row
			}
		}
		bindings = append(bindings[:len(bindings)-2:len(bindings)-2], bindings[len(bindings)-1])
	}
	return ansi.Truncate(m.keyRow(bindings, ""), width, "…")
}

func (m *model) keyRow(bindings []key.Binding, between string) string {
	parts := make([]string, len(bindings))
	for i, b := range bindings {
		parts[i] = m.styles.Key.Render(b.Help().Key) + " " + m.styles.KeyHelp.Render(b.Help().Desc)
	}
	return strings.Join(parts, m.styles.KeyHelp.Render(between))
}

// fit makes rows exactly height long: it fills up, or drops blank rows from the top, then rows before the end.
func fit(rows []string, height int) []string {
	for i := 1; len(rows) > height && i < len(rows); {
		if strings.TrimSpace(rows[i]) == "" {
			rows = append(rows[:i:i], rows[i+1:]...)
		} else {
			i++
		}
	}
	if len(rows) > height && height > 1 {
		rows = append(rows[:height-1:height-1], "  …")
	}
	for len(rows) < height {
		rows = append(rows, "")
	}
	return rows
}

func center(rows []string, width, frame int) string {
	return indent(strings.Join(rows, "\n"), max((width-frame)/2, 0))
}

func indent(text string, by int) string {
	if by == 0 {
		return text
	}
	rows := strings.Split(text, "\n")
	for i, row := range rows {
		if row != "" {
			rows[i] = strings.Repeat(" ", by) + row
		}
	}
	return strings.Join(rows, "\n")
}

// wrap breaks lines at spaces and slashes, but at no hyphen: what is shown may be a command to copy.
func wrap(text string, width int) string {
	whole := strings.ReplaceAll(text, "-", noBreak)
	return strings.ReplaceAll(ansi.Wrap(whole, max(width, 10), "/"), noBreak, "-")
}

// noBreak is U+2011, the hyphen at which no line is broken.
const noBreak = "\u2011"

// beside sets wrapped text behind a mark.
func beside(mark string, markStyle, textStyle lipgloss.Style, text string, width int) string {
	rows := strings.Split(wrap(text, width-2), "\n")
	for i, row := range rows {
		rows[i] = "  " + textStyle.Render(row)
	}
	rows[0] = markStyle.Render(mark) + " " + textStyle.Render(strings.Split(wrap(text, width-2), "\n")[0])
	return strings.Join(rows, "\n")
}

// trouble shows a problem: what happened, what it means, what to do.
func (s *Styles) trouble(p *problem.Problem, width int) string {
	return s.words(markFailed, s.Bad, p, width)
}

// notice shows a problem that is no failure, such as a thing that waits for the person.
func (s *Styles) notice(p *problem.Problem, width int) string {
	return s.words(markNotice, s.Now, p, width)
}

func (s *Styles) words(mark string, style lipgloss.Style, p *problem.Problem, width int) string {
	rows := []string{beside(mark, style, style, terminal.OneLine(p.Title, 2*maxShown), width)}
	if p.Text != "" {
		rows = append(rows, indent(s.Text.Render(wrap(terminal.Text(p.Text), width-2)), 2))
	}
	if p.Hint != "" {
		rows = append(rows, beside(markHint, s.Hint, s.Text, terminal.Text(p.Hint), width))
	}
	return strings.Join(rows, "\n")
}

// maxShown is how long a value of a fact can be, in characters.
const maxShown = 240

// facts shows rows of a name and a value, the values below each other.
func (s *Styles) facts(width int, rows ...[2]string) string {
	return s.shortFacts(width, maxShown, rows...)
}

// shortFacts cuts each value to a number of rows.
func (s *Styles) shortFacts(width, most int, rows ...[2]string) string {
	var out []string
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		values := strings.Split(wrap(terminal.OneLine(row[1], maxShown), width-labelWidth), "\n")
		if len(values) > most {
			values = append(values[:most-1:most-1], ansi.Truncate(values[most-1], width-labelWidth-1, "")+"…")
		}
		name := s.Label.Render(row[0]) + strings.Repeat(" ", max(labelWidth-lipgloss.Width(row[0]), 1))
		out = append(out, name+values[0])
		for _, more := range values[1:] {
			out = append(out, strings.Repeat(" ", labelWidth)+more)
		}
	}
	return strings.Join(out, "\n")
}
