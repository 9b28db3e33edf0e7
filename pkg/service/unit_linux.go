package service

import (
	"bytes"
	_ "embed"
	"errors"
	"path/filepath"
	"strings"
	"text/template"
	"unicode"
)

//go:embed passly-sync.service
var unitTemplate string

// Unit gives the text of the unit file.
func Unit(s Settings) (string, error) {
	if !filepath.IsAbs(s.Program) || !filepath.IsAbs(s.State) {
		return "", errors.New("program and state folder need absolute paths")
	}
	words := []string{commandWord(s.Program)}
	for _, arg := range s.Args {
		words = append(words, commandWord(arg))
	}
	var environment []string
	for _, assignment := range s.Environment {
		if _, value, _ := strings.Cut(assignment, "="); CarriesPassword(value) {
			return "", errors.New("a unit is no place for a password")
		}
		environment = append(environment, word(assignment))
	}
	command := strings.Join(words, " ")
	for _, text := range append([]string{s.Account, s.State, command}, environment...) {
		if strings.ContainsFunc(text, breaks) {
			return "", errors.New("a unit cannot hold line ends or control characters")
		}
	}
	var out bytes.Buffer
	err := template.Must(template.New("unit").Parse(unitTemplate)).Execute(&out, map[string]any{
		"Command": command, "Account": percents(s.Account), "State": word(s.State), "Environment": environment,
	})
	return out.String(), err
}

// breaks reports whether a character could end a line or a word behind a reader's back.
func breaks(r rune) bool { return r != '\t' && unicode.IsControl(r) }

// word writes one word of a unit's line: systemd.syntax(7), and systemd.unit(5) on %.
func word(text string) string {
	quoted := percents(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text))
	if strings.ContainsAny(quoted, " \t'\"\\;") || quoted == "" {
		return `"` + quoted + `"`
	}
	return quoted
}

func percents(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// commandWord is a word of a command line, in which $ means something: systemd.service(5).
func commandWord(text string) string { return word(strings.ReplaceAll(text, "$", "$$")) }

// readUnit gives the command line and the account of a unit as Unit writes it.
func readUnit(text string) (command []string, account string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if value, ok := strings.CutPrefix(line, "ExecStart="); ok {
			command = words(value)
			for i := range command {
				command[i] = strings.ReplaceAll(command[i], "$$", "$")
			}
		}
		if value, ok := strings.CutPrefix(line, "User="); ok {
			account = strings.ReplaceAll(value, "%%", "%")
		}
	}
	return command, account
}

// words undoes word for a line of them.
func words(line string) (all []string) {
	var current strings.Builder
	quoted, escaped, begun := false, false, false
	for _, r := range line {
		switch {
		case escaped:
			current.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				all = append(all, strings.ReplaceAll(current.String(), "%%", "%"))
			}
			current.Reset()
			begun = false
		default:
			current.WriteRune(r)
			begun = true
		}
	}
	if begun {
		all = append(all, strings.ReplaceAll(current.String(), "%%", "%"))
	}
	return all
}
