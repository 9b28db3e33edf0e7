package api

import (
	"time"

	"passlysync/pkg/tenant"
)

// User is a person of the tenant.
type User struct {
	ID             string    `json:"id"`
	UserName       string    `json:"userName"`
	GivenName      string    `json:"givenName"`
	FamilyName     string    `json:"familyName"`
	DisplayName    string    `json:"displayName"`
	Mail           string    `json:"mail"`
	SAMAccountName string    `json:"samAccountName,omitzero"`
	ExternalID     string    `json:"externalId,omitzero"` // the directory's objectGUID
	State          string    `json:"state"`
	TwoFactor      bool      `json:"twoFactor"` // has to be set up to become Active
	Organization   string    `json:"organization"`
	Agent          string    `json:"agent,omitzero"` // that keeps it; none: Local
	Version        int64     `json:"version"`
	Created        time.Time `json:"created"`
	Modified       time.Time `json:"modified"`
}

// OfUser makes the answer of a user.
func OfUser(u tenant.User) User {
	return User{
		ID: u.ID.String(), UserName: u.UserName, GivenName: u.GivenName, FamilyName: u.FamilyName, DisplayName: u.ShownName(), Mail: u.Mail,
		SAMAccountName: u.SAMAccountName, ExternalID: u.ExternalID, State: string(u.State), TwoFactor: u.TwoFactor, Organization: u.Organization.String(),
		Agent: optional(u.Agent), Version: u.Version, Created: u.Created, Modified: u.Modified,
	}
}

// UserDetails are a user with what stands around it.
type UserDetails struct {
	User
	Groups    []Group   `json:"groups"` // that it is in, directly; at most 200
	Changes   []Change  `json:"changes"`
	Enrolment Enrolment `json:"enrolment"`
}

// Enrolment says how far a user's enrolment is.
type Enrolment struct {
	Activated time.Time `json:"activated,omitzero"` // since when the user is Active
	Mail      string    `json:"mail,omitzero"`      // the e-mail's state
	Sent      time.Time `json:"sent,omitzero"`
}

// OfEnrolment makes it.
func OfEnrolment(m tenant.Message, a tenant.Account) Enrolment {
	return Enrolment{Activated: a.Activated, Mail: string(m.State), Sent: m.Sent}
}

// Group is a named set of users and groups.
type Group struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	ExternalID   string    `json:"externalId,omitzero"`
	Organization string    `json:"organization"`
	Agent        string    `json:"agent,omitzero"` // none: Local
	Version      int64     `json:"version"`
	Created      time.Time `json:"created"`
	Modified     time.Time `json:"modified"`
}

// OfGroup makes the answer of a group.
func OfGroup(g tenant.Group) Group {
	return Group{
		ID: g.ID.String(), Name: g.DisplayName, ExternalID: g.ExternalID, Organization: g.Organization.String(), Agent: optional(g.Agent),
		Version: g.Version, Created: g.Created, Modified: g.Modified,
	}
}

// GroupDetails are a group with a page of its direct members.
type GroupDetails struct {
	Group
	Groups  []Group      `json:"groups"` // that it is in, directly; at most 200
	Members Page[Member] `json:"members"`
}

// Member is one user or group in a group.
type Member struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // User or Group
	Name string `json:"name"`
}

// OfMember makes the answer of a member.
func OfMember(m tenant.Member) Member {
	return Member{m.ID.String(), string(m.Kind), m.Display}
}

// Chosen says whom an update would be for.
type Chosen struct {
	Count int      `json:"count"`
	Names []string `json:"names"` // of some of them
}

// Provisioned says what a bulk update has done.
type Provisioned struct {
	Provisioned int `json:"provisioned"` // are Provisioned now
	Mails       int `json:"mails"`       // get an enrolment e-mail
	Others      int `json:"others"`      // were Active or Disabled, and stay so
}

// optional is an id that may be none.
func optional(id tenant.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}
