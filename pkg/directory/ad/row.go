package ad

import (
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// row is an entry as the directory gave it, with the values of whatever attributes were asked for: for looking around. What
// sync reads goes through the decoder.
type row struct {
	dn     string
	values map[string][]string // by the attribute's name in lower case
}

// value gives the first value of an attribute, or "".
func (r row) value(attribute string) string {
	if values := r.values[strings.ToLower(attribute)]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (r row) all(attribute string) []string { return r.values[strings.ToLower(attribute)] }

// rows makes one request and gives its entries.
func (s *session) rows(ctx context.Context, request *ldap.SearchRequest) ([]row, error) {
	rows, _, err := s.rowsAnd(ctx, request)
	return rows, err
}

func (s *session) rowsAnd(ctx context.Context, request *ldap.SearchRequest) (rows []row, controls []ldap.Control, err error) {
	controls, err = s.search(ctx, request, func(message []byte) error {
		r, err := rowOf(string(message))
		rows = append(rows, r)
		return err
	})
	return rows, controls, err
}

func rowOf(message string) (row, error) {
	dn, attributes, err := envelope(message)
	r := row{dn: dn, values: map[string][]string{}}
	for err == nil && attributes != "" {
		var one, name, values string
		if one, attributes, err = expect(tagSequence, attributes); err != nil {
			break
		}
		if name, values, err = expect(tagOctetString, one); err != nil {
			break
		}
		if values, _, err = expect(tagSet, values); err != nil {
			break
		}
		name = strings.ToLower(name)
		err = each(values, func(value string) error {
			r.values[name] = append(r.values[name], value)
			return nil
		})
	}
	if err != nil {
		return row{}, wrong("decoding an entry: %w", err)
	}
	return r, nil
}

// baseOf asks for one entry.
func baseOf(dn string, attributes []string, controls ...ldap.Control) *ldap.SearchRequest {
	return ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, everything, attributes, controls)
}

const everything = "(objectClass=*)"

// atOnce is how many entries a page has: Windows gives no more.
const atOnce = 1000

// few gives the first entries of an answer, at most so many: a page, since Samba does not know a size limit.
func (s *session) few(ctx context.Context, base string, scope, most int, filter string, attributes []string, controls ...ldap.Control) ([]row, error) {
	request := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes,
		append(controls, ldap.NewControlPaging(uint32(most))))
	rows, err := s.rows(ctx, request)
	return rows[:min(len(rows), most)], err
}

// every gives all entries of an answer, page by page.
func (s *session) every(ctx context.Context, base, filter string, attributes []string, controls ...ldap.Control) (all []row, err error) {
	paging := ldap.NewControlPaging(atOnce)
	for {
		request := ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes,
			append([]ldap.Control{paging}, controls...))
		rows, answered, err := s.rowsAnd(ctx, request)
		if all = append(all, rows...); err != nil {
			return nil, err
		}
		if paging = nextPage(answered); paging == nil {
			return all, nil
		}
	}
}

// nextPage gives the control that asks for the page after an answer; nil when that was the last one (RFC 2696).
func nextPage(answered []ldap.Control) *ldap.ControlPaging {
	last, ok := ldap.FindControl(answered, ldap.ControlTypePaging).(*ldap.ControlPaging)
	if !ok || len(last.Cookie) == 0 {
		return nil
	}
	next := ldap.NewControlPaging(atOnce)
	next.SetCookie(last.Cookie)
	return next
}
