package console

import (
	"context"
	"net/url"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// rowsShown is how many rows a page of a list has.
const rowsShown = 50

// narrowing is what a list of users or groups is narrowed to and sorted by, as its address says.
type narrowing struct {
	Search       string
	State        tenant.State
	Organization tenant.ID
	Source       store.Source
	Agent        tenant.ID // then Source is empty
	Sort         string    // see sorts; empty: newest first
}

// sorts are what lists of users can be sorted by. A hyphen before it is the other way.
var sorts = map[string]store.Query{
	"":       {NewestFirst: true},
	"added":  {},
	"name":   {Order: store.ByName},
	"-name":  {Order: store.ByName, Descending: true},
	"logon":  {Order: store.ByUserName},
	"-logon": {Order: store.ByUserName, Descending: true},
}

// readNarrowing reads it from an address or form. What is not known narrows nothing.
func readNarrowing(params url.Values) narrowing {
	n := narrowing{Search: searched(params.Get("q"), maxSearch), Sort: params.Get("sort")}
	for _, s := range tenant.States {
		if params.Get("state") == string(s) {
			n.State = s
		}
	}
	n.Organization, _ = tenant.ParseID(params.Get("organization")) // zero where it is none
	switch source := store.Source(params.Get("source")); source {
	case store.Local, store.Synced:
		n.Source = source
	default:
		n.Agent, _ = tenant.ParseID(string(source))
	}
	if _, known := sorts[n.Sort]; !known {
		n.Sort = ""
	}
	return n
}

// Narrowed reports whether something is left out.
func (n narrowing) Narrowed() bool {
	n.Sort = ""
	return n != narrowing{}
}

// query is the list's query for an account: of another organization it finds nothing.
func (n narrowing) query(v *view) store.Query {
	q := sorts[n.Sort]
	q.Search, q.State, q.Organization, q.Source, q.Agent = n.Search, n.State, n.Organization, n.Source, n.Agent
	if !v.ofTenant() {
		q.Organization = v.session.Administrator.Organization
	}
	return q
}

// param is one part of an address or form.
type param struct{ Name, Value string }

// Params gives what is not empty.
func (n narrowing) Params() (params []param) {
	add := func(name, value string) {
		if value != "" {
			params = append(params, param{name, value})
		}
	}
	add("q", n.Search)
	add("state", string(n.State))
	if n.Organization != 0 {
		add("organization", n.Organization.String())
	}
	add("source", n.SourceValue())
	add("sort", n.Sort)
	return params
}

// SourceValue is the source, or the agent that it is, as the form says it.
func (n narrowing) SourceValue() string {
	if n.Agent != 0 {
		return n.Agent.String()
	}
	return string(n.Source)
}

func (n narrowing) address(path string, after tenant.ID) string {
	params := url.Values{}
	for _, p := range n.Params() {
		params.Set(p.Name, p.Value)
	}
	if after != 0 {
		params.Set("after", after.String())
	}
	if len(params) == 0 {
		return path
	}
	return path + "?" + params.Encode()
}

// column is the head of a column that a list can be sorted by.
type column struct {
	Title, Address string
	Sorted         string // as aria-sort says it; empty: it is not
}

// listView is a page of a list.
type listView[T any] struct {
	narrowing
	path          string
	Rows          []T
	Total         int // of what was searched for
	States        []tenant.State
	Organizations []tenant.Organization
	Agents        []tenant.Agent
	Next          string // address of what follows; empty: this is the end
	First         string // address of the beginning; empty: this is it
}

// Column is the head of a column: choosing it sorts by it, choosing it again the other way.
func (l listView[T]) Column(title, up, down string) column {
	c, to := column{Title: title}, l.narrowing
	switch l.Sort {
	case up:
		c.Sorted, to.Sort = "ascending", down
	case down:
		c.Sorted, to.Sort = "descending", up
	default:
		to.Sort = up
	}
	c.Address = to.address(l.path, 0)
	return c
}

// list reads one page of a list by key.
func list[T any](v *view, n narrowing, read func(context.Context, tenant.Scope, store.Query) ([]T, error),
	count func(context.Context, tenant.Scope, store.Query) (int, error), id func(T) tenant.ID,
) (listView[T], error) {
	shown := listView[T]{narrowing: n, path: v.URL.Path, States: tenant.States}
	if err := v.sources(&shown.Organizations, &shown.Agents); err != nil {
		return shown, err
	}
	q := n.query(v)
	q.Limit = rowsShown + 1
	if after, err := tenant.ParseID(v.URL.Query().Get("after")); err == nil {
		q.After, shown.First = after, n.address(v.URL.Path, 0)
	}
	var err error
	if shown.Rows, err = read(v.Context(), tenant.Scope{}, q); err != nil {
		return shown, err
	}
	if q.After == 0 && len(shown.Rows) <= rowsShown {
		shown.Total = len(shown.Rows)
		return shown, nil
	}
	if shown.Total, err = count(v.Context(), tenant.Scope{}, q.Unplaced()); err != nil {
		return shown, err
	}
	if len(shown.Rows) > rowsShown {
		shown.Rows = shown.Rows[:rowsShown]
		shown.Next = n.address(v.URL.Path, id(shown.Rows[rowsShown-1]))
	}
	return shown, nil
}

// sources gives what the account can narrow lists to.
func (v *view) sources(organizations *[]tenant.Organization, agents *[]tenant.Agent) (err error) {
	if *organizations, err = v.organizations(); err != nil {
		return err
	}
	all, err := v.console.Agents.Agents(v.Context())
	for _, a := range all {
		if v.sees(a.Organization) {
			*agents = append(*agents, a)
		}
	}
	return err
}
