package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/terminal"
)

func printStatus(w io.Writer, s handoff.Status, now time.Time) {
	paint := painter(w)
	fmt.Fprintf(w, "Passly Directory Sync, agent %s\n\n", s.Version)
	for _, condition := range s.Conditions {
		printCondition(w, paint, condition, now)
	}
	if !s.Enrolled {
		if len(s.Conditions) == 0 {
			fmt.Fprintln(w, "The agent is not enrolled.\n  → Run “passly-sync setup”.")
		}
		return
	}
	target := "Tenant"
	if s.Target == handoff.TargetSCIM {
		target = "SCIM service"
	}
	units, limits := chosen(s)
	rows := [][2]string{
		{"Agent", s.Name},
		{target, join(" · ", s.TenantName, s.Tenant)},
		{"Directory", join(" at ", s.Directory.Domain, s.Directory.Server)},
		{"Units", units},
		{"Limits", limits},
		{"Synced", synced(s.Counts)},
		{"Not synced", unsynced(s.Counts)},
		{"Last sync", ago(s.LastSync, now)},
		{"Credentials", s.Vault},
		{"Console", s.Console},
	}
	for i, each := range s.Without {
		rows = append(rows, [2]string{[]string{"Left out", ""}[min(i, 1)], each})
	}
	fmt.Fprintln(w)
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(w, "%-12s %s\n", row[0], terminal.Plain(row[1]))
		}
	}
}

// chosen says what was chosen beside an agent without a tenant.
func chosen(s handoff.Status) (units, limits string) {
	if s.Settings == nil {
		return "", ""
	}
	units = strings.Join(s.Units, "; ")
	if units == "" {
		units = "the whole domain"
	}
	g := s.Settings.Guard
	limits = fmt.Sprintf("removals at once: %s of the users, %s of the groups, %s of the memberships", g.Users, g.Groups, g.Memberships)
	if s.Settings.Incomplete == control.IncompleteSkip {
		limits += "; incomplete users are skipped"
	}
	return units, limits
}

// sign stands before a condition, so that colour is only an addition.
func sign(s control.Severity) string {
	switch s {
	case control.Failure:
		return "✗"
	case control.Warning:
		return "!"
	case control.Notice:
		return "i"
	}
	return "✓"
}

func printCondition(w io.Writer, paint func(control.Severity, string) string, c control.Condition, now time.Time) {
	since := ""
	if !c.Since.IsZero() {
		since = ", since " + ago(c.Since, now)
		since = strings.TrimSuffix(since, " ago")
	}
	fmt.Fprintf(w, "%s (%s%s)\n", paint(c.Severity, sign(c.Severity)+" "+terminal.Plain(c.Title)), c.Code, since)
	if c.Text != "" {
		fmt.Fprintln(w, "  "+strings.ReplaceAll(terminal.Plain(c.Text), "\n", "\n  "))
	}
	for _, subject := range c.Subjects {
		fmt.Fprintln(w, "  • "+terminal.Plain(subjectWords(subject)))
	}
	if c.Hint != "" {
		fmt.Fprintln(w, "  → "+terminal.Plain(c.Hint))
	}
}

func subjectWords(s control.Subject) string {
	words := s.Name
	if s.Place != "" {
		words += " in " + s.Place
	}
	if len(s.Missing) > 0 {
		words += ": without " + strings.Join(s.Missing, ", ")
	}
	if s.Reason != "" {
		words += ": " + s.Reason
	}
	return words
}

func synced(c control.Counts) string {
	people := fmt.Sprintf("%d people", c.People)
	if c.Disabled > 0 {
		people += fmt.Sprintf(" (and %d disabled)", c.Disabled)
	}
	return join(", ", people, count(c.Groups, "group"), count(c.Memberships, "membership"))
}

func unsynced(c control.Counts) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.Incomplete, "incomplete"}, {c.Conflicts, "in conflict"}, {c.Waiting, "waiting"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func join(between string, parts ...string) string {
	var given []string
	for _, part := range parts {
		if part != "" {
			given = append(given, part)
		}
	}
	return strings.Join(given, between)
}

func ago(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	switch d := now.Sub(at); {
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", max(int(d.Seconds()), 0))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return at.Local().Format("2006-01-02 15:04")
}

// painter colours by severity where w is a terminal that shows colours and NO_COLOR is not set.
func painter(w io.Writer) func(control.Severity, string) string {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return func(_ control.Severity, text string) string { return text }
	}
	renderer := lipgloss.NewRenderer(file)
	colours := map[control.Severity]lipgloss.Color{control.OK: "2", control.Notice: "6", control.Warning: "3", control.Failure: "1"}
	return func(s control.Severity, text string) string {
		return renderer.NewStyle().Foreground(colours[s]).Bold(s == control.Failure).Render(text)
	}
}
