package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"passlysync/pkg/problem"
)

// listed is a list response as a client reads it; see List.
type listed struct {
	Schemas      lax[[]string]     `json:"schemas"`
	TotalResults count             `json:"totalResults"`
	StartIndex   count             `json:"startIndex"`
	NextCursor   string            `json:"nextCursor"`
	Resources    []json.RawMessage `json:"Resources"`
}

// list asks for one page. What is no list is none that is empty: something before the service may have answered.
func (c *Client) list(ctx context.Context, resource string, query url.Values) (listed, error) {
	var raw json.RawMessage
	page := listed{TotalResults: unsaid, StartIndex: unsaid}
	if err := c.do(ctx, http.MethodGet, resource+"?"+query.Encode(), nil, &raw); err != nil {
		return page, err
	}
	err := json.Unmarshal(raw, &page)
	if err == nil && (slices.Contains(page.Schemas.value, ListSchema) || page.TotalResults != unsaid || page.Resources != nil) {
		return page, nil
	}
	return page, &problem.Problem{
		Code: problem.Invalid, Title: "The answer is no list of resources", Op: "asking for " + resource, Err: err,
		Text: "It is read as no answer, not as an empty list.", Hint: "If it stays, look whether something stands before the service.",
	}
}

// page is how many resources Each asks for at once, smallPage where that is refused; maxPages bounds what an endpoint that goes on for ever can cost.
const (
	page      = 1000
	smallPage = 100
	maxPages  = 100_000
)

// firstPage asks for the first page, of as many as the endpoint gives at once.
func (l limits) firstPage() url.Values {
	atOnce := page
	if l.listed > 0 {
		atOnce = min(atOnce, l.listed)
	}
	q := url.Values{"count": {strconv.Itoa(atOnce)}, "cursor": {""}}
	if l.indexed {
		q.Del("cursor")
		q.Set("startIndex", "1")
	}
	return q
}

// Each hands every resource of a type to yield, by cursor paging (RFC 9865) where the endpoint has it, else by index.
func (c *Client) Each(ctx context.Context, resource string, query url.Values, yield func(json.RawMessage) error) error {
	l, err := c.adapted(ctx)
	if err != nil {
		return err
	}
	q := l.firstPage()
	for name, values := range query {
		q[name] = values
	}
	way := &paging{resource: resource, began: map[string]bool{}}
	for range maxPages {
		page, err := c.list(ctx, resource, q)
		if c.adapts && way.got == 0 && (problem.Is(err, problem.Invalid) || problem.Is(err, problem.TooLarge)) {
			q.Set("count", strconv.Itoa(smallPage)) // some refuse what is more than they give, though RFC 7644 §3.4.2.4 has them give less
			page, err = c.list(ctx, resource, q)
		}
		if err != nil {
			return fmt.Errorf("listing %s: %w", resource, err)
		}
		if err := way.comesOn(page, q); err != nil {
			return err
		}
		for _, one := range page.Resources {
			if err := yield(one); err != nil {
				return err
			}
		}
		if more, err := way.goOn(page, q); err != nil || !more {
			return err
		}
	}
	return way.broken()
}

// paging is the way through a list.
type paging struct {
	resource string
	got      int
	began    map[string]bool // cursors, and ids with which pages began: what comes twice does not go on
}

// comesOn refuses a page that is not the one that was asked for.
func (p *paging) comesOn(page listed, q url.Values) error {
	asked := q.Get("startIndex")
	if p.got > 0 && asked != "" && page.StartIndex != unsaid && strconv.Itoa(int(page.StartIndex)) != asked && len(page.Resources) > 0 {
		return p.broken()
	}
	if len(page.Resources) == 0 {
		return nil
	}
	first, err := ReadKnown(page.Resources[0])
	if err != nil {
		return fmt.Errorf("listing %s: %w", p.resource, err)
	}
	if p.began["id "+first.ID] && first.ID != "" {
		return p.broken()
	}
	p.began["id "+first.ID] = true
	return nil
}

// goOn has q ask for the next page, or says that there is none.
func (p *paging) goOn(page listed, q url.Values) (bool, error) {
	p.got += len(page.Resources)
	switch {
	case page.NextCursor != "" && !p.began["cursor "+page.NextCursor]:
		p.began["cursor "+page.NextCursor] = true
		q.Set("cursor", page.NextCursor)
		return true, nil
	case page.NextCursor != "":
		return false, p.broken()
	case q.Get("cursor") != "":
		return false, nil // with a cursor (RFC 9865) totalResults may be an estimate
	case page.TotalResults != unsaid && p.got >= int(page.TotalResults), page.TotalResults == unsaid && len(page.Resources) == 0:
		return false, nil
	case len(page.Resources) == 0:
		return false, p.broken()
	}
	q.Del("cursor")
	q.Set("startIndex", strconv.Itoa(p.got+1))
	return true, nil
}

func (p *paging) broken() error { return notPaging(p.resource) }
