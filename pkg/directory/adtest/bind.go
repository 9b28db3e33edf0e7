package adtest

import (
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// account is who may bind.
type account struct {
	dn       string
	password string
	data     string // AD's error code for a refusal even with the right password, such as 533
}

// SetAccountRefusal lets the account's bind fail with an Active Directory error code: 533 disabled, 701 expired, 773
// must change its password, 775 locked. Empty lets it in again.
func (s *Server) SetAccountRefusal(data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[s.options.Account].data = data
}

// SetPassword changes the account's password.
func (s *Server) SetPassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Password = password
	s.accounts[s.options.Account].password = password
}

func (c *client) bind(id int64, op *ber.Packet) bool {
	name, password := text(child(op, 1)), child(op, 2)
	if password.ClassType != ber.ClassContext || password.Tag != 0 {
		return c.done(id, 1, 7, "only simple binds") == nil
	}
	if !c.secure {
		return c.done(id, 1, 8, "BindSimple: Transport encryption required.") == nil
	}
	c.bound = false
	if name == "" && text(password) == "" { // anonymous
		return c.done(id, 1, 0, "") == nil
	}
	if data := c.server.refusal(name, text(password)); data != "" {
		return c.done(id, 1, 49, fmt.Sprintf("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data %s, v1db1", data)) == nil
	}
	c.bound = true
	return c.done(id, 1, 0, "") == nil
}

// refusal gives the AD error code that a bind fails with, or "".
func (s *Server) refusal(name, password string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.faults.BindData != "" {
		return s.faults.BindData
	}
	a := s.accountOf(name)
	switch {
	case a == nil, a.password != password:
		return "52e"
	}
	return a.data
}

// accountOf finds an account by user principal name, DOMAIN\name or distinguished name.
func (s *Server) accountOf(name string) *account {
	if at, domain, found := strings.Cut(name, "@"); found && strings.EqualFold(domain, s.options.Domain) {
		name = at
	} else if domain, at, found := strings.Cut(name, `\`); found && strings.EqualFold(domain, s.netbios) {
		name = at
	} else {
		for _, a := range s.accounts {
			if strings.EqualFold(a.dn, name) {
				return a
			}
		}
		return nil
	}
	for known, a := range s.accounts {
		if strings.EqualFold(known, name) {
			return a
		}
	}
	return nil
}
