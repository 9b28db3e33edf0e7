package agent

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// The words of every condition that the agent itself finds. Conditions that come from a Problem keep its words.

func awaitingEnrolment() control.Condition {
	return control.Condition{
		Code: control.AwaitingEnrolment, Severity: control.Notice, Title: "Waiting to be enrolled",
		Text: "This agent belongs to no tenant yet.", Hint: "Run `passly-sync setup` on this machine.",
	}
}

func awaitingConfiguration(console string) control.Condition {
	return control.Condition{
		Code: control.AwaitingConfiguration, Severity: control.Notice, Title: "Waiting for organizational units",
		Text: "The agent is enrolled and has checked in, but nobody chose yet what it is to sync.",
		Hint: "In the console choose its organizational units: " + console,
	}
}

func awaitingTenant() control.Condition {
	return control.Condition{
		Code: control.Syncing, Severity: control.Notice, Title: "Connecting to the tenant",
		Text: "The agent has not received its configuration yet.",
	}
}

func paused() control.Condition {
	return control.Condition{
		Code: control.Paused, Severity: control.Notice, Title: "Paused",
		Text: "An administrator paused this agent. Nothing is read or sent, and leavers keep their access meanwhile.",
		Hint: "Set its status to enabled in the console to go on.",
	}
}

func undone() control.Condition {
	return control.Condition{
		Code: control.Paused, Severity: control.Warning, Title: "Held after an undo",
		Text: "An administrator put back what a run of this agent had changed. Nothing is read or sent, and leavers keep their access meanwhile.",
		Hint: "Mend in the directory or in the chosen units what led to that run, then let the agent go on in the console: it compares everything and may push the same again.",
	}
}

func syncing() control.Condition {
	return control.Condition{
		Code: control.Syncing, Severity: control.OK, Title: "Syncing",
		Text: "The directory is being read and the tenant brought up to date.",
	}
}

func inSync() control.Condition {
	return control.Condition{
		Code: control.InSync, Severity: control.OK, Title: "In sync",
		Text: "The tenant holds what the chosen units hold.",
	}
}

// halted says who stops additions: the documented halt.
func halted(subjects []control.Subject, incomplete, conflicts, waiting int) control.Condition {
	c := control.Condition{
		Code: control.Halted, Severity: control.Failure,
		Title: "No further users are added: " + first(subjects),
		Text: fmt.Sprintf("%s. %s. Updates, disabling and group memberships of everyone already added go on.",
			blockers(incomplete, conflicts), waitingWords(waiting)),
		Hint:     "Complete, disable or move them in Active Directory; sync then resumes by itself within seconds.",
		Subjects: subjects,
	}
	return c
}

// skipped lists incomplete users under the skip setting.
func skipped(subjects []control.Subject, incomplete, conflicts int) control.Condition {
	return control.Condition{
		Code: control.IncompleteSkipped, Severity: control.Warning,
		Title: "Some users are not, or not fully, in the tenant: " + first(subjects),
		Text:  blockers(incomplete, conflicts) + ". Everyone else is added.",
		Hint:  "Complete them in Active Directory; they are added within seconds.", Subjects: subjects,
	}
}

func blockers(incomplete, conflicts int) string {
	var parts []string
	if incomplete > 0 {
		parts = append(parts, count(incomplete, "user lacks", "users lack")+" a required attribute")
	}
	if conflicts > 0 {
		parts = append(parts, count(conflicts, "user has", "users have")+" an e-mail or user logon name that is taken")
	}
	return strings.Join(parts, " and ")
}

func waitingWords(n int) string {
	if n == 0 {
		return "Nobody else waits to be added"
	}
	return count(n, "complete user waits", "complete users wait") + " to be added"
}

