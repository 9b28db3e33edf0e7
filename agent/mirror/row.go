package mirror

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// row is one entry as the table holds it.
type row struct {
	seq    int64 // 0: not in the table yet
	guid   directory.GUID
	parent []byte // nil: not said
	kind   directory.Kind
	name   string

	givenName, surname, mail, logonName, sam, display string
	control, expires                                  int64
	deleted                                           bool
	seen                                              int64
	inside                                            bool

	dirty             bool
	todo              plan.Todo
	flag              plan.Flag
	wanted            plan.Hash
	wantActive        bool
	claims            bool
	mailKey, logonKey int64
	due, since        sql.NullInt64
	approved          bool
	decision          decision

	remote     sql.NullString
	remoteKind directory.Kind
	pushed     plan.Hash
	active     bool
	doubt      bool
	refusal    plan.Flag
	reason     string
}

const columns = `seq, guid, parent, kind, name, given_name, surname, mail, logon_name, sam, display, control, expires,
	deleted, seen, inside, dirty, todo, flag, wanted, want_active, claims, mail_key, logon_key, due, since, approved,
	decision, remote, remote_kind, pushed, active, doubt, refusal, reason`

type scanner interface{ Scan(dest ...any) error }

func (r *row) scan(s scanner) error {
	var guid []byte
	err := s.Scan(&r.seq, &guid, &r.parent, &r.kind, &r.name, &r.givenName, &r.surname, &r.mail, &r.logonName, &r.sam,
		&r.display, &r.control, &r.expires, &r.deleted, &r.seen, &r.inside, &r.dirty, &r.todo, &r.flag, &r.wanted,
		&r.wantActive, &r.claims, &r.mailKey, &r.logonKey, &r.due, &r.since, &r.approved, &r.decision, &r.remote, &r.remoteKind, &r.pushed, &r.active, &r.doubt, &r.refusal,
		&r.reason)
	copy(r.guid[:], guid)
	return err
}

// values lists the row for columns, in their order.
func (r *row) values() []any {
	var seq any
	if r.seq != 0 {
		seq = r.seq
	}
	return []any{
		seq, r.guid[:], r.parent, string(r.kind), r.name, r.givenName, r.surname, r.mail, r.logonName, r.sam, r.display,
		r.control, r.expires, r.deleted, r.seen, r.inside, r.dirty, string(r.todo), string(r.flag), int64(r.wanted),
		r.wantActive, r.claims, r.mailKey, r.logonKey, r.due, r.since, r.approved, string(r.decision), r.remote, string(r.remoteKind), int64(r.pushed), r.active,
		r.doubt, string(r.refusal), r.reason,
	}
}

func (r *row) standing() standing {
	return standing{added: r.remote.Valid, group: r.treatedAs() == directory.KindGroup, active: r.active}
}

// treatedAs is what the tenant has the entry as; an entry may stop counting as a person or group after it was added.
func (r *row) treatedAs() directory.Kind {
	if r.remoteKind != "" {
		return r.remoteKind
	}
	return r.kind
}

func (r *row) parentGUID() (directory.GUID, bool) {
	if r.parent == nil {
		return directory.GUID{}, false
	}
	return directory.GUID(r.parent), true
}

// merge takes what the directory reported and says whether anything that a verdict rests on changed.
func (r *row) merge(e directory.Entry) bool {
	before := r.said()
	if e.Deleted {
		r.deleted = true // a tombstone loses its attributes; the last good ones stay
		return before != r.said()
	}
	if e.Whole || e.Restored {
		r.deleted = false
		r.clear()
	}
	if e.Kind != "" {
		r.kind = e.Kind
	}
	if e.Name != "" {
		r.name = clean(e.Name)
	}
	if !e.Parent.IsZero() || (e.Whole && e.Kind == directory.KindUnit) {
		r.parent = append([]byte{}, e.Parent[:]...)
	}
	for _, a := range e.Attributes {
		r.set(a)
	}
	return before != r.said()
}

// said is what the directory says of an entry; comparable.
type said struct {
	parent                                                  string
	kind                                                    directory.Kind
	name, givenName, surname, mail, logonName, sam, display string
	control, expires                                        int64
	deleted                                                 bool
}

func (r *row) said() said {
	return said{
		string(r.parent), r.kind, r.name, r.givenName, r.surname, r.mail, r.logonName, r.sam, r.display,
		r.control, r.expires, r.deleted,
	}
}

func (r *row) clear() {
	r.givenName, r.surname, r.mail, r.logonName, r.sam, r.display = "", "", "", "", "", ""
	r.control, r.expires = 0, 0
}

func (r *row) set(a directory.Attribute) {
	a.Value = clean(a.Value)
	switch a.Name {
	case directory.GivenName:
		r.givenName = a.Value
	case directory.Surname:
		r.surname = a.Value
	case directory.Mail:
		r.mail = a.Value
	case directory.UserPrincipalName:
		r.logonName = a.Value
	case directory.SAMAccountName:
		r.sam = a.Value
	case directory.DisplayName:
		r.display = a.Value
	case directory.UserAccountControl:
		r.control = number(a.Value)
	case directory.AccountExpires:
		r.expires = number(a.Value)
	}
}

// clean makes text that JSON can carry: a directory may hold bytes that are no UTF-8, and one such value must not keep
// everybody else out.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// number reads a decimal attribute; the empty value of a removed one is zero.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// settle keeps a verdict in the row.
func (r *row) settle(v plan.Verdict, place plan.Place, now time.Time) {
	r.dirty, r.inside = false, place == plan.Inside && !r.deleted
	r.todo, r.flag, r.wanted, r.wantActive, r.claims = v.Todo, v.Flag, v.Values, v.Active, v.Claims
	if r.todo != plan.Disable && r.todo != plan.Remove {
		r.approved, r.decision = false, undecided
	}
	r.due = sql.NullInt64{Int64: v.Due.Add(time.Second - 1).Unix(), Valid: !v.Due.IsZero()}
	switch {
	case r.todo == plan.Nothing:
		r.since = sql.NullInt64{}
	case !r.since.Valid:
		r.since = sql.NullInt64{Int64: now.UnixMilli(), Valid: true}
	}
}
