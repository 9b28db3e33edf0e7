package api

import (
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/installers"
)

// Agent is one enrolled agent. Condition says in words how it is.
type Agent struct {
	ID           string                 `json:"id"`
	Name         string                 `json:"name"`
	Organization string                 `json:"organization"`
	Status       control.Status         `json:"status"`
	Host         control.HostFacts      `json:"host"`
	Directory    control.DirectoryFacts `json:"directory"`
	Condition    control.Condition      `json:"condition"`
	Offline      bool                   `json:"offline"`
	Counts       control.Counts         `json:"counts"`
	LastSync     time.Time              `json:"lastSync,omitzero"`
	Lag          float64                `json:"lag"` // seconds, age of the oldest change that is not in the tenant yet
	HeardAt      time.Time              `json:"heardAt,omitzero"`
	Created      time.Time              `json:"created"`
	Version      int64                  `json:"version"` // of its settings
}

// OfAgent makes the answer of an agent.
func OfAgent(a tenant.Agent, now time.Time) Agent {
	h := a.Heartbeat
	return Agent{
		ID: a.ID.String(), Name: a.Configuration.Name, Organization: a.Organization.String(), Status: a.Configuration.Status, Host: h.Host,
		Directory: h.Directory, Condition: a.Condition(now), Offline: a.Offline(now), Counts: h.Counts, LastSync: h.LastSync, Lag: h.Lag,
		HeardAt: a.HeardAt, Created: a.Created, Version: a.Configuration.Version,
	}
}

// AgentDetails are an agent with all that its page says.
type AgentDetails struct {
	Agent
	Conditions []control.Condition `json:"conditions"`
	Held       []HeldKind          `json:"held"`
	Runs       []RunSummary        `json:"runs"` // the last ones
	Settings   Settings            `json:"settings"`
}

// HeldKind is one kind of held removal, and whether it was approved already.
type HeldKind struct {
	control.Held
	Approved bool `json:"approved"`
}

// HeldPage is a page of held removals, as the agent has them now.
type HeldPage struct {
	Held     control.Held      `json:"held"`
	Approved bool              `json:"approved"`
	Rows     []control.HeldRow `json:"rows"`
	Next     string            `json:"next,omitzero"`
}

// Settings are what is chosen for an agent; the fields are named as the operation takes them that changes them.
type Settings struct {
	Version            int64                  `json:"version"`
	Name               string                 `json:"name"`
	Status             control.Status         `json:"status"`
	Organization       string                 `json:"organization"`
	Policy             string                 `json:"policy"`
	Unit               []directory.GUID       `json:"unit"`
	Incomplete         control.Incomplete     `json:"incomplete"`
	PasswordPolicy     control.PasswordPolicy `json:"password-policy"`
	Unlock             bool                   `json:"unlock"`
	UsersNumber        int                    `json:"users-number"`
	UsersPercent       int                    `json:"users-percent"`
	GroupsNumber       int                    `json:"groups-number"`
	GroupsPercent      int                    `json:"groups-percent"`
	MembershipsNumber  int                    `json:"memberships-number"`
	MembershipsPercent int                    `json:"memberships-percent"`
}

// OfSettings makes the answer of settings.
func OfSettings(s tenant.Settings) Settings {
	g := s.Guard
	return Settings{
		Version: s.Version, Name: s.Name, Status: s.Status, Organization: s.Organization.String(), Policy: s.Policy.String(), Unit: s.Scope,
		Incomplete: s.Incomplete, PasswordPolicy: s.PasswordPolicy, Unlock: s.UnlockOnReset, UsersNumber: g.Users.Number, UsersPercent: g.Users.Percent, GroupsNumber: g.Groups.Number,
		GroupsPercent: g.Groups.Percent, MembershipsNumber: g.Memberships.Number, MembershipsPercent: g.Memberships.Percent,
	}
}

// Revision is one version of an agent's settings, and what it changed.
type Revision struct {
	At       time.Time        `json:"at"`
	InForce  bool             `json:"inForce"`
	Settings Settings         `json:"settings"`
	Changes  []SettingChanged `json:"changes"`
}

// SettingChanged is one setting that a version changed, in words.
type SettingChanged struct {
	What   string `json:"what"`
	Before string `json:"before"`
	Now    string `json:"now"`
}

// OfChange makes the answer of a change.
func OfChange(c tenant.Change) SettingChanged { return SettingChanged(c) }

// Unanswered is the answer where the agent had to be asked and did not say; Trouble says why.
type Unanswered struct {
	Trouble Problem `json:"trouble"`
}

// Preview is what a sync would do, and the address of all of it as a file.
type Preview struct {
	control.Preview
	File string `json:"file"`
}

// Removal says what removing an agent is about.
type Removal struct {
	Name   string `json:"name"` // has to be repeated
	People int    `json:"people"`
}

// Downloads are what agents are installed from, and those that checked in and are not configured yet.
type Downloads struct {
	Domain     string      `json:"domain"`
	Installers []Installer `json:"installers"`
	Arrived    []Agent     `json:"arrived"`
}

// Installer is a file to install an agent from.
type Installer struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Version  string `json:"version,omitzero"`
	Size     int64  `json:"size"` // bytes
	SHA256   string `json:"sha256"`
	Address  string `json:"address"`
}

// OfInstaller makes the answer of an installer.
func OfInstaller(i installers.Installer) Installer {
	return Installer{i.Name, i.Platform, i.Version, i.Size, i.SHA256, Address("/installers/" + i.Name)}
}

// EnrolmentToken lets one agent in. It is said in this answer only.
type EnrolmentToken struct {
	Domain  string    `json:"domain"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}
