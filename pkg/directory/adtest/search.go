package adtest

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
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
	if before := s.faulty().BeforeRange; before != nil && r.selected.memberRanged {
		before()
	}
	base, err := s.resolve(r.base)
	if err != nil {
		return err
	}
	if base == deletedObject && (s.hidesDeleted() || !r.showDeleted) {
		return errNoObject
	}
	if base == rootObject && r.selected.others["repluptodatevector"] {
		return c.single(r, s.base, map[string][]string{"replUpToDateVector": {c.upToDate()}})
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
	if c.server.faulty().NoFinalControl {
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

// scan writes the matching objects from a number on, and gives the number to go on from when the limit cut it.
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
	count, at := 0, from
	if order != nil {
		at, _ = slices.BinarySearch(order, int32(from))
	}
	for {
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
				return int(n), e.flush()
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
	if lost := s.faults.PassedOver; !lost.IsZero() && r.filter.only == nil && r.scope == 2 && s.guid(n) == lost {
		return false
	}
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
