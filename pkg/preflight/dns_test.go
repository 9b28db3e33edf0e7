package preflight

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a small name server on loopback, and a resolver that asks it alone, over TCP (RFC 7766). Names end with a dot; a
// value is an address, or the target of a service record.
func nameServer(t *testing.T, records map[string][]string) *net.Resolver {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerOn(conn, records)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}}
}

// answerOn answers what comes on a connection, each message behind its length (RFC 1035, 4.2.2).
func answerOn(conn net.Conn, records map[string][]string) {
	defer conn.Close()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer, err := answer(query, records)
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
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
