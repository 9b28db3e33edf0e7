package wizard

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// chrome is how many rows title bar, questions, heading, key help and the gaps between them take at least.
const chrome = 6

// view lists what the account may do, and below it how to grant what it lacks. On a low terminal the rights that are there
// become one row, and commands that do not fit are cut short: they can be copied and written to a file whole.
func (v *rights) view(width int) string {
	rows, room := v.rows(width), v.m.height-chrome
	if below := v.below(width, room); len(rows)+lipgloss.Height(below) > room {
		rows = v.folded(width)
	}
	heading := v.m.styles.Heading.Render("What the account may do")
	return strings.Join(append(append([]string{heading, ""}, rows...), "", v.below(width, room-len(rows))), "\n")
}

func (v *rights) rows(width int) []string {
	access := v.m.setup.access
	rows := []string{v.line(true, "Signs in", access.Domain.Words(), width)}
	for _, c := range access.Contexts {
		rows = append(rows, v.line(c.Readable, "Reads", c.DN, width))
	}
	for _, r := range access.Rights {
		rows = append(rows, v.row(r, width))
	}
	return rows
}

// folded counts what is there instead of naming it.
func (v *rights) folded(width int) []string {
	access, there := v.m.setup.access, 1
	var rows []string
	for _, c := range access.Contexts {
		if c.Readable {
			there++
		} else {
			rows = append(rows, v.line(false, "Reads", c.DN, width))
		}
	}
	for _, r := range access.Rights {
		if r.Held {
			there++
		} else {
			rows = append(rows, v.row(r, width))
		}
	}
	return append([]string{v.line(true, fmt.Sprintf("%d of %d checks passed", there, there+len(rows)), "", width)}, rows...)
}

func (v *rights) row(r directory.Right, width int) string {
	lack := v.lacking()
	shown := !r.Held && len(lack) > 0 && lack[v.at].Name == r.Name
	line := v.line(r.Held, r.Title, strings.TrimPrefix(r.Where+only(r), ", "), width-2)
	if shown && len(lack) > 1 {
		return v.m.styles.Now.Render(markFocus) + " " + line
	}
	if len(lack) > 1 {
		return "  " + line
	}
	return line
}

func (v *rights) line(held bool, title, detail string, width int) string {
	s := v.m.styles
	mark := s.Good.Render(markDone)
	if !held {
		mark = s.Now.Render(markWarning)
	}
	return ansi.Truncate(mark+" "+terminal.Line(title)+"  "+s.Faint.Render(terminal.Line(detail)), width, "…")
}

// below is the right that is shown with its commands, or what else is to be said, in about so many rows.
func (v *rights) below(width, room int) string {
	s, lack := v.m.styles, v.lacking()
	switch {
	case v.cancel != nil:
		return s.Now.Render(v.spin.View()) + " Checking again …"
	case v.problem != nil:
		return s.trouble(v.problem, width)
	case len(lack) == 0 && v.unreadable() == "":
		return s.Good.Render(markDone) + " Nothing is lacking."
	case len(lack) == 0:
		return s.notice(&problem.Problem{
			Title: "The account cannot read " + v.unreadable(), Text: "People there would be missing.", Hint: "Give it List and Read there.",
		}, width)
	}
	return v.grants(lack[v.at], width, room)
}

func (v *rights) grants(r directory.Right, width, room int) string {
	s := v.m.styles
	top := beside(markWarning, s.Now, s.Text, terminal.Plain(r.Title)+": "+terminal.Plain(r.Means), width)
	g, ok := v.grant()
	if !ok {
		return top
	}
	top += "\n" + beside(markHint, s.Hint, s.Text, "To grant it, as a domain administrator, with "+terminal.Plain(g.Tool)+":", width)
	foot := v.keyRow(width)
	if v.said != "" {
		foot = s.Faint.Render(wrap(v.said, width)) + "\n" + foot
	}
	var commands []string
	for _, c := range g.Commands {
		commands = append(commands, strings.Split(indent(wrap(terminal.Plain(c), width-4), 4), "\n")...)
	}
	room = max(room-lipgloss.Height(top)-lipgloss.Height(foot), 2)
	if len(commands) > room {
		commands = append(commands[:room-1:room-1], s.Faint.Render("    … it goes on: c and w take the whole"))
	}
	return strings.Join([]string{top, strings.Join(commands, "\n"), foot}, "\n")
}

// keyRow tells the keys for the commands, where one looks for them.
func (v *rights) keyRow(width int) string {
	k := v.m.keys
	return v.m.help([]key.Binding{k.Copy, k.Save, k.Tool}, width)
}
