// Package terminal keeps words that came from elsewhere (a tenant's name, a person's name in the directory, a server's
// error) from steering the terminal on which they are shown. It draws nothing.
package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
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

// How much of what came from elsewhere is shown, in characters.
const (
	maxName = 120  // of a tenant, a person, a server
	maxText = 1000 // of an explanation
)

// Line is a name as one line: Plain, with line ends and tabs made spaces, and cut where it is longer than any name is.
func Line(name string) string { return OneLine(name, maxName) }

// OneLine is Line with another length, in characters.
func OneLine(text string, most int) string {
	inOne := strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(text)
	return cut(Plain(strings.TrimSpace(inOne)), most)
}

// Text is an explanation: Plain, and cut where it is too long to be read.
func Text(text string) string { return cut(Plain(text), maxText) }

func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
