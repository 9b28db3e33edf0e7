package adtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// refusal is an answer with a result code.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

var errNoObject = &refusal{32, "0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0"}

// search answers one search, and says whether the connection goes on.
func (c *client) search(id int64, op, controls *ber.Packet) bool {
	r, err := c.server.parse(id, op, controls)
	if err != nil {
		return c.done(id, 5, 12, err.Error()) == nil
	}
	err = c.answer(r)
	var no *refusal
	if errors.As(err, &no) {
		return c.done(id, 5, no.code, no.text) == nil
	}
	return err == nil
}

func (c *client) answer(r *request) error {
	f := c.server.faulty()
	switch {
	case r.base == "" && r.scope == 0:
		return c.rootDSE(r)
	case !c.bound:
		return &refusal{1, "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0"}
	case f.SearchCode != 0:
		return &refusal{f.SearchCode, "an injected fault"}
	case r.notification:
		return c.watch(r)
	case r.dirSync != nil:
		return c.sync(r)
	case strings.EqualFold(r.base, c.server.ntdsDN()):
		return c.ntds(r)
	}
	return c.plain(r)
}

// plain answers a search without DirSync.
func (c *client) plain(r *request) error {
	s := c.server
	base, err := s.resolve(r.base)
	if err != nil {
		return err
	}
	if base == deletedObject && (s.hidesDeleted() || !r.showDeleted) {
		return errNoObject
	}
	from, limit := 0, s.options.PageLimit
	if r.paging != nil {
		from, _ = strconv.Atoi(r.paging.cookie)
		if limit == 0 || r.paging.size < limit {
			limit = max(r.paging.size, 1)
		}
	}
	next, err := c.scan(r, base, from, limit)
	if err != nil {
		return err
	}
	return c.finish(r, next)
}

// finish ends a plain search: with the place of the next page, or a size limit error where the client does not page.
func (c *client) finish(r *request, next int) error {
	if r.paging == nil {
		if next > 0 {
			return &refusal{4, "size limit exceeded"}
		}
		return c.done(r.id, 5, 0, "")
	}
	cookie := ""
	if next > 0 {
		cookie = strconv.Itoa(next)
	}
	return c.doneWith(r.id, func(p *packet) {
		p.control(oidPaging, func(p *packet) {
			seq := p.open(tagSequence)
			p.integer(tagInteger, 0)
			p.text(cookie)
			p.close(seq)
		})
	})
}

// doneWith sends a successful end of a search with controls.
func (c *client) doneWith(id int64, controls func(*packet)) error {
	var p packet
	outer, inner := p.message(id, opSearchDone)
	p.result(0, "")
	p.close(inner)
	list := p.open(tagControls)
	controls(&p)
	p.close(list)
	p.close(outer)
	return c.send(p.b)
}

// scan writes the matching objects from a place on, and gives the place after the last one when the limit cut it.
func (c *client) scan(r *request, base int32, from, limit int) (next int, err error) {
	s := c.server
	order := r.filter.only
	if r.scope == 0 {
		order = []int32{base}
	}
	length := func() int {
		if order != nil {
			return len(order)
		}
		return len(s.objects)
	}
	e := c.emitter(r, 0)
	count := 0
	for at := from; ; {
		s.mu.RLock()
		for end := min(at+chunk, length()); at < end; at++ {
			n := int32(at)
			if order != nil {
				n = order[at]
			}
			if !s.visible(r, n, base) || !r.filter.match(s, n) {
				continue
			}
			if limit > 0 && count == limit {
				s.mu.RUnlock()
				return at, e.flush()
			}
			count++
			e.write(n, nil)
		}
		finished := at >= length()
		s.mu.RUnlock()
		if err := e.flush(); err != nil || finished {
			return 0, err
		}
	}
}

func (s *Server) visible(r *request, n, base int32) bool {
	o := &s.objects[n]
	if o.deleted && (!r.showDeleted || s.options.HidesDeleted) {
		return false
	}
	switch r.scope {
	case 0:
		return n == base
	case 1:
		return o.parent == base
	}
	return s.within(n, base)
}

// resolve finds the object of a DN, <GUID=…> or <WKGUID=…,…>.
func (s *Server) resolve(dn string) (int32, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if text, found := strings.CutPrefix(dn, "<GUID="); found {
		id, err := directory.ParseGUID(strings.TrimSuffix(text, ">"))
		if err != nil {
			return none, &refusal{34, "invalid DN syntax"}
		}
		if n := s.number(id); n != none && (!s.objects[n].deleted || n == deletedObject) {
			return n, nil
		}
		return none, errNoObject
	}
	if strings.HasPrefix(dn, "<WKGUID=18E2EA80684F11D2B9AA00C04F79F805,") {
		return deletedObject, nil
	}
	return s.walk(dn)
}

// walk goes down from the domain, name by name.
func (s *Server) walk(dn string) (int32, error) {
	head, found := cutSuffixFold(dn, s.base)
	if !found {
		return none, &refusal{10, "0000202B: RefErr: DSID-03100835, data 0, 1 access points"}
	}
	parsed, err := ldap.ParseDN(strings.TrimSuffix(head, ","))
	if err != nil {
		return none, &refusal{34, "invalid DN syntax"}
	}
	at := rootObject
	for i := len(parsed.RDNs) - 1; i >= 0; i-- {
		if at = s.child(at, parsed.RDNs[i].Attributes[0].Value); at == none {
			return none, errNoObject
		}
	}
	return at, nil
}

func cutSuffixFold(text, suffix string) (string, bool) {
	if len(text) < len(suffix) || !strings.EqualFold(text[len(text)-len(suffix):], suffix) {
		return text, false
	}
	return text[:len(text)-len(suffix)], true
}

// ntdsDN is the DN of the object that holds the invocationId.
func (s *Server) ntdsDN() string {
	return "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + s.base
}

// rootDSE answers what a client asks first (MS-ADTS 3.1.1.3.2).
func (c *client) rootDSE(r *request) error {
	s := c.server
	return c.single(r, "", map[string]string{
		"defaultNamingContext": s.base, "rootDomainNamingContext": s.base, "dnsHostName": s.host(), "dsServiceName": s.ntdsDN(),
		"serverName": strings.TrimPrefix(s.ntdsDN(), "CN=NTDS Settings,"), "highestCommittedUSN": fmt.Sprint(s.lastUSN()),
		"supportedLDAPVersion": "3",
	})
}

func (c *client) ntds(r *request) error {
	c.server.mu.RLock()
	id := c.server.invocation
	c.server.mu.RUnlock()
	return c.single(r, c.server.ntdsDN(), map[string]string{"invocationId": string(id[:])})
}

func (s *Server) lastUSN() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.usn
}

// single answers with one entry that is no object.
func (c *client) single(r *request, dn string, values map[string]string) error {
	var p packet
	outer, inner := p.message(r.id, opSearchEntry)
	p.text(dn)
	list := p.open(tagSequence)
	for name, value := range values {
		if r.selected.wants(name) {
			p.attribute(name, value)
		}
	}
	p.close(list)
	p.close(inner)
	p.close(outer)
	if err := c.send(p.b); err != nil {
		return err
	}
	return c.done(r.id, 5, 0, "")
}
