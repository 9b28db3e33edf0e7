package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"passlysync/pkg/problem"
)

// Search finds resources of one type by what they are called, for one batch of questions: by filter, and where the endpoint refuses
// that, or passes it over, by listing everything once.
type Search struct {
	client   *Client
	resource string
	all      []Known // once it was listed
	listed   bool
}

// Search begins a search.
func (c *Client) Search(resource string) *Search { return &Search{client: c, resource: resource} }

// ByExternalID finds the resource of an externalId, which each client of Passly's endpoint has to itself.
func (s *Search) ByExternalID(ctx context.Context, externalID string) (Known, bool, error) {
	found, err := s.by(ctx, "externalId", externalID, func(k Known) bool { return strings.EqualFold(k.ExternalID, externalID) })
	if len(found) == 0 || err != nil {
		return Known{}, false, err
	}
	return found[0], true, nil
}

// ByName finds the resources of a name: of users the user name, of groups the display name, in any case.
func (s *Search) ByName(ctx context.Context, name string) ([]Known, error) {
	if s.resource == Groups {
		return s.by(ctx, "displayName", name, func(k Known) bool { return strings.EqualFold(k.DisplayName, name) })
	}
	return s.by(ctx, "userName", name, func(k Known) bool { return strings.EqualFold(k.UserName, name) })
}

func (s *Search) by(ctx context.Context, attribute, value string, is func(Known) bool) (found []Known, err error) {
	if !s.listed {
		var strange bool
		found, strange, err = s.filter(ctx, attribute, value, is)
		if !strange || s.listed {
			return found, err
		}
		if err := s.List(ctx); err != nil {
			return nil, fmt.Errorf("looking for %s: %w", value, err)
		}
	}
	found = nil
	for _, one := range s.all {
		if is(one) {
			found = append(found, one)
		}
	}
	return found, nil
}

// filter asks by filter; strange: the endpoint cannot, or gave others beside.
func (s *Search) filter(ctx context.Context, attribute, value string, is func(Known) bool) (found []Known, strange bool, err error) {
	if s.client.cannot(s.resource, attribute) {
		return nil, true, nil
	}
	quoted, err := jsontext.AppendQuote(nil, value)
	if err != nil {
		return nil, false, fmt.Errorf("looking for a resource: %w", err)
	}
	query := url.Values{"attributes": {"id,externalId,active,userName,displayName"}, "filter": {attribute + " eq " + string(quoted)}}
	page, err := s.client.list(ctx, s.resource, query)
	if err != nil {
		if s.client.adapts && refusesFilter(err) {
			s.client.remember(s.resource, attribute)
			return nil, true, nil
		}
		return nil, false, fmt.Errorf("looking for %s: %w", value, err)
	}
	for _, raw := range page.Resources {
		one, err := ReadKnown(raw)
		if err != nil {
			return nil, false, fmt.Errorf("looking for %s: %w", value, err)
		}
		if is(one) {
			found = append(found, one)
		} else {
			strange = true
		}
	}
	return found, strange && len(found) == 0, nil
}

// refusesFilter tells that an endpoint does not know a filter from its being away.
func refusesFilter(err error) bool {
	return problem.Is(err, problem.Invalid) || problem.Is(err, problem.Forbidden) || statusOf(err) == http.StatusNotImplemented
}

// maxListed bounds what is kept of a list, which may go on for ever.
const maxListed = 1_000_000

// List has the search know everything, so that no more is asked.
func (s *Search) List(ctx context.Context) error {
	if s.listed {
		return nil
	}
	s.all = nil
	query := url.Values{}
	if s.resource == Groups {
		query.Set("excludedAttributes", "members") // which users have not
	}
	err := s.client.Each(ctx, s.resource, query, func(raw json.RawMessage) error {
		one, err := ReadKnown(raw)
		if one.Members = nil; len(s.all) == maxListed {
			err = notPaging(s.resource)
		}
		s.all = append(s.all, one)
		return err
	})
	s.listed = err == nil
	return err
}

// cannot reports whether the endpoint refused to be searched by an attribute.
func (c *Client) cannot(resource, attribute string) bool {
	c.adapting.Lock()
	defer c.adapting.Unlock()
	return c.unsearched[resource+attribute]
}

func (c *Client) remember(resource, attribute string) {
	c.adapting.Lock()
	defer c.adapting.Unlock()
	if c.unsearched == nil {
		c.unsearched = map[string]bool{}
	}
	c.unsearched[resource+attribute] = true
}
