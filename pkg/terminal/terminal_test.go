package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainDisarmsWhatSteersATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"Łukasz Müller, 東京 – “Sales”": "Łukasz Müller, 東京 – “Sales”",
		"a\n\tb":              "a\n\tb",
		"\x1b[2Jcleared":      "\ufffd[2Jcleared",
		"\x1b]0;title\a":      "\ufffd]0;title\ufffd",
		"\u009b31mred":        "\ufffd31mred",
		"over\rwritten\b\x7f": "over\ufffdwritten\ufffd\ufffd",
		"txt\u202eexe":        "txt\ufffdexe",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestLineKeepsANameToOneLineOfAReadableLength(t *testing.T) {
	long := strings.Repeat("é", 500)
	for name, want := range map[string]string{
		"Acme\nGmbH\t& Co\r\n": "Acme GmbH & Co",
		"two  words":           "two  words",
		long:                   long[:2*119] + "…",
	} {
		if got := Line(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestTextIsCutWhereNobodyReadsOn(t *testing.T) {
	got := Text(strings.Repeat("words\n", 1000))
	if n := utf8.RuneCountInString(got); n != 1000 || !strings.HasSuffix(got, "…") || !strings.HasPrefix(got, "words\nwords") {
		t.Errorf("got %d characters: %.20q", n, got)
	}
}
