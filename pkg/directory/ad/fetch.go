package ad

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// fetchAtOnce is how many entries one request asks for.
const fetchAtOnce = 100

// Fetch gives entries as they are now, by GUID.
func (r *Reader) Fetch(ctx context.Context, ids []directory.GUID) (entries []directory.Entry, err error) {
	err = r.with(ctx, func(s *session) error {
		entries, err = s.fetch(ctx, ids, requested())
		return err
	})
	return entries, err
}

func (s *session) fetch(ctx context.Context, ids []directory.GUID, attributes []string) ([]directory.Entry, error) {
	entries := make([]directory.Entry, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), fetchAtOnce)
		some, err := s.fetchSome(ctx, ids[:n], attributes)
		if err != nil {
			return nil, err
		}
		entries = append(entries, some...)
		ids = ids[n:]
	}
	return entries, nil
}

// fetchSome asks for several GUIDs in one filter: objectGUID is indexed, and a round trip is saved for each.
func (s *session) fetchSome(ctx context.Context, ids []directory.GUID, attributes []string) ([]directory.Entry, error) {
	found, err := s.plain(ctx, s.domain.BaseDN, ldap.ScopeWholeSubtree, anyOf(ids), attributes)
	if err != nil {
		return nil, err
	}
	entries := make([]directory.Entry, 0, len(found))
	var hidden []directory.GUID
	for i := range found {
		if s.domain.Replicates && !found[i].readable() {
			hidden = append(hidden, found[i].GUID)
			continue
		}
		if err := s.complete(ctx, &found[i]); err != nil {
			return nil, err
		}
		entries = append(entries, found[i].Entry)
	}
	if len(hidden) == 0 {
		return entries, nil
	}
	more, err := s.replicated(ctx, hidden)
	if err != nil {
		return nil, err
	}
	groups := map[directory.GUID][]directory.GUID{}
	for i := range found {
		groups[found[i].GUID] = found[i].Groups
	}
	for i := range more { // replication does not know memberOf
		more[i].Groups = groups[more[i].GUID]
	}
	return append(entries, more...), nil
}

// readable reports whether a user came with what every user has. A hardened domain lets an ordinary account see people
// but not their userAccountControl, while replication shows it: such an entry must not pass for a whole one.
func (e *found) readable() bool {
	if e.Kind != directory.KindUser {
		return true
	}
	for _, a := range e.Attributes {
		if a.Name == directory.UserAccountControl {
			return true
		}
	}
	return false
}

// replicated fetches by a pass of its own over these GUIDs. Windows looks through the whole domain for it.
func (s *session) replicated(ctx context.Context, ids []directory.GUID) (entries []directory.Entry, err error) {
	decode := decoder{incremental: true}
	var cookie []byte
	for more := true; more; {
		controls, err := s.search(ctx, dirSync(s.domain.BaseDN, anyOf(ids), s.flags(), cookie), func(message []byte) error {
			e, err := decode.decode(message)
			if err == nil && e.classSaid && !e.Deleted {
				e.Whole, e.MembersWhole = true, true
				entries = append(entries, e.Entry)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if more, cookie, err = finalControl(controls); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func anyOf(ids []directory.GUID) string {
	var filter strings.Builder
	filter.WriteString("(|")
	for _, id := range ids {
		filter.WriteString("(" + attrGUID + "=" + escaped(string(id[:])) + ")")
	}
	return filter.String() + ")"
}

// plain makes a search that is no DirSync, and decodes its entries; they are whole.
func (s *session) plain(ctx context.Context, base string, scope int, filter string, attributes []string) ([]found, error) {
	var (
		all    []found
		decode decoder
	)
	paging := ldap.NewControlPaging(atOnce)
	for {
		request := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes,
			[]ldap.Control{extendedDN(), paging})
		controls, err := s.search(ctx, request, func(message []byte) error {
			e, err := decode.decode(message)
			e.Whole = true
			all = append(all, e)
			return err
		})
		if err != nil {
			return nil, err
		}
		if paging = nextPage(controls); paging == nil {
			return all, nil
		}
	}
}

// complete follows lists that came in part: Windows gives 1,500 values at once. A reader that does not follow sees such
// a group without members. Where uSNChanged was read and tells that the group changed meanwhile, the parts may not fit together:
// then nothing is said of its members, and its new number has it come again.
func (s *session) complete(ctx context.Context, e *found) error {
	fit := true
	for e.next > 0 || e.nextGroup > 0 {
		before := e.next + e.nextGroup
		part, err := s.rest(ctx, e)
		if err != nil {
			return err
		}
		e.Members, e.Groups = append(e.Members, part.Members...), append(e.Groups, part.Groups...)
		e.unresolved = e.unresolved || part.unresolved
		fit = fit && (e.changed == 0 || e.changed == part.changed)
		if e.next, e.nextGroup = part.next, part.nextGroup; e.next+e.nextGroup > 0 && e.next+e.nextGroup <= before {
			return wrong("the ranges of %q do not go forward", e.DN)
		}
	}
	if e.unresolved {
		return wrong("a member or group of %q came without its GUID", e.DN)
	}
	if e.MembersWhole = fit; !fit {
		e.Members = nil
	}
	e.Members = dedupe(e.Members)
	return nil
}

// rest reads the next part of the lists of e that go on.
func (s *session) rest(ctx context.Context, e *found) (found, error) {
	attributes := []string{attrGUID, attrChanged}
	if e.next > 0 {
		attributes = append(attributes, fmt.Sprintf("%s;range=%d-*", attrMember, e.next))
	}
	if e.nextGroup > 0 {
		attributes = append(attributes, fmt.Sprintf("%s;range=%d-*", attrMemberOf, e.nextGroup))
	}
	parts, err := s.plain(ctx, "<GUID="+e.GUID.String()+">", ldap.ScopeBaseObject, everything, attributes)
	if err != nil {
		return found{}, err
	}
	if len(parts) != 1 || parts[0].GUID != e.GUID {
		return found{}, wrong("%q went away while its members were read", e.DN)
	}
	return parts[0], nil
}

// escaped writes bytes for a filter (RFC 4515 §3).
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&b, `\%02x`, value[i])
	}
	return b.String()
}
