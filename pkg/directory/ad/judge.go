package ad

import (
	"context"

	"passlysync/pkg/directory"
)

// reread is an entry to fetch at the end of an answer; what was said of it counts when it cannot be fetched.
type reread struct {
	said     directory.Entry
	restored bool
}

// judge decides whether what DirSync said of an entry can be handed on or must be read anew.
func (p *pass) judge(e *found, into *batch) error {
	switch {
	case !p.full && e.GUID == p.domain.GUID && e.classSaid:
		return refused("the directory answered it with everything")
	case p.restored(e):
		p.again = append(p.again, reread{e.Entry, true})
		return nil
	case p.doubtful(e):
		p.apart(e)
		p.again = append(p.again, reread{said: e.Entry})
		return nil
	case !e.Deleted && (p.full || e.created()):
		if !p.judgeable(e) {
			return nil
		}
		e.Whole, e.MembersWhole = true, true
	default:
		p.apart(e)
	}
	into.entries = append(into.entries, e.Entry)
	return nil
}

// restored reports whether an entry may have been a tombstone and lives again. Windows says that isDeleted is gone;
// Samba says only the name, which a tombstone's differs from, as it does of a move or a rename.
func (p *pass) restored(e *found) bool {
	return !e.Deleted && (e.deletedSaid || !p.full && !e.classSaid && e.Name != "")
}

// doubtful reports whether the entry came in parts, its members are incomplete, or its kind may have changed.
func (p *pass) doubtful(e *found) bool {
	if e.Deleted {
		return false
	}
	inParts := p.full && !e.classSaid || e.classSaid && p.parts[e.GUID]
	return inParts || e.unresolved || e.next > 0 || !e.classSaid && (e.criticalSaid || e.trust)
}

// created reports whether an entry in a delta is new, and so came whole: class, name, place and account name change
// together at no other time.
func (e *found) created() bool {
	return e.classSaid && e.Name != "" && !e.Parent.IsZero() && (e.Kind == directory.KindUnit || e.accountSaid)
}

// apart remembers what came in parts: Windows sends links in an order of their own, and a group that follows its
// members must not pass for a whole one without any.
func (p *pass) apart(e *found) {
	if e.classSaid || !p.full && len(e.Members) == 0 {
		return
	}
	if p.parts == nil {
		p.parts = map[directory.GUID]bool{}
	}
	p.parts[e.GUID] = true
}

// readAgain fetches the entries that the answer was not enough for.
func (p *pass) readAgain(ctx context.Context) ([]directory.Entry, error) {
	if len(p.again) == 0 {
		return nil, nil
	}
	again := p.again
	p.again = nil
	restored := map[directory.GUID]bool{}
	ids := make([]directory.GUID, 0, len(again))
	for _, r := range again {
		ids = append(ids, r.said.GUID)
		restored[r.said.GUID] = restored[r.said.GUID] || r.restored
	}
	entries, err := p.fetch(ctx, dedupe(ids), append(requested(), attrMemberOf))
	if err != nil {
		return nil, err
	}
	fetched := map[directory.GUID]bool{}
	for i := range entries {
		fetched[entries[i].GUID] = true
		if entries[i].Restored = restored[entries[i].GUID]; !entries[i].Restored {
			entries[i].Groups = nil
		}
	}
	for _, r := range again { // deleted meanwhile, or visible to replication only
		if !fetched[r.said.GUID] && !p.full {
			entries = append(entries, r.said)
		}
	}
	return entries, nil
}
