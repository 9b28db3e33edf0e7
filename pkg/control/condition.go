package control

import (
	"strings"
	"time"
)

// ConditionCode names a health fact; the same everywhere (wizard, status, console, logs).
type ConditionCode string

// The conditions.
const (
	AwaitingEnrolment           ConditionCode = "awaiting-enrolment"
	AwaitingConfiguration       ConditionCode = "awaiting-configuration"
	Syncing                     ConditionCode = "syncing"
	InSync                      ConditionCode = "in-sync"
	Halted                      ConditionCode = "halted"
	HeldRemovals                ConditionCode = "held"
	Paused                      ConditionCode = "paused"
	Standby                     ConditionCode = "standby"
	DirectoryUnreachable        ConditionCode = "directory-unreachable"
	DirectoryCredentialsRefused ConditionCode = "directory-credentials-refused"
	DirectoryRightsMissing      ConditionCode = "directory-rights-missing"
	PasswordRightsMissing       ConditionCode = "password-rights-missing" // two-way passwords only
	TenantUnreachable           ConditionCode = "tenant-unreachable"
	TenantCredentialsRefused    ConditionCode = "tenant-credentials-refused"
	ClockSkew                   ConditionCode = "clock-skew"
	NotADomainController        ConditionCode = "not-a-domain-controller"
	StateDamaged                ConditionCode = "state-damaged"
	// Incomplete users are listed and skipped; the counterpart of Halted under the skip setting.
	IncompleteSkipped ConditionCode = "incomplete-skipped"
	// CredentialsUnavailable: the agent cannot read its own key or password from where they are kept.
	CredentialsUnavailable ConditionCode = "credentials-unavailable"
	// Rejected changes wait for the tenant to take them.
	ChangesRejected ConditionCode = "changes-rejected"
)

// MaxConditionCode bounds a code, in bytes.
const MaxConditionCode = 64

// Sound reports whether a code is one that a later version may bring: small letters, digits and dashes.
func (c ConditionCode) Sound() bool {
	return c != "" && len(c) <= MaxConditionCode && !strings.ContainsFunc(string(c), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// Severity orders conditions. Screens show it as a word or sign beside any colour.
type Severity string

// The severities, from harmless to grave.
const (
	OK      Severity = "ok"
	Notice  Severity = "notice"
	Warning Severity = "warning"
	Failure Severity = "failure"
)

// Rank orders severities: the graver, the larger.
func (s Severity) Rank() int {
	switch s {
	case Failure:
		return 3
	case Warning:
		return 2
	case Notice:
		return 1
	}
	return 0
}

// Condition is one health fact in words: what happened (Title), what it means (Text), what to do next (Hint).
type Condition struct {
	Code     ConditionCode `json:"code"`
	Severity Severity      `json:"severity"`
	Title    string        `json:"title"`
	Text     string        `json:"text,omitzero"`
	Hint     string        `json:"hint,omitzero"`
	Since    time.Time     `json:"since,omitzero"`
	// Subjects are the entries it is about, at most MaxSubjects; the text says how many there are in all.
	Subjects []Subject `json:"subjects,omitzero"`
}

// MaxSubjects bounds Condition.Subjects.
const MaxSubjects = 50

// Subject is one entry that a condition is about.
type Subject struct {
	GUID    string   `json:"guid"`
	Name    string   `json:"name"`             // as the directory displays it
	Place   string   `json:"place"`            // the units it stands in, from the top: "Sales / Berlin"
	Missing []string `json:"missing,omitzero"` // everyday names of missing attributes: "e-mail"
	Reason  string   `json:"reason,omitzero"`  // for conflicts and rejections
}
