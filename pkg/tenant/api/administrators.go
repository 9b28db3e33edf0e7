package api

import (
	"time"

	"passlysync/pkg/tenant"
)

// Administrator is somebody who administers the tenant, or one organization of it.
type Administrator struct {
	ID           string    `json:"id"`
	Email        string    `json:"email"`
	Role         string    `json:"role"`
	Organization string    `json:"organization,omitzero"` // none: the whole tenant
	Locked       bool      `json:"locked"`
	Invited      bool      `json:"invited"` // has no password yet
	TwoFactor    bool      `json:"twoFactor"`
	Created      time.Time `json:"created"`
	LastSignIn   time.Time `json:"lastSignIn,omitzero"`
}

// OfAdministrator makes the answer of an administrator.
func OfAdministrator(a tenant.Administrator) Administrator {
	return Administrator{
		ID: a.ID.String(), Email: a.Email, Role: string(a.Role), Organization: optional(a.Organization), Locked: a.Locked, Invited: a.Invited(),
		TwoFactor: a.SecondFactor != "", Created: a.Created, LastSignIn: a.LastSignIn,
	}
}

// AdministratorDetails are an administrator with the sessions that live.
type AdministratorDetails struct {
	Administrator
	Sessions []Session `json:"sessions"`
}

// Account is the own one.
type Account struct {
	Administrator
	RecoveryCodes int       `json:"recoveryCodes"` // that are left
	Sessions      []Session `json:"sessions"`
}

// Session is where somebody is signed in; Name ends it.
type Session struct {
	Name    string    `json:"name"`
	For     string    `json:"for"`
	With    string    `json:"with"` // browser, or the API token's name
	From    string    `json:"from"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	This    bool      `json:"this"`
}
