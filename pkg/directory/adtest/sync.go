package adtest

import (
	"encoding/binary"
	"sort"

	"passlysync/pkg/directory"
)

// cookie is a place in the directory's history: everything up to since is known, and of the answer in progress, which
// reaches up to until, the first at rows were sent. It is 8+8+8+16 bytes.
type cookie struct {
	since, until int64
	at           int64
	invocation   directory.GUID
}

func (c cookie) bytes() string {
	var b []byte
	b = binary.LittleEndian.AppendUint64(b, uint64(c.since))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.until))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.at))
	return string(append(b, c.invocation[:]...))
}

func cookieFrom(text string) (c cookie, ok bool) {
	if len(text) != 40 {
		return c, text == ""
	}
	b := []byte(text)
	c.since = int64(binary.LittleEndian.Uint64(b))
	c.until = int64(binary.LittleEndian.Uint64(b[8:]))
	c.at = int64(binary.LittleEndian.Uint64(b[16:]))
	copy(c.invocation[:], b[24:])
	return c, c.since >= 0 && c.at >= 0
}

// sync answers a DirSync search (MS-ADTS 3.1.1.3.4.1.3).
func (c *client) sync(r *request) error {
	s := c.server
	f := s.faulty()
	at, ok := cookieFrom(r.dirSync.cookie)
	switch code := s.refusesDirSync(); {
	case code != 0:
		return &refusal{code, "the directory does not allow DirSync"}
	case f.PassCode != 0:
		return &refusal{f.PassCode, "an injected fault"}
	case s.lacksReplication() && r.dirSync.flags&1 == 0:
		return &refusal{50, "00002105: SecErr: DSID-03152DFE, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0"}
	case !ok, f.RefuseCursor && r.dirSync.cookie != "":
		return &refusal{12, "00000057: LdapErr: DSID-0C090D8E, comment: Error processing control, data 0"}
	}
	if base, err := s.resolve(r.base); err != nil || base != rootObject || r.scope != 2 {
		return &refusal{53, "DirSync needs the root of a naming context"}
	}
	s.mu.RLock()
	if at.invocation != s.invocation { // a cookie of elsewhere is answered with everything, silently
		at = cookie{invocation: s.invocation}
	}
	if at.until == 0 {
		at.until = s.usn
	}
	s.mu.RUnlock()
	r.showDeleted = true
	if f.Referral {
		if err := c.refer(r); err != nil {
			return err
		}
	}
	more, err := c.sendChanges(r, &at)
	if err != nil {
		return err
	}
	return c.endSync(r, at, more, f)
}

// refer sends a SearchResultReference (RFC 4511 §4.5.3).
func (c *client) refer(r *request) error {
	var p packet
	outer, inner := p.message(r.id, opSearchReference)
	p.text("ldap://ForestDnsZones." + c.server.options.Domain + "/DC=ForestDnsZones," + c.server.base)
	p.close(inner)
	p.close(outer)
	return c.send(p.b)
}

// sendChanges writes a part of the history and moves the cookie on.
func (c *client) sendChanges(r *request, at *cookie) (more bool, err error) {
	if at.since == 0 {
		at.at, more, err = c.sendAll(r, int(at.at), at.until)
	} else {
		at.at, more, err = c.sendLog(r, at)
	}
	if !more {
		*at = cookie{since: at.until, invocation: at.invocation}
	}
	return more, err
}

// sendAll goes through the objects that there were when the read began.
func (c *client) sendAll(r *request, from int, until int64) (next int64, more bool, err error) {
	s, e := c.server, c.emitter(r, 0)
	for at := from; ; {
		s.mu.RLock()
		for end := min(at+chunk, len(s.objects)); at < end && !e.fail; at++ {
			n := int32(at)
			if s.objects[n].created > until || !s.visible(r, n, rootObject) || !r.filter.match(s, n) {
				continue
			}
			if s.options.SplitAt > 0 && e.count == s.options.SplitAt {
				s.mu.RUnlock()
				return int64(at), true, e.flush()
			}
			if s.options.LinksFirst && s.objects[n].class == classGroup && !s.objects[n].deleted {
				e.links(n)
			}
			e.write(n, nil)
		}
		finished := at >= len(s.objects)
		s.mu.RUnlock()
		if err := e.flush(); err != nil || finished {
			return 0, false, err
		}
	}
}

// sendLog goes through the log's rows after the cookie; each object comes once, at its last row.
func (c *client) sendLog(r *request, at *cookie) (next int64, more bool, err error) {
	s, e := c.server, c.emitter(r, at.since)
	s.mu.RLock()
	begin := sort.Search(len(s.log), func(i int) bool { return s.log[i].usn > at.since })
	rows := s.log[begin:]
	rows = rows[:sort.Search(len(rows), func(i int) bool { return rows[i].usn > at.until })]
	last := map[int32]int{}
	links := map[int32][]change{}
	for i, row := range rows {
		last[row.object] = i
		if row.member != none {
			links[row.object] = append(links[row.object], row)
		}
	}
	i := int(min(at.at, int64(len(rows))))
	for ; i < len(rows) && !e.fail; i++ {
		n := rows[i].object
		if last[n] != i || !s.visible(r, n, rootObject) || !r.filter.match(s, n) {
			continue
		}
		if s.options.SplitAt > 0 && e.count == s.options.SplitAt {
			more = true
			break
		}
		e.write(n, links[n])
	}
	s.mu.RUnlock()
	return int64(i), more, e.flush()
}

// endSync sends the final response with its control: more, the size of nothing, and the cookie.
func (c *client) endSync(r *request, at cookie, more bool, f Faults) error {
	if f.NoFinalControl {
		return c.done(r.id, 5, 0, "")
	}
	flag := int64(0)
	if more {
		flag = 1
	}
	value := at.bytes()
	if f.EmptyCookie {
		value = ""
	}
	return c.doneWith(r.id, func(p *packet) {
		p.control(oidDirSync, func(p *packet) {
			if f.GarbageControl {
				p.b = append(p.b, 0x30, 0x05, 0x02, 0x7f)
				return
			}
			seq := p.open(tagSequence)
			p.integer(tagInteger, flag)
			p.integer(tagInteger, 0)
			p.text(value)
			p.close(seq)
		})
	})
}
