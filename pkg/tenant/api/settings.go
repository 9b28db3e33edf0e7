package api

import (
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/mail"
)

// Organization is a group of people inside the tenant, with what it holds.
type Organization struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	URLName     string    `json:"url-name"`
	Suffix      string    `json:"suffix"`
	Licences    int       `json:"licences"` // 0: not counted
	MinPassword int       `json:"min-password"`
	Strength    int       `json:"strength"`
	MaxAge      int       `json:"max-age"` // days; 0: passwords do not grow old
	Created     time.Time `json:"created"`
	People      int       `json:"people"`
	Active      int       `json:"active"`
	Agents      int       `json:"agents"`
}

// OfOrganization makes the answer of an organization.
func OfOrganization(o tenant.Organization, people, active, agents int) Organization {
	return Organization{o.ID.String(), o.Name, o.URLName, o.Suffix, o.Licences, o.MinPassword, max(o.MinStrength, tenant.LeastStrength), o.MaxAge, o.Created, people, active, agents}
}

// Policy is a provisioning policy: what an added user becomes.
type Policy struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	State     string   `json:"state"`
	Mail      bool     `json:"mail"`
	TwoFactor bool     `json:"two-factor"`
	BuiltIn   bool     `json:"builtIn"`
	Agents    []string `json:"agents"` // names of those that have it, in the list
}

// OfPolicy makes the answer of a policy.
func OfPolicy(p tenant.ProvisioningPolicy, agents []string) Policy {
	return Policy{p.ID.String(), p.Name, string(p.State), p.Mail, p.TwoFactor, p.BuiltIn, agents}
}

// Mail says how the tenant's e-mails go out, and how far they are.
type Mail struct {
	Server   string    `json:"server,omitzero"` // none: they are written into the outbox
	From     string    `json:"from,omitzero"`
	Waiting  int       `json:"waiting"`
	Sent     int       `json:"sent"`
	Failed   int       `json:"failed"`
	Refused  []Letter  `json:"refused"`
	Troubled []Letter  `json:"troubled"`
	Outbox   []Written `json:"outbox"` // the newest
}

// Letter is an e-mail that met a problem.
type Letter struct {
	User     string  `json:"user"`
	Name     string  `json:"name"`
	Mail     string  `json:"mail"`
	State    string  `json:"state"`
	Attempts int     `json:"attempts"`
	Problem  Problem `json:"problem,omitzero"`
}

// OfLetter makes the answer of a message to a user.
func OfLetter(m tenant.Message, u tenant.User) Letter {
	l := Letter{User: u.ID.String(), Name: u.ShownName(), Mail: u.Mail, State: string(m.State), Attempts: m.Attempts}
	if m.Problem != nil {
		l.Problem = Because(m.Problem, 0)
	}
	return l
}

// Written is an e-mail in the outbox, without its text: links are in there, and whoever has one is the person.
type Written struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
}

// OfWritten makes the answer of an e-mail.
func OfWritten(w mail.Written) Written { return Written{w.Name, w.At, w.To, w.Subject} }

// Entry is a line of the audit log.
type Entry struct {
	Number  int64     `json:"number"`
	At      time.Time `json:"at"`
	Actor   Party     `json:"actor"`
	From    string    `json:"from,omitzero"` // network address
	What    string    `json:"what"`          // a stable code
	Text    string    `json:"text"`          // in words
	Subject Party     `json:"subject,omitzero"`
	Details []Detail  `json:"details"`
}

// Party is who did something, or what something was done to.
type Party struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitzero"`
	Name string `json:"name"`
}

// Detail is one fact of an entry.
type Detail struct {
	Name   string `json:"name"`
	Before string `json:"before,omitzero"`
	After  string `json:"after,omitzero"`
}

// OfEntry makes the answer of an entry.
func OfEntry(e audit.Entry) Entry {
	made := Entry{
		Number: e.Number, At: e.At, Actor: Party{string(e.Actor.Kind), optional(e.Actor.ID), e.Actor.Name}, From: e.Actor.From, What: string(e.What), Text: e.Words(),
		Details: Each(e.Details, func(d audit.Detail) Detail { return Detail(d) }),
	}
	if e.Subject.Kind != "" {
		made.Subject = Party{string(e.Subject.Kind), optional(e.Subject.ID), e.Subject.Name}
	}
	return made
}
