package tenant

import (
	"crypto/ed25519"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// HeartbeatEvery is how often an agent is asked to report; OfflineAfter is how long silence may last before it counts as
// offline. Screens show it within 45 seconds of the last heartbeat.
const (
	HeartbeatEvery = 15 * time.Second
	OfflineAfter   = 40 * time.Second
)

// Agent is one enrolled passly-sync.
type Agent struct {
	ID            ID
	Organization  ID
	Policy        ID // provisioning policy
	PublicKey     ed25519.PublicKey
	Created       time.Time
	Configuration control.Configuration
	Heartbeat     control.Heartbeat // the last one, or what enrolment told
	HeardAt       time.Time         // zero: never since enrolment
	Departed      time.Time         // when it was removed from its machine; zero: it is there. Its key proves nothing then
}

// HasLeft reports whether the agent was removed from its machine.
func (a Agent) HasLeft() bool { return !a.Departed.IsZero() }

// WasOn reports whether an enrolment comes from the host and directory that this agent was on.
func (a Agent) WasOn(host control.HostFacts, d control.DirectoryFacts) bool {
	was := a.Heartbeat
	return d.DomainGUID != (directory.GUID{}) && was.Directory.DomainGUID == d.DomainGUID && Fold(was.Host.Name) == Fold(host.Name)
}

// Offline reports whether the agent was not heard of for too long.
func (a Agent) Offline(now time.Time) bool { return now.Sub(a.HeardAt) > OfflineAfter }

// Condition is the graver truth about the agent as the tenant knows it: offline, or what the agent says first.
func (a Agent) Condition(now time.Time) control.Condition {
	switch {
	case a.HasLeft():
		return control.Condition{
			Code: Departed, Severity: control.Notice, Title: "Removed from its machine", Since: a.Departed,
			Text: "The agent was removed from " + a.Heartbeat.Host.Name + ". The people it brought stay as they are; nothing is synced any more.",
			Hint: "To go on, run passly-sync setup on the same host for the same directory: the people stay its own.",
		}
	case a.HeardAt.IsZero():
		return control.Condition{
			Code: control.AwaitingEnrolment, Severity: control.Notice, Title: "Waiting for the first check-in",
			Text: "The agent is enrolled and has not reported yet.", Since: a.Created,
			Hint: "If this stays for more than a minute, run passly-sync status on " + a.Heartbeat.Host.Name + ".",
		}
	case a.Offline(now):
		return control.Condition{
			Code: Offline, Severity: control.Failure, Title: "Offline",
			Text: "The agent has stopped reporting. People already synced stay as they are; changes wait.", Since: a.HeardAt,
			Hint: "Check that " + a.Heartbeat.Host.Name + " is on, reaches this tenant, and that the service passly-sync runs.",
		}
	case len(a.Heartbeat.Conditions) > 0:
		return a.Heartbeat.Conditions[0]
	}
	return control.Condition{Code: control.InSync, Severity: control.OK, Title: "In sync"}
}

// Conditions that only the tenant can know.
const (
	Offline  control.ConditionCode = "offline"
	Departed control.ConditionCode = "departed"
)

// NewAgent is an agent as enrolment makes it: everything at its default, waiting for configuration.
func NewAgent(id, organization ID, enrol control.Enrol, now time.Time) Agent {
	return Agent{
		ID: id, Organization: organization, Policy: DefaultPolicyID, PublicKey: enrol.PublicKey, Created: now,
		Configuration: control.Configuration{
			Name: enrol.Host.Name, Status: control.StatusEnabled, Incomplete: control.IncompleteHalt,
			PasswordPolicy: control.PasswordOneWay, Guard: control.DefaultGuard,
		},
		Heartbeat: control.Heartbeat{Host: enrol.Host, Directory: enrol.Directory},
	}
}
