package adtest

import (
	"strconv"

	"passlysync/pkg/directory"
)

// lowered maps the usual spelling of the attributes that objects carry to lower case.
var lowered = map[string]string{
	directory.GivenName: "givenname", directory.Surname: "sn", directory.Mail: "mail",
	directory.UserPrincipalName: "userprincipalname", directory.SAMAccountName: "samaccountname",
	directory.DisplayName: "displayname", directory.UserAccountControl: "useraccountcontrol",
	directory.AccountExpires: "accountexpires", directory.Description: "description", criticalName: "iscriticalsystemobject",
}

// writing is one entry on its way: which object, for which request, and since when (0: all of it).
type writing struct {
	*packet
	server *Server
	*request
	since   int64
	changes []change // the group's member changes since then, when there are any
}

// entry writes a SearchResultEntry. In a delta it holds what changed after since, and objectGUID always.
func (w *writing) entry(n int32) {
	s, o := w.server, &w.server.objects[n]
	outer, inner := w.message(w.id, opSearchEntry)
	w.dn(n)
	list := w.open(tagSequence)
	sel := &w.selected
	w.identity(sel, n)
	fresh := o.created > w.since
	if placed := o.placed > w.since; placed {
		if sel.parent && o.parent != none {
			w.guidAttribute("parentGUID", s.guid(o.parent))
		}
		if sel.name {
			w.attribute("name", s.name(n))
		}
	}
	if sel.class && fresh {
		w.class(o.class)
	}
	if sel.deleted {
		w.deletion(o)
	}
	w.values(n)
	if sel.member && o.class == classGroup && !o.deleted {
		w.members(n, fresh)
	}
	if sel.others["objectsid"] && w.hasSID(n) {
		w.attribute("objectSid", s.sidBytes(n))
	}
	if sel.others["ntsecuritydescriptor"] {
		w.attribute("nTSecurityDescriptor", s.securityDescriptor())
	}
	if sel.others["usnchanged"] {
		w.attribute("uSNChanged", strconv.FormatInt(o.changed, 10))
	}
	if sel.others["memberof"] && w.since == 0 {
		w.memberList("memberOf", w.server.groupsOf(n))
	}
	w.close(list)
	w.close(inner)
	w.close(outer)
}

func (w *writing) identity(sel *selection, n int32) {
	f := w.server.faults
	switch {
	case !sel.guid, f.NoGUID:
	case f.ShortGUID:
		id := w.server.guid(n)
		w.attribute("objectGUID", string(id[:15]))
	default:
		w.guidAttribute("objectGUID", w.server.guid(n))
	}
	if sel.dn {
		w.attribute("distinguishedName", w.server.dn(n))
	}
}

func (w *writing) class(c class) {
	seq := w.open(tagSequence)
	w.text("objectClass")
	set := w.open(tagSet)
	for _, name := range classNames[c] {
		w.text(name)
	}
	w.close(set)
	w.close(seq)
}

func (w *writing) deletion(o *object) {
	switch {
	case o.deleted && (o.detail.isDeleted > w.since || o.created > w.since):
		w.attribute("isDeleted", "TRUE")
	case w.since > 0 && o.detail != nil && o.detail.isDeleted > w.since && o.created <= w.since:
		w.attribute("isDeleted", "") // it was a tombstone
	}
}

// values writes the plain attributes: those that are set, or in a delta those that changed.
func (w *writing) values(n int32) {
	var room [12]attribute
	for _, a := range w.server.attributes(n, room[:0]) {
		hidden := w.dirSync == nil && a.Name == w.server.faults.Unreadable
		if hidden || a.usn <= w.since || !w.selected.wants(a.Name) {
			continue
		}
		if a.Value != "" || w.since >= w.server.objects[n].created {
			w.attribute(a.Name, a.Value)
		}
	}
}

// dn writes the entry's name.
func (w *writing) dn(n int32) { w.reference(n) }

// reference writes a DN as a string, extended where that was asked for: <GUID=…>;<SID=…>;CN=…
func (w *writing) reference(n int32) {
	var room [256]byte
	value := room[:0]
	if w.extended {
		value = append(value, "<GUID="...)
		value = append(value, w.server.guid(n).String()...)
		value = append(value, ">;"...)
		if w.hasSID(n) {
			value = append(value, "<SID="...)
			value = append(value, w.server.sid(n)...)
			value = append(value, ">;"...)
		}
	}
	value = w.server.appendDN(value, n)
	w.head(tagString, len(value))
	w.b = append(w.b, value...)
}

func (w *writing) hasSID(n int32) bool {
	c := w.server.objects[n].class
	return c == classUser || c == classGroup || c == classComputer
}

// links writes an entry that says of a group nothing but its members.
func (w *writing) links(n int32) {
	outer, inner := w.message(w.id, opSearchEntry)
	w.dn(n)
	list := w.open(tagSequence)
	w.identity(&w.selected, n)
	w.memberList("member;range=1-1", w.server.objects[n].detail.members)
	w.close(list)
	w.close(inner)
	w.close(outer)
}

// members writes a group's members: in DirSync the changed ones, else all or a range.
func (w *writing) members(n int32, fresh bool) {
	d := w.server.objects[n].detail
	if w.dirSync == nil {
		w.memberRange(d.members)
		return
	}
	if fresh {
		if !w.server.options.LinksFirst || w.since > 0 {
			w.memberList("member;range=1-1", d.members)
		}
		return
	}
	var added, removed []int32
	seen := map[int32]bool{}
	for _, c := range w.changes {
		switch {
		case seen[c.member]:
		case d.isMember(c.member):
			added = append(added, c.member)
		case !w.server.objects[c.member].deleted:
			removed = append(removed, c.member)
		}
		seen[c.member] = true
	}
	w.memberList("member;range=0-0", removed)
	w.memberList("member;range=1-1", added)
}

// memberRange writes what a search says of members: all, or as many as the limit lets through.
func (w *writing) memberRange(members []int32) {
	limit, from := w.server.options.RangeLimit, min(w.selected.memberFrom, len(members))
	rest := members[from:]
	switch {
	case limit > 0 && len(rest) > limit:
		w.memberList("member;range="+strconv.Itoa(from)+"-"+strconv.Itoa(from+limit-1), rest[:limit])
		if !w.selected.memberRanged {
			w.attribute("member", "") // Windows gives the plain name beside it, without values
		}
	case w.selected.memberRanged:
		w.memberList("member;range="+strconv.Itoa(from)+"-*", rest)
	default:
		w.memberList("member", rest)
	}
}

func (w *writing) memberList(name string, members []int32) {
	if len(members) == 0 {
		return
	}
	seq := w.open(tagSequence)
	w.text(name)
	set := w.open(tagSet)
	for _, m := range members {
		w.reference(m)
	}
	w.close(set)
	w.close(seq)
}
