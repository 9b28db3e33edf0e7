package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// Security layers of GSSAPI, and the size that its three bytes can say (RFC 4752 §3.3).
const (
	layerNone = 1
	layerSeal = 4

	maxSize = 1<<24 - 1
)

// maxSealed is the largest buffer that the server may send: room for a page of a group's members, and little memory.
const maxSealed = 1 << 20

// leastSize is the least that a server must take in one buffer.
const leastSize = 1 << 10

// Kerberos is the mechanism GSSAPI (RFC 4752) with Kerberos.
type Kerberos struct {
	ticket  *ticket
	binding []byte
	sent    request
	wrapper *wrapper
	next    func(challenge []byte) (response []byte, done bool, err error)
}

// NewKerberos gets a ticket for the service that is to be signed in to. A channel's binding (see EndPoint) is given where the
// connection is under TLS: there is no layer then.
func NewKerberos(ctx context.Context, who Account, service Service, binding []byte) (*Kerberos, error) {
	ticket, err := who.ticket(ctx, service)
	if err != nil {
		return nil, err
	}
	return newKerberos(ticket, binding), nil
}

func newKerberos(t *ticket, binding []byte) *Kerberos {
	k := &Kerberos{ticket: t, binding: binding}
	k.next = k.ask
	return k
}

// Name is GSSAPI.
func (k *Kerberos) Name() string { return "GSSAPI" }

// Step goes on with the exchange.
func (k *Kerberos) Step(challenge []byte) ([]byte, bool, error) { return k.next(challenge) }

// Close has nothing to do.
func (k *Kerberos) Close() error { return nil }

// Layer is what was agreed on.
func (k *Kerberos) Layer() Layer {
	if k.binding != nil || k.wrapper == nil {
		return nil
	}
	return k.wrapper
}

func (k *Kerberos) ask([]byte) (_ []byte, _ bool, err error) {
	k.sent, err = k.ticket.newRequest(k.binding)
	k.next = k.hear
	return k.sent.token, false, err
}

// hear takes the server's proof; an empty response asks for its offer.
func (k *Kerberos) hear(proof []byte) (_ []byte, _ bool, err error) {
	k.wrapper, err = k.ticket.accepted(k.sent, proof)
	k.next = k.choose
	return []byte{}, false, err
}

// choose takes the server's offer: which layers it knows, and the largest buffer that it takes (RFC 4752 §3.1).
func (k *Kerberos) choose(offer []byte) ([]byte, bool, error) {
	k.next = func([]byte) ([]byte, bool, error) { return nil, false, errors.New("the server goes on after the end") }
	said, err := k.wrapper.verify(offer)
	if err != nil {
		return nil, false, err
	}
	choice, bounds, err := agree(said, k.binding != nil, k.wrapper.overhead())
	if err != nil {
		return nil, false, err
	}
	k.wrapper.bounds = bounds
	response, err := k.wrapper.sign(choice)
	return response, true, err
}

// agree answers an offer: to seal, or nothing under TLS.
func agree(offer []byte, underTLS bool, overhead int) (choice []byte, b bounds, err error) {
	if len(offer) != 4 {
		return nil, b, fmt.Errorf("the server's offer has %d bytes", len(offer))
	}
	layers, takes := offer[0], int(binary.BigEndian.Uint32(offer)&maxSize)
	switch {
	case underTLS && layers&layerNone == 0:
		return nil, b, errors.New("the server asks for a SASL layer under TLS")
	case underTLS:
		return []byte{layerNone, 0, 0, 0}, b, nil
	case layers&layerSeal == 0:
		return nil, b, ErrNoSealing
	case takes < leastSize:
		return nil, b, fmt.Errorf("the server takes %d bytes in one buffer, which is too little", takes)
	}
	return binary.BigEndian.AppendUint32(nil, layerSeal<<24|maxSealed), bounds{takes - overhead, maxSealed}, nil
}
