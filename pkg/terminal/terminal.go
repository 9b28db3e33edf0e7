// Package terminal keeps words that came from elsewhere (a tenant's name, a person's name in the directory, a server's
// error) from steering the terminal on which they are shown. It draws nothing.
package terminal

import (
	"strings"
	"unicode"
)

// Plain replaces every character that could move the cursor, start an escape sequence (ECMA-48) or turn the direction of
// writing around (UAX #9) by U+FFFD. Line ends and tabs stay.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
