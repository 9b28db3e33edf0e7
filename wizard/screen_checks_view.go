package wizard

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// Rows of the screen beside the checks' and their words: title bar, steps, keys and the blank rows that are worth keeping.
const rowsAround = 4

// view shows every check where there is room, else only what is worth reading, with the others counted; where even that is too
// much, what it means is left to setup --check, and what happened and what to do stay.
func (v *checklist) view(width int) string {
	heading := v.m.styles.Heading.Render("Looking at this machine")
	brief := func(p *problem.Problem) *problem.Problem { return &problem.Problem{Title: p.Title, Hint: p.Hint} }
	whole := func(p *problem.Problem) *problem.Problem { return p }
	shown := ""
	for _, tier := range []struct {
		rows []string
		told func(*problem.Problem) *problem.Problem
	}{{v.rows(width), whole}, {v.fewRows(width), whole}, {v.fewRows(width), brief}, {[]string{v.count()}, brief}} {
		rows := append(append([]string{heading, ""}, tier.rows...), "", v.words(width, tier.told))
		shown = strings.Join(rows, "\n")
		if lipgloss.Height(shown) <= v.m.height-rowsAround {
			break
		}
	}
	return shown
}

func (v *checklist) rows(width int) (rows []string) {
	for _, r := range v.results {
		rows = append(rows, v.row(r, width))
	}
	return rows
}

// fewRows gives a count of what is quiet, and the rows of what is under way or to note.
func (v *checklist) fewRows(width int) []string {
	quiet := v.tally(preflight.Passed, markDone, "passed") + v.tally(preflight.Skipped, markSkipped, "not looked at")
	rows := []string{strings.TrimSpace(quiet)}
	for _, r := range v.results {
		if r.State == preflight.Running || r.Notable() {
			rows = append(rows, v.row(r, width))
		}
	}
	return rows
}

// count is the shortest form of all rows.
func (v *checklist) count() string {
	return strings.TrimSpace(v.tally(preflight.Passed, markDone, "passed") + v.tally(preflight.Warning, markWarning, "to note") +
		v.tally(preflight.Failed, markFailed, "failed") + v.tally(preflight.Skipped, markSkipped, "not looked at"))
}

// tally counts the checks in a state; none is no word.
func (v *checklist) tally(state preflight.State, mark, words string) string {
	n := 0
	for _, r := range v.results {
		if r.State == state {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("   %s %d %s", mark, n, words)
}

// words say the worst that was found, or that all is well.
func (v *checklist) words(width int, told func(*problem.Problem) *problem.Problem) string {
	s := v.m.styles
	switch {
	case v.running:
		return s.Faint.Render("Nothing is changed by looking.")
	case v.fixing != nil:
		return beside(v.spin.View(), s.Now, s.Text, terminal.Plain(v.fixing.Title), width)
	case v.mending != nil:
		return s.trouble(told(v.mending), width) + v.offer(width)
	}
	r := v.worst()
	if r == nil {
		return s.Good.Render(markDone) + " This machine is ready."
	}
	text := s.notice
	if r.State == preflight.Failed {
		text = s.trouble
	}
	return text(told(r.Problem), width) + v.offer(width)
}

// offer names the repair that the key runs.
func (v *checklist) offer(width int) string {
	r := v.repair()
	if r == nil {
		return ""
	}
	return "\n" + beside("f", v.m.styles.Key, v.m.styles.Text, terminal.Plain(r.Repair.Title), width)
}

// worst is the first failed check, else the first warning; a must-have comes before all.
func (v *checklist) worst() *preflight.Result {
	if r := v.stopping(); r != nil {
		return r
	}
	for _, state := range []preflight.State{preflight.Failed, preflight.Warning} {
		for i, r := range v.results {
			if r.State == state && r.Problem != nil {
				return &v.results[i]
			}
		}
	}
	return nil
}

func (v *checklist) row(r preflight.Result, width int) string {
	s := v.m.styles
	mark, title := s.Faint.Render(markLater), terminal.Plain(r.Title)
	switch r.State {
	case preflight.Running:
		mark = s.Now.Render(v.spin.View())
	case preflight.Passed:
		mark = s.Good.Render(markDone)
	case preflight.Skipped:
		mark, title = s.Faint.Render(markSkipped), s.Faint.Render(title)
	case preflight.Warning:
		mark = s.Now.Render(markWarning)
	case preflight.Failed:
		mark, title = s.Bad.Render(markFailed), s.Bad.Render(title)
	}
	gap := strings.Repeat(" ", max(labelWidth-2-ansi.StringWidth(title), 1))
	detail := terminal.Plain(r.Detail)
	if r.State == preflight.Skipped && labelWidth+len(detail) > width {
		detail = strings.TrimPrefix(detail, preflight.NotLooked) // the mark says so
	}
	return ansi.Truncate(mark+" "+title+gap+s.Faint.Render(detail), width, "…")
}
