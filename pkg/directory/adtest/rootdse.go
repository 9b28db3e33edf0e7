package adtest

import (
	"fmt"
	"strings"
	"time"
)

// ntdsDN is the DN of the object that holds the invocationId.
func (s *Server) ntdsDN() string {
	return "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + s.base
}

// rootDSE answers what a client asks first (MS-ADTS 3.1.1.3.2).
func (c *client) rootDSE(r *request) error {
	s := c.server
	return c.single(r, "", map[string][]string{
		"defaultNamingContext": {s.base}, "rootDomainNamingContext": {s.base}, "configurationNamingContext": {"CN=Configuration," + s.base},
		"dnsHostName": {c.identity().name}, "dsServiceName": {s.ntdsDN()}, "serverName": {strings.TrimPrefix(s.ntdsDN(), "CN=NTDS Settings,")},
		"highestCommittedUSN": {fmt.Sprint(s.lastUSN())}, "supportedLDAPVersion": {"3"}, "tokenGroups": s.token(),
		"currentTime": {time.Now().UTC().Format("20060102150405.0Z")},
	})
}

func (c *client) ntds(r *request) error {
	id := c.identity().invocation
	return c.single(r, c.server.ntdsDN(), map[string][]string{"invocationId": {string(id[:])}})
}

func (s *Server) lastUSN() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.faults.CommittedUSN != 0 {
		return s.faults.CommittedUSN
	}
	return s.usn
}

// single answers with one entry that is no object.
func (c *client) single(r *request, dn string, values map[string][]string) error {
	var p packet
	outer, inner := p.message(r.id, opSearchEntry)
	p.text(dn)
	list := p.open(tagSequence)
	for name, value := range values {
		if r.selected.wants(name) {
			p.attribute(name, value...)
		}
	}
	p.close(list)
	p.close(inner)
	p.close(outer)
	for {
		if err := c.send(p.b); err != nil {
			return err
		}
		if !c.server.faulty().Flood {
			return c.done(r.id, 5, 0, "")
		}
	}
}
