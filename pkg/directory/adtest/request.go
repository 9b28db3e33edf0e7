package adtest

import (
	"fmt"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// Controls that are understood (MS-ADTS 3.1.1.3.4.1).
const (
	oidPaging       = "1.2.840.113556.1.4.319"
	oidShowDeleted  = "1.2.840.113556.1.4.417"
	oidNotification = "1.2.840.113556.1.4.528"
	oidExtendedDN   = "1.2.840.113556.1.4.529"
	oidDirSync      = "1.2.840.113556.1.4.841"
	oidSDFlags      = "1.2.840.113556.1.4.801"
)

// request is a search as it was asked for (RFC 4511 §4.5.1).
type request struct {
	id       int64
	base     string
	scope    int64
	filter   *filter
	selected selection

	extended     bool
	showDeleted  bool
	notification bool
	paging       *paging
	dirSync      *dirSync
}

type paging struct {
	size   int
	cookie string
}

type dirSync struct {
	flags  int64
	cookie string
}

func (s *Server) parse(id int64, op, controls *ber.Packet) (*request, error) {
	r := &request{id: id, base: text(child(op, 0)), scope: number(child(op, 1)), selected: selectionOf(child(op, 7))}
	var err error
	if r.filter, err = s.compile(child(op, 6)); err != nil {
		return nil, err
	}
	for _, c := range controls.Children {
		if err := r.control(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *request) control(c *ber.Packet) error {
	value := child(c, len(c.Children)-1)
	switch oid := text(child(c, 0)); oid {
	case oidShowDeleted:
		r.showDeleted = true
	case oidNotification:
		r.notification = true
	case oidExtendedDN:
		r.extended = true
	case oidSDFlags: // a discretionary list is all there is
	case oidPaging:
		v := inside(value)
		r.paging = &paging{size: int(number(child(v, 0))), cookie: text(child(v, 1))}
	case oidDirSync:
		v := inside(value)
		r.dirSync = &dirSync{flags: number(child(v, 0)), cookie: text(child(v, 2))}
	default:
		if critical, _ := child(c, 1).Value.(bool); critical {
			return fmt.Errorf("control %s is not known", oid)
		}
	}
	return nil
}

// inside decodes the BER in an octet string.
func inside(value *ber.Packet) *ber.Packet {
	if value.Data == nil || value.Data.Len() == 0 {
		return &ber.Packet{}
	}
	p, err := ber.DecodePacketErr(value.Data.Bytes())
	if err != nil {
		return &ber.Packet{}
	}
	return p
}

// selection is the list of attributes asked for.
type selection struct {
	all, guid, parent, name, class, deleted, dn bool
	member                                      bool
	memberFrom                                  int  // member;range=1500-*
	memberRanged                                bool // a range was asked for
	others                                      map[string]bool
}

func selectionOf(p *ber.Packet) selection {
	s := selection{others: map[string]bool{}, all: len(p.Children) == 0}
	for _, c := range p.Children {
		name, option, _ := strings.Cut(strings.ToLower(text(c)), ";")
		switch name {
		case "*":
			s.all = true
		case "objectguid":
			s.guid = true
		case "parentguid":
			s.parent = true
		case "name":
			s.name = true
		case "objectclass":
			s.class = true
		case "isdeleted":
			s.deleted = true
		case "distinguishedname":
			s.dn = true
		case "member":
			s.member = true
			if from, found := strings.CutPrefix(option, "range="); found {
				s.memberRanged = true
				s.memberFrom, _ = strconv.Atoi(strings.SplitN(from, "-", 2)[0])
			}
		default:
			s.others[name] = true
		}
	}
	if s.all {
		s.guid, s.name, s.class, s.deleted, s.member, s.dn = true, true, true, true, true, true
	}
	return s
}

// wants reports whether an attribute that objects carry was asked for. The usual spelling costs no allocation.
func (s *selection) wants(name string) bool {
	return s.all || s.others[lowered[name]] || s.others[strings.ToLower(name)]
}
