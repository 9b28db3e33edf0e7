package terminal

import "testing"

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
