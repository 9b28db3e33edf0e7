package wizard

import (
	"fmt"

	"passlysync/pkg/problem"
)

// What a screen needs at least, in characters.
const (
	minWidth  = 60
	minHeight = 20
)

// tooSmall reports whether what is shown would not fit. Then no key but the one to leave counts: nobody accepts what cannot
// be seen.
func (m *model) tooSmall() bool {
	if m.width < minWidth || m.height < minHeight {
		return true
	}
	v, ok := m.screens[m.at].(*summary)
	return ok && !v.fits(v.view(m.inner()))
}

// inner is how wide a screen's text is.
func (m *model) inner() int { return max(min(m.width, maxFrame)-2*margin, 1) }

func (m *model) smallView(width int) string {
	return m.styles.notice(&problem.Problem{
		Title: "This terminal is too small to show everything",
		Text:  fmt.Sprintf("It has %d × %d characters.", m.width, m.height),
		Hint:  fmt.Sprintf("Make it larger, %d × %d or more. Or leave, and run “passly-sync setup --plain”.", minWidth, minHeight),
	}, width)
}
