package adtest

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

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
	if dn == "<SID="+s.sid(accountObject)+">" {
		return accountObject, nil
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
