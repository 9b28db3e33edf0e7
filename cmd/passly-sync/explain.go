package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// ExplainCmd says why somebody is, or is not, in the tenant.
type ExplainCmd struct {
	Name  []string `arg:"" help:"Name or a part of it, e-mail, user logon name, sAMAccountName, distinguished name or objectGUID."`
	State string   `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	JSON  bool     `help:"Print it as JSON."`
}

// Run asks the agent. That there is nobody of this name is a failure.
func (c ExplainCmd) Run(ctx context.Context, streams Streams) error {
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	e, err := handoff.Dial(paths.Channel).Explain(ctx, control.ExplainArgs{Name: strings.Join(c.Name, " ")})
	if problem.Is(err, problem.Invalid) {
		p := *problem.Of(err)
		p.Code, err = usage, &p
	}
	if c.JSON {
		if err := printJSON(streams.Out, e, err); err != nil || e.Nobody == nil {
			return err
		}
		return said{nobody(e)}
	}
	switch {
	case err != nil:
		return fmt.Errorf("asking for an explanation: %w", err)
	case e.Nobody != nil:
		return nobody(e)
	}
	printExplanation(streams.Out, e)
	return nil
}

func nobody(e control.Explanation) error {
	return &problem.Problem{Code: problem.NotFound, Title: e.Nobody.Title, Text: e.Nobody.Text, Hint: e.Nobody.Hint, Op: "explaining"}
}

func printExplanation(w io.Writer, e control.Explanation) {
	for i, m := range e.Matches {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printExplained(w, m)
	}
	if e.More {
		fmt.Fprintf(w, "\nThere are more than these %d; ask for a longer part of the name.\n", len(e.Matches))
	}
	if e.From == control.FromDirectory {
		fmt.Fprintln(w, "\nThe agent has not read the directory yet: this was asked for just now, and conflicts are not seen.")
	}
}

func printExplained(w io.Writer, m control.Explained) {
	fmt.Fprintf(w, "%s (%s)\n", terminal.Plain(m.Name), m.Kind)
	fmt.Fprintln(w, "  "+terminal.Plain(m.Words.Title+" "+m.Words.Text))
	if m.Words.Hint != "" {
		fmt.Fprintln(w, "  → "+terminal.Plain(m.Words.Hint))
	}
	for _, row := range [][2]string{
		{"E-mail", m.Mail},
		{"Logon name", join(", ", m.LogonName, m.SAMAccountName)},
		{"Place", m.Place},
		{"In scope", scopeWords(m)},
		{"Directory", stateWords(m)},
		{"Missing", strings.Join(m.Missing, ", ")},
		{"Tenant", tenantWords(m)},
		{"Groups", memberOf(m)},
		{"objectGUID", m.GUID.String()},
	} {
		if row[1] != "" {
			fmt.Fprintf(w, "  %-11s %s\n", row[0], terminal.Plain(row[1]))
		}
	}
}

func scopeWords(m control.Explained) string {
	if m.InScope {
		return "yes, by " + m.Unit
	}
	return "no"
}

func stateWords(m control.Explained) string {
	if m.Expires.IsZero() {
		return string(m.State)
	}
	tense := "expires "
	if m.State == control.StateExpired {
		tense = "on "
	}
	return string(m.State) + ", " + tense + m.Expires.Format(time.DateOnly)
}

func tenantWords(m control.Explained) string {
	switch {
	case !m.Tenant.Added:
		return "not there"
	case m.Kind == directory.KindUser && !m.Tenant.Active:
		return "disabled"
	case m.Tenant.Current:
		return "there, up to date"
	}
	return "there, with its last good values"
}

func memberOf(m control.Explained) string {
	if m.Groups < 0 {
		return ""
	}
	words := "in " + count(m.Groups, "group")
	if m.Members >= 0 {
		words += ", with " + count(m.Members, "direct member")
	}
	return words
}
