package preflight

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a small name server on loopback, and a resolver that asks it alone. Names end with a dot; a value is an
// address, or the target of a service record.
func nameServer(t *testing.T, records map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			if answer, err := answer(query[:n], records); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answer(query []byte, records map[string][]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	question := m.Questions[0]
	m.Response, m.Additionals = true, nil
	values, known := records[question.Name.String()]
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for i, value := range values {
		address, err := netip.ParseAddr(value)
		var body dnsmessage.ResourceBody
		switch {
		case err == nil && question.Type == dnsmessage.TypeA && address.Is4():
			body = &dnsmessage.AResource{A: address.As4()}
		case err != nil && question.Type == dnsmessage.TypeSRV:
			body = &dnsmessage.SRVResource{Priority: uint16(i), Port: 389, Target: dnsmessage.MustNewName(value)}
		default:
			continue
		}
		header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 60}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: body})
	}
	return m.Pack()
}
