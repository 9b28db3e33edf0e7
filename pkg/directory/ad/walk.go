package ad

import (
	"context"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// walk is one pass in progress.
type walk struct {
	*session
	full    bool
	yield   func(directory.Page) error
	entries int
	seen    int64 // the highest uSNChanged that came
	// of the people who came, how many can be judged, and how many cannot: see readable
	judged, hidden int
}

// everything reads each object there is.
func (w *walk) everything(ctx context.Context) error {
	if err := w.search(ctx, passFilter, append(requested(), attrChanged), (*walk).takeWhole); err != nil {
		return err
	}
	if w.judged == 0 && w.hidden > 0 {
		return nobodyCanBeJudged()
	}
	return nil
}

// changes reads what has a higher number than since. Each object comes whole, with the groups it is in: it may have been a
// tombstone, and nothing else tells of the memberships that come back with it.
func (w *walk) changes(ctx context.Context, since int64) error {
	filter := fmt.Sprintf("(&(%s>=%d)%s)", attrChanged, since+1, passFilter)
	var controls []ldap.Control
	if w.domain.SeesDeleted {
		controls = append(controls, ldap.NewControlString(ldap.ControlTypeMicrosoftShowDeleted, true, ""))
	}
	return w.search(ctx, filter, append(requested(), attrMemberOf, attrChanged), (*walk).takeChanged, controls...)
}

// search hands on the entries of a paged search, as take has them.
func (w *walk) search(ctx context.Context, filter string, attributes []string, take func(*walk, context.Context, []found) ([]directory.Entry, error), controls ...ldap.Control) error {
	controls = append(controls, extendedDN())
	return handOn(ctx, func(ctx context.Context, pages chan<- []directory.Entry) error {
		for paging := ldap.NewControlPaging(atOnce); paging != nil; {
			request := ldap.NewSearchRequest(w.domain.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes,
				append([]ldap.Control{paging}, controls...))
			page, answered, err := w.page(ctx, request)
			if err != nil {
				return err
			}
			if paging, err = pageAfter(answered); err != nil {
				return err
			}
			entries, err := take(w, ctx, page)
			if err != nil {
				return err
			}
			if err := put(ctx, pages, entries); err != nil {
				return err
			}
		}
		return nil
	}, w.hand)
}

// hand gives one page to the caller; an empty one is nothing to tell.
func (w *walk) hand(page []directory.Entry) error {
	if len(page) == 0 {
		return nil
	}
	w.entries += len(page)
	return w.yield(directory.Page{Entries: page})
}

// page receives one page, and the controls that came with it.
func (w *walk) page(ctx context.Context, request *ldap.SearchRequest) (page []found, controls []ldap.Control, err error) {
	var decode decoder
	controls, err = w.session.search(ctx, request, func(message []byte) error {
		e, err := decode.decode(message)
		page = append(page, e)
		w.seen = max(w.seen, e.changed)
		return err
	})
	return page, controls, err
}

// pageAfter gives the control that asks for the next page; nil after the last one. An answer that says nothing of pages may have
// been cut anywhere.
func pageAfter(answered []ldap.Control) (*ldap.ControlPaging, error) {
	if ldap.FindControl(answered, ldap.ControlTypePaging) == nil {
		return nil, wrong("a page's final response does not say whether there are more")
	}
	return nextPage(answered), nil
}

func (w *walk) takeWhole(ctx context.Context, page []found) ([]directory.Entry, error) {
	entries := make([]directory.Entry, 0, len(page))
	for i := range page {
		e := &page[i]
		if !w.judgeable(e) {
			continue
		}
		if e.Kind == directory.KindUnit && e.Parent.IsZero() && e.GUID != w.domain.GUID {
			return nil, wrong("the unit %q came without its parent", e.DN)
		}
		e.Whole = true
		if err := w.complete(ctx, e); err != nil {
			return nil, err
		}
		entries = append(entries, e.Entry)
	}
	return entries, nil
}

func (w *walk) takeChanged(ctx context.Context, page []found) ([]directory.Entry, error) {
	var gone []directory.Entry
	live := page[:0]
	for _, e := range page {
		if e.Deleted {
			gone = append(gone, directory.Entry{GUID: e.GUID, Kind: e.Kind, Name: e.Name, DN: e.DN, Deleted: true})
			continue
		}
		live = append(live, e)
	}
	entries, err := w.takeWhole(ctx, live)
	for i := range entries {
		entries[i].Restored, entries[i].Groups = true, dedupe(entries[i].Groups)
	}
	return append(entries, gone...), err
}

// judgeable reports whether somebody can be judged. Who may be disabled without this account seeing it is not reported: nothing
// is concluded of such people in a delta, and in a full pass they are not there.
func (w *walk) judgeable(e *found) bool {
	if e.Kind != directory.KindUser {
		return true
	}
	if !e.readable() {
		w.hidden++
		return false
	}
	w.judged++
	return true
}

func nobodyCanBeJudged() error {
	return &problem.Problem{
		Code: directory.RightsMissing, Op: "reading the directory without DirSync",
		Title: "The account may not see whether people are disabled",
		Text:  "It sees people, but nobody's userAccountControl, so leavers would keep their access. Nothing was concluded from it.",
		Hint: "Grant the account Replicating Directory Changes on the domain, or to read the account restrictions of users: dsacls " +
			"\"<domain>\" /I:S /G \"<account>:RP;Account Restrictions;user\".",
	}
}
