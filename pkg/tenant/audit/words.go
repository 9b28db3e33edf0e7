package audit

import (
	"strings"
	"unicode/utf8"

	"passlysync/pkg/tenant"
)

// Choice is a code with its title.
type Choice struct {
	What  What
	Title string
}

// Choices gives all codes, as one chooses from them.
func Choices() []Choice {
	var choices []Choice
	for _, t := range all() {
		choices = append(choices, Choice{t.what, t.title})
	}
	return choices
}

// Words says in a sentence what was done; the details come after it (Detail.Words).
func (e Entry) Words() string {
	for _, t := range all() {
		if t.what == e.What {
			return strings.ReplaceAll(t.sentence, "%s", e.subject())
		}
	}
	return string(e.What)
}

func (e Entry) subject() string {
	switch {
	case e.Subject.Name != "":
		return e.Subject.Name
	case e.What == SignInRefused:
		return "an unknown account"
	}
	return "somebody"
}

// Words says who sort of somebody is.
func (k ActorKind) Words() string {
	switch k {
	case Administrator:
		return "Administrator"
	case Agent:
		return "Agent"
	case Person:
		return "Person"
	case CommandLine:
		return "Command line"
	case Nobody:
		return "Not signed in"
	}
	return "Passly itself"
}

// Words says a detail.
func (d Detail) Words() string {
	switch {
	case d.Before == "" && d.After == "":
		return d.Name
	case d.Before == "":
		return d.Name + ": " + d.After
	case d.After == "":
		return d.Name + ": no longer " + d.Before
	}
	return d.Name + ": " + d.Before + " → " + d.After
}

// SearchText is what an entry is found by, folded.
func (e Entry) SearchText() string {
	parts := []string{e.Actor.Kind.Words(), e.Actor.Name, e.Actor.From, string(e.What), e.Words(), e.Subject.Name}
	for _, d := range e.Details {
		parts = append(parts, d.Words())
	}
	return tenant.Fold(strings.Join(parts, "\n"))
}

// cut shortens a text and makes it fit to be stored.
func cut(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= maxText {
		return text
	}
	at := maxText
	for !utf8.RuneStart(text[at]) {
		at--
	}
	return text[:at] + "…"
}

// Changed gives a detail where two values differ.
func Changed(details []Detail, name, before, after string) []Detail {
	if before == after {
		return details
	}
	return append(details, Detail{name, before, after})
}
