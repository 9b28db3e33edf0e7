// Package scim holds SCIM 2.0 as both sides speak it: resources, filter, PATCH, bulk (RFC 7643, RFC 7644), cursor paging
// (RFC 9865), and the client that the agent pushes with. The server's routes and storage are in pkg/tenant/scimserver.
package scim

import "time"

// Schema URNs (RFC 7643 §10.2 and RFC 7644 §8.2), and Passly's own extension.
const (
	UserSchema     = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema    = "urn:ietf:params:scim:schemas:core:2.0:Group"
	ListSchema     = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	ErrorSchema    = "urn:ietf:params:scim:api:messages:2.0:Error"
	PatchSchema    = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	BulkReqSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkRespSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	PasslySchema   = "urn:passly:params:scim:schemas:extension:directory:2.0:User"
)

// ContentType of every body (RFC 7644 §3.1).
const ContentType = "application/scim+json"

// User is a User resource (RFC 7643 §4.1), as far as directory sync uses it.
type User struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id,omitempty"`
	ExternalID  string   `json:"externalId,omitempty"` // objectGUID in canonical form
	UserName    string   `json:"userName"`             // user logon name (userPrincipalName)
	Name        *Name    `json:"name,omitempty"`
	DisplayName string   `json:"displayName,omitempty"`
	Emails      []Email  `json:"emails,omitempty"`
	Active      *bool    `json:"active,omitempty"` // false: state Disabled. true: the state before, or the policy's
	Passly      *Passly  `json:"urn:passly:params:scim:schemas:extension:directory:2.0:User,omitempty"`
	Groups      []Member `json:"groups,omitempty"` // read-only
	Meta        *Meta    `json:"meta,omitempty"`
}

// Name is the name attribute (RFC 7643 §4.1.1).
type Name struct {
	Formatted  string `json:"formatted,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
	GivenName  string `json:"givenName,omitempty"`
}

// Email is one value of emails (RFC 7643 §4.1.2).
type Email struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

// Passly is the extension PasslySchema.
type Passly struct {
	SAMAccountName string `json:"samAccountName,omitempty"`
	State          string `json:"state,omitempty"`        // read-only: created, provisioned, active, disabled
	Organization   string `json:"organization,omitempty"` // read-only: the organization's name
}

// Group is a Group resource (RFC 7643 §4.2). Passly adds description, which the core schema lacks, to the display name only
// on screens.
type Group struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id,omitempty"`
	ExternalID  string   `json:"externalId,omitempty"`
	DisplayName string   `json:"displayName"`
	Members     []Member `json:"members,omitempty"`
	Meta        *Meta    `json:"meta,omitempty"`
}

// Member is one value of a group's members or a user's groups.
type Member struct {
	Value   string `json:"value"`             // id
	Type    string `json:"type,omitempty"`    // User or Group
	Display string `json:"display,omitempty"` // read-only
	Ref     string `json:"$ref,omitempty"`    // read-only
}

// Meta is the meta attribute (RFC 7643 §3.1).
type Meta struct {
	ResourceType string    `json:"resourceType,omitempty"`
	Created      time.Time `json:"created,omitzero"`
	LastModified time.Time `json:"lastModified,omitzero"`
	Version      string    `json:"version,omitempty"` // a weak ETag: W/"3"
	Location     string    `json:"location,omitempty"`
}

// Error is an error body (RFC 7644 §3.12). Status is a string there.
type Error struct {
	Schemas  []string `json:"schemas"`
	Status   string   `json:"status"`
	SCIMType string   `json:"scimType,omitempty"` // uniqueness, invalidFilter, invalidValue, tooMany, mutability, …
	Detail   string   `json:"detail,omitempty"`
}