func first(subjects []control.Subject) string {
	if len(subjects) == 0 {
		return "a user is incomplete"
	}
	s := subjects[0]
	if len(s.Missing) > 0 {
		return fmt.Sprintf("%s (%s) has no %s", s.Name, s.Place, strings.Join(s.Missing, ", no "))
	}
	return fmt.Sprintf("%s (%s) conflicts with another", s.Name, s.Place)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// held says which removals wait for approval.
func held(all []control.Held) control.Condition {
	c := control.Condition{Code: control.HeldRemovals, Severity: control.Failure, Title: "Removals wait for approval"}
	var parts []string
	for _, h := range all {
		switch {
		case h.Count == 0:
			continue // all that is left was rejected
		case h.Begun:
			parts = append(parts, fmt.Sprintf("%d %s that are left of a held set", h.Count, removalWords(h.Kind)))
		default:
			parts = append(parts, fmt.Sprintf("%d %s at once, where at most %d pass by themselves", h.Count, removalWords(h.Kind), h.Allowed))
		}
		for _, name := range h.Sample {
			c.Subjects = append(c.Subjects, control.Subject{Name: name, Reason: removalWords(h.Kind)})
		}
	}
	c.Subjects = c.Subjects[:min(len(c.Subjects), control.MaxSubjects)]
	c.Text = "The directory asks for " + strings.Join(parts, "; and for ") + ". None of them was carried out; everything else goes on."
	c.Hint = "Look at them in the console: approve them if they are meant, or mend the directory or the chosen units."
	return c
}

func removalWords(kind control.RemovalKind) string {
	switch kind {
	case control.RemoveUsers:
		return "users to be disabled"
	case control.RemoveGroups:
		return "groups to be removed"
	}
	return "memberships to be removed"
}

func rejected(subjects []control.Subject, users, memberships int, reason string) control.Condition {
	c := control.Condition{
		Code: control.ChangesRejected, Severity: control.Warning, Title: "The tenant did not take some changes",
		Text: fmt.Sprintf("%s and %s were refused.", count(users, "entry", "entries"), count(memberships, "membership", "memberships")),
		Hint: "They are tried again by themselves. If it stays, the reason names what to mend.", Subjects: subjects,
	}
	if reason == "" && len(subjects) > 0 {
		reason = subjects[0].Reason
	}
	if reason != "" {
		c.Text += " The tenant says: " + reason
	}
	return c
}

func stateDamaged(aside string) control.Condition {
	return control.Condition{
		Code: control.StateDamaged, Severity: control.Warning, Title: "The agent's local state was damaged and is being made anew",
		Text: "It was set aside as " + aside + ". Nothing is lost: everything is read again and matched with what the tenant has.",
		Hint: "Nothing to do. If it happens again, check the disk.",
	}
}

// conditionOf gives an error's own words under its own code where that is a condition's, else under the given one.
func conditionOf(err error, otherwise control.ConditionCode) control.Condition {
	p := problem.Of(err)
	c := control.Condition{Code: otherwise, Severity: control.Failure, Title: p.Title, Text: p.Text, Hint: p.Hint}
	switch code := control.ConditionCode(p.Code); code {
	case control.DirectoryUnreachable, control.DirectoryCredentialsRefused, control.DirectoryRightsMissing,
		control.TenantUnreachable, control.TenantCredentialsRefused, control.ClockSkew, control.StateDamaged:
		c.Code = code
	}
	if p.Code == problem.Unauthorized || p.Code == problem.CredentialsBad {
		c.Code = control.TenantCredentialsRefused
	}
	return c
}

// gatedWords adds that sign-ins are tried seldom.
func gatedWords(c control.Condition) control.Condition {
	c.Text = strings.TrimSpace(c.Text) + " So that the account is not locked, the agent tries again only after minutes; `passly-sync sync` tries at once."
	return c
}

// retryWords adds when it is tried again.
func retryWords(c control.Condition, wait time.Duration) control.Condition {
	if wait >= time.Second {
		c.Text = strings.TrimSpace(c.Text) + fmt.Sprintf(" The agent tries again by itself, at the latest every %s.", wait.Round(time.Second))
	}
	return c
}

// readingCondition gives the words for a directory that could not be read.
func readingCondition(err error) control.Condition {
	if !errors.Is(err, mirror.ErrEmpty) {
		c := conditionOf(err, control.DirectoryUnreachable)
		if c.Code == control.DirectoryCredentialsRefused {
			return gatedWords(c)
		}
		return retryWords(c, maxBackoff)
	}
	return control.Condition{
		Code: control.DirectoryRightsMissing, Severity: control.Failure, Title: "The directory reported nobody at all",
		Text: "There were people before, so this is more likely a lost right or a wrong base than an empty directory. Nobody was disabled.",
		Hint: "Check that the directory account may read the domain.",
	}
}
