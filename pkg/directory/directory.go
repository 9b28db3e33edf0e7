// Package directory says what a directory is to the agent: entries with an immutable GUID in a tree, read in passes
// that begin at a cursor.
//
// Rules of the interface, which the agent builds on and the conformance suite (directorytest) checks:
//
//   - A pass from the zero Cursor is full: every entry comes whole, and what did not come by the end does not exist.
//   - A pass from any other Cursor is a delta: an entry carries only what changed (see Entry).
//   - A pass is complete only when Read returned a Pass and a nil error. After an error nothing may be concluded from
//     what was missing, only from what came.
//   - Order within a pass is the directory's own; a child may come before its parent.
//   - The same change may come twice. Applying an entry is idempotent.
//
// Adapters live below: ad (Active Directory over LDAP), adtest (in process), samba (a real domain controller for tests).
package directory

import (
	"context"
	"strings"
	"time"
)

// Kind is what an entry is, as far as sync cares. Empty means "not said": a delta does not repeat it.
type Kind string

// The kinds. Other is everything sync leaves out but must know the place of: computers, trust accounts, managed
// service accounts, critical system objects.
const (
	KindUser  Kind = "user"
	KindGroup Kind = "group"
	KindUnit  Kind = "unit" // organizational units, containers, and the domain itself
	KindOther Kind = "other"
)

// Attribute names that the agent reads, spelled as Active Directory's schema spells them (MS-ADA1 to MS-ADA3).
const (
	GivenName          = "givenName"
	Surname            = "sn"
	Mail               = "mail"
	UserPrincipalName  = "userPrincipalName"
	SAMAccountName     = "sAMAccountName"
	DisplayName        = "displayName"
	UserAccountControl = "userAccountControl" // decimal bit field, MS-ADTS 2.2.16
	AccountExpires     = "accountExpires"     // decimal FILETIME; 0 and 9223372036854775807 mean never
	Description        = "description"        // groups only
)

// Attributes lists what a Reader reads beside identity, place, kind and members.
var Attributes = []string{
	GivenName, Surname, Mail, UserPrincipalName, SAMAccountName, DisplayName, UserAccountControl, AccountExpires, Description,
}

// Attribute is one attribute as reported. No value means that the directory said the attribute is gone.
type Attribute struct {
	Name  string // one of Attributes, spelled as there
	Value string // the first value; every attribute read here is single-valued
}

// Entry is one directory entry as a pass reported it.
type Entry struct {
	GUID    GUID
	Parent  GUID   // zero: not said (delta), or the root of the naming context
	Kind    Kind   // empty: not said (delta)
	Name    string // the RDN's value; empty: not said
	DN      string // as the directory spelled it in this answer; for words only, never for identity
	Deleted bool   // a tombstone (MS-ADTS 3.1.1.1.9)
	// Restored says that an entry which may have been a tombstone is alive again; it then comes whole.
	Restored bool
	// Groups comes with Restored, and is every group that has the entry as a direct member now. Nothing else tells what
	// became of its memberships: deletion ends them without a word on the group, and a recycle bin brings them back so.
	Groups []GUID
	// Whole says that Attributes and Members are complete: what is not listed is not set. Otherwise they are changes.
	Whole      bool
	Attributes []Attribute
	// Members are the GUIDs added to a group (or all of them, when MembersWhole); MembersGone the ones removed.
	Members      []GUID
	MembersGone  []GUID
	MembersWhole bool
}

// Cursor is a place in the directory's history. It is opaque to all but the adapter that made it, and bound to the
// domain and server it came from. The zero Cursor is the beginning.
type Cursor struct {
	Opaque     []byte
	Domain     GUID // objectGUID of the naming context's root
	Server     string
	Invocation GUID // invocationId of the server's database (MS-ADTS 3.1.1.1.9)
}

// IsZero reports whether c is the beginning.
func (c Cursor) IsZero() bool { return len(c.Opaque) == 0 }

// Page is a part of a pass. A page with a non-zero Cursor is a place to resume at; the others are not.
type Page struct {
	Entries []Entry
	Cursor  Cursor
}

// Pass is the result of a completed read.
type Pass struct {
	Cursor  Cursor // where the next pass begins
	Full    bool
	Entries int
}

// Domain says what the reader is connected to.
type Domain struct {
	GUID       GUID   // objectGUID of the naming context's root
	Name       string // DNS name, such as example.test
	BaseDN     string
	Server     string // DNS name of the domain controller
	Invocation GUID
	// SeesDeleted is false when the account cannot read tombstones: deletions are then silently missing from deltas, and
	// only a full pass finds them.
	SeesDeleted bool
	// Replicates is false when the account lacks Replicating Directory Changes and the reader works with object security.
	Replicates bool
	// ByUSN is true when the directory refuses DirSync altogether, and changes are looked for by uSNChanged: entries of a delta
	// then come whole, and a cursor counts at the one server that it came from.
	ByUSN bool
}

// Words names the domain and, where it is known, the server that answered for it.
func (d Domain) Words() string { return strings.TrimSuffix(d.Name+" at "+d.Server, " at ") }

// Reader reads a directory. Calls may overlap; above all, Fetch may be called while Read hands on a page.
type Reader interface {
	// Domain says what this reader is connected to.
	Domain(ctx context.Context) (Domain, error)
	// Units gives every unit of the domain, parents before children, whole. It is quick: units are few.
	Units(ctx context.Context) ([]Entry, error)
	// Read makes one pass from c and hands each page to yield; an error from yield ends the pass and is returned.
	// ErrCursorRefused (wrapped) means that only a full pass helps.
	Read(ctx context.Context, c Cursor, yield func(Page) error) (Pass, error)
	// Fetch gives the entries with these GUIDs as they are now, whole; what does not exist or cannot be seen is left out.
	Fetch(ctx context.Context, ids []GUID) ([]Entry, error)
	// Find gives up to limit users and groups as they are now, without their members: those with this distinguished name, or
	// whose name, display name, first or last name, e-mail, user logon name or sAMAccountName begins with this text.
	Find(ctx context.Context, text string, limit int) ([]Entry, error)
	Close() error
}

// Watcher tells that something changed. It is a hint: a missed one costs time, never correctness.
type Watcher interface {
	// Watch calls changed (quickly, possibly often) whenever the directory says that something changed, until ctx ends or
	// the directory goes away; it returns ctx's error or what ended it. ready is called once the watch stands.
	Watch(ctx context.Context, ready, changed func()) error
}

// Never is the time of an account that does not expire.
var Never = time.Time{}
