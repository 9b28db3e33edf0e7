package adtest

import (
	"encoding/binary"

	ber "github.com/go-asn1-ber/asn1-ber"

	"passlysync/pkg/directory"
)

// Protocol operations and universal tags as they stand on the wire (RFC 4511 §4.2 to §4.14).
const (
	opBindResponse     = 0x61
	opSearchEntry      = 0x64
	opSearchDone       = 0x65
	opSearchReference  = 0x73
	opExtendedResponse = 0x78
	tagControls        = 0xa0
	tagInteger         = 0x02
	tagString          = 0x04
	tagEnumerated      = 0x0a
	tagSequence        = 0x30
	tagSet             = 0x31
)

// packet is a message being encoded. Lengths of constructed elements are written in a fixed form of five bytes and
// filled in at the end, so that nothing is encoded twice (BER allows the long form, X.690 §8.1.3.5).
type packet struct{ b []byte }

func (p *packet) open(tag byte) (mark int) {
	p.b = append(p.b, tag, 0x84, 0, 0, 0, 0)
	return len(p.b)
}

func (p *packet) close(mark int) {
	binary.BigEndian.PutUint32(p.b[mark-4:], uint32(len(p.b)-mark))
}

func (p *packet) head(tag byte, length int) {
	switch {
	case length < 0x80:
		p.b = append(p.b, tag, byte(length))
	case length <= 0xffff:
		p.b = append(p.b, tag, 0x82, byte(length>>8), byte(length))
	default:
		p.b = append(p.b, tag, 0x84)
		p.b = binary.BigEndian.AppendUint32(p.b, uint32(length))
	}
}

func (p *packet) text(s string) {
	p.head(tagString, len(s))
	p.b = append(p.b, s...)
}

func (p *packet) guid(id directory.GUID) {
	p.head(tagString, len(id))
	p.b = append(p.b, id[:]...)
}

func (p *packet) integer(tag byte, value int64) {
	p.head(tag, 4)
	p.b = binary.BigEndian.AppendUint32(p.b, uint32(value))
}

// message opens an LDAP message with its operation.
func (p *packet) message(id int64, op byte) (outer, inner int) {
	outer = p.open(tagSequence)
	p.integer(tagInteger, id)
	return outer, p.open(op)
}

// result writes the LDAPResult of a response (RFC 4511 §4.1.9).
func (p *packet) result(code int, text string) {
	p.b = append(p.b, tagEnumerated, 1, byte(code))
	p.text("")
	p.text(text)
}

// attribute writes one attribute with its values; empty ones are none.
func (p *packet) attribute(name string, values ...string) {
	seq := p.open(tagSequence)
	p.text(name)
	set := p.open(tagSet)
	for _, value := range values {
		if value != "" {
			p.text(value)
		}
	}
	p.close(set)
	p.close(seq)
}

func (p *packet) guidAttribute(name string, id directory.GUID) {
	seq := p.open(tagSequence)
	p.text(name)
	set := p.open(tagSet)
	p.guid(id)
	p.close(set)
	p.close(seq)
}

// control writes one response control.
func (p *packet) control(oid string, value func(*packet)) {
	seq := p.open(tagSequence)
	p.text(oid)
	mark := p.open(tagString)
	value(p)
	p.close(mark)
	p.close(seq)
}

// child gives the i-th child of a decoded packet, an empty one where there is none.
func child(p *ber.Packet, i int) *ber.Packet {
	if p == nil || i >= len(p.Children) {
		return &ber.Packet{}
	}
	return p.Children[i]
}

func text(p *ber.Packet) string {
	if s, ok := p.Value.(string); ok {
		return s
	}
	if p.Data != nil {
		return p.Data.String()
	}
	return ""
}

func number(p *ber.Packet) int64 {
	n, _ := p.Value.(int64)
	return n
}
