package scimserver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// listing is a request for a list, by GET with a query or by POST to .search (RFC 7644 §3.4.2, §3.4.3).
type listing struct {
	Attributes         []string `json:"attributes"`
	ExcludedAttributes []string `json:"excludedAttributes"`
	Filter             string   `json:"filter"`
	SortBy             string   `json:"sortBy"`
	SortOrder          string   `json:"sortOrder"`
	StartIndex         *int     `json:"startIndex"`
	Count              *int     `json:"count"`
	Cursor             *string  `json:"cursor"` // RFC 9865; empty: the first page
}

// cursor is a place in a list: the last id seen or, in a sorted list, how many were. It is bound to the list's question.
type cursor struct {
	After  tenant.ID `json:"a,omitempty"`
	Offset int       `json:"o,omitempty"`
	Total  int       `json:"t"`
	Of     uint64    `json:"q"`
}

// catalogue is what a list is read from.
type catalogue[T any] struct {
	read     func(context.Context, tenant.Scope, store.Query) ([]T, error)
	count    func(context.Context, tenant.Scope, store.Query) (int, error)
	id       func(T) tenant.ID
	resource func(T, *int) (any, error) // the int is what is left of maxListedMembers
}

func (c *call) userCatalogue() catalogue[tenant.User] {
	return catalogue[tenant.User]{
		read: c.server.store.Users, count: c.server.store.CountUsers, id: func(u tenant.User) tenant.ID { return u.ID },
		resource: func(u tenant.User, _ *int) (any, error) { r := c.userResource(u); return &r, nil },
	}
}

func (c *call) groupCatalogue(sel selection) catalogue[tenant.Group] {
	return catalogue[tenant.Group]{
		read: c.server.store.Groups, count: c.server.store.CountGroups, id: func(g tenant.Group) tenant.ID { return g.ID },
		resource: func(g tenant.Group, left *int) (any, error) {
			r := c.groupResource(g)
			if !sel.wants("members") {
				return &r, nil
			}
			members, err := c.members(g.ID, *left)
			r.Members = members
			*left -= len(members)
			return &r, err
		},
	}
}

func (c *call) listUsers() error  { return c.fromQuery(c.sendUsers) }
func (c *call) listGroups() error { return c.fromQuery(c.sendGroups) }

func (c *call) searchUsers() error  { return c.fromBody(c.sendUsers) }
func (c *call) searchGroups() error { return c.fromBody(c.sendGroups) }

func (c *call) sendUsers(l listing) error { return send(c, l, c.userCatalogue()) }

func (c *call) sendGroups(l listing) error { return send(c, l, c.groupCatalogue(l.selection())) }

func (c *call) fromBody(send func(listing) error) error {
	var l listing
	if err := c.read(&l); err != nil {
		return err
	}
	return send(l)
}

func (c *call) fromQuery(send func(listing) error) error {
	q, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return invalidValue("the query string cannot be read")
	}
	l := listing{
		Attributes: []string{q.Get("attributes")}, ExcludedAttributes: []string{q.Get("excludedAttributes")},
		Filter: q.Get("filter"), SortBy: q.Get("sortBy"), SortOrder: q.Get("sortOrder"),
	}
	if q.Has("cursor") {
		place := q.Get("cursor")
		l.Cursor = &place
	}
	if l.StartIndex, err = number(q, "startIndex"); err != nil {
		return err
	}
	if l.Count, err = number(q, "count"); err != nil {
		return err
	}
	return send(l)
}

func number(q url.Values, name string) (*int, error) {
	if !q.Has(name) {
		return nil, nil
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil {
		return nil, invalidValue(name + " has to be a number")
	}
	return &n, nil
}

func (l listing) selection() selection {
	return newSelection(strings.Join(l.Attributes, ","), strings.Join(l.ExcludedAttributes, ","))
}

// query turns the request into a store query without a place.
func (l listing) query() (store.Query, error) {
	q := store.Query{SortBy: l.SortBy, Descending: strings.EqualFold(l.SortOrder, "descending"), Limit: defaultCount}
	if strings.EqualFold(l.SortBy, "id") {
		q.SortBy = "id"
	}
	if l.Filter != "" {
		f, err := scim.ParseFilter(l.Filter)
		if err != nil {
			return q, err
		}
		q.Filter = f
	}
	if l.Count != nil {
		q.Limit = min(max(*l.Count, 0), MaxResults)
	}
	return q, nil
}

// question identifies what is listed, so that a cursor is not used for another list.
func (l listing) question(agent tenant.ID) uint64 {
	h := fnv.New64a()
	for _, part := range []string{agent.String(), l.Filter, l.SortBy, strings.ToLower(l.SortOrder)} {
		_, _ = h.Write([]byte(part + "\x00"))
	}
	return h.Sum64()
}

// send reads one page and answers with it.
func send[T any](c *call, l listing, from catalogue[T]) error {
	q, err := l.query()
	if err != nil {
		return err
	}
	place, err := l.place(c.agent, &q)
	if err != nil {
		return err
	}
	if place.Total < 0 {
		if place.Total, err = from.count(c.Context(), c.scope(), q.Unplaced()); err != nil {
			return err
		}
	}
	list := scim.List{Schemas: []string{scim.ListSchema}, TotalResults: place.Total, Resources: []json.RawMessage{}}
	if q.Limit > 0 {
		if err := fillPage(c, l, from, q, &place, &list); err != nil {
			return err
		}
	}
	return c.page(l, q, list)
}

func fillPage[T any](c *call, l listing, from catalogue[T], q store.Query, place *cursor, list *scim.List) error {
	page, err := from.read(c.Context(), c.scope(), q)
	if err != nil {
		return err
	}
	left, sel := maxListedMembers, l.selection()
	for _, one := range page {
		resource, err := from.resource(one, &left)
		if err != nil {
			return err
		}
		raw, err := sel.marshal(resource)
		if err != nil {
			return err
		}
		list.Resources = append(list.Resources, raw)
		place.After = from.id(one)
	}
	if l.Cursor != nil && len(page) == q.Limit {
		list.NextCursor = place.next(q, len(page))
	}
	return nil
}

// place reads where in the list the page begins. Total below zero means: not counted yet.
func (l listing) place(agent tenant.ID, q *store.Query) (cursor, error) {
	first := cursor{Total: -1, Of: l.question(agent)}
	if l.Cursor == nil {
		if l.StartIndex != nil {
			q.Offset = max(*l.StartIndex-1, 0)
		}
		return first, nil
	}
	if *l.Cursor == "" {
		return first, nil
	}
	at := cursor{}
	raw, err := base64.RawURLEncoding.DecodeString(*l.Cursor)
	if err != nil || jsonv2.Unmarshal(raw, &at) != nil || at.Of != first.Of || at.Total < 0 || at.Offset < 0 {
		return first, &scim.InputError{SCIMType: "invalidCursor", Detail: "this cursor was not given for this list"}
	}
	q.After, q.Offset = at.After, at.Offset
	return at, nil
}

func (at cursor) next(q store.Query, read int) string {
	if q.SortBy != "" {
		at.After, at.Offset = 0, q.Offset+read
	}
	raw, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (c *call) page(l listing, q store.Query, list scim.List) error {
	list.ItemsPerPage = len(list.Resources)
	if l.Cursor == nil {
		list.StartIndex = q.Offset + 1
	}
	raw, err := jsonv2.Marshal(list)
	if err != nil {
		return err
	}
	write(c.w, http.StatusOK, raw)
	return nil
}
