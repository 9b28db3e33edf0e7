package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// OwnAccount reports whether a program can sign in as the account that it runs under, without its password.
const OwnAccount = true

// own is GSSAPI with Kerberos, by the system (SSPI): as the account of this process, a managed one too. Kerberos alone and not what
// Windows negotiates, which may end in NTLM: that does not prove the server.
type own struct {
	target  *uint16
	binding []byte // SEC_CHANNEL_BINDINGS; nil: without TLS
	account *sspi.Credentials
	context *sspi.Context
	size    uint32
	next    func(challenge []byte) (response []byte, done bool, err error)
	layer   *systemLayer
}

// NewOwn begins a sign-in as the account of this process. A channel's binding is given where the connection is under TLS.
func NewOwn(_ context.Context, service Service, binding []byte) (Mechanism, error) {
	info, err := sspi.QueryPackageInfo(sspi.MICROSOFT_KERBEROS_NAME)
	if err != nil {
		return nil, fmt.Errorf("asking Windows for Kerberos: %w", systemError(err))
	}
	target, err := syscall.UTF16PtrFromString(service.Name)
	if err != nil {
		return nil, err
	}
	account, err := sspi.AcquireCredentials("", sspi.MICROSOFT_KERBEROS_NAME, sspi.SECPKG_CRED_OUTBOUND, nil)
	if err != nil {
		return nil, fmt.Errorf("asking Windows for this account's credentials: %w", systemError(err))
	}
	o := &own{target: target, account: account, size: info.MaxToken, context: sspi.NewClientContext(account, wanted(binding))}
	if binding != nil {
		o.binding = systemBindings(binding)
	}
	runtime.SetFinalizer(o.context, func(c *sspi.Context) {
		if c.Handle != nil {
			_ = c.Release()
		}
	})
	o.next = o.ask
	return o, nil
}

// wanted is what the context must have: to sign, which the exchange itself does, and without TLS to seal.
func wanted(binding []byte) uint32 {
	flags := uint32(sspi.ISC_REQ_MUTUAL_AUTH | sspi.ISC_REQ_REPLAY_DETECT | sspi.ISC_REQ_SEQUENCE_DETECT | sspi.ISC_REQ_INTEGRITY)
	if binding == nil {
		flags |= sspi.ISC_REQ_CONFIDENTIALITY
	}
	return flags
}

// systemBindings is a SEC_CHANNEL_BINDINGS: eight words, of which the last two say where the data is, and the data.
func systemBindings(data []byte) []byte {
	const head = 32
	b := make([]byte, head, head+len(data))
	binary.LittleEndian.PutUint32(b[24:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[28:], head)
	return append(b, data...)
}

func (o *own) Name() string { return "GSSAPI" }

func (o *own) Step(challenge []byte) ([]byte, bool, error) { return o.next(challenge) }

// Close lets the account's credentials go; the context stays with the layer.
func (o *own) Close() error { return o.account.Release() }

func (o *own) Layer() Layer {
	if o.layer == nil || o.binding != nil {
		return nil
	}
	return o.layer
}

func (o *own) ask(challenge []byte) ([]byte, bool, error) {
	token, done, err := o.update(challenge)
	if err != nil {
		return nil, false, err
	}
	if done {
		return nil, false, violation("the server was taken without a proof")
	}
	o.next = o.hear
	return token, false, nil
}

// hear takes the server's proof.
func (o *own) hear(proof []byte) ([]byte, bool, error) {
	token, done, err := o.update(proof)
	if err != nil || !done {
		return token, false, err
	}
	if err := o.context.VerifyFlags(); err != nil {
		return nil, false, violation("the server's proof is not what was asked for: %v", err)
	}
	o.next = o.choose
	if token == nil {
		token = []byte{}
	}
	return token, false, nil
}

// choose takes the server's offer (RFC 4752 §3.1), which is signed. Its number and flags tell those of the buffers that follow.
func (o *own) choose(offer []byte) ([]byte, bool, error) {
	o.next = func([]byte) ([]byte, bool, error) { return nil, false, errors.New("the server goes on after the end") }
	if len(offer) < tokenHead {
		return nil, false, violation("the server's offer is not signed")
	}
	in := side{flags: offer[2], number: binary.BigEndian.Uint64(offer[8:])}
	if in.flags&^flagSubkey != flagAcceptor {
		return nil, false, violation("the server's offer is not signed by it")
	}
	if _, _, err := in.opened(offer, in.flags); err != nil {
		return nil, false, err
	}
	l := &systemLayer{context: o.context, in: in}
	said, err := l.open(offer, true)
	if err != nil {
		return nil, false, err
	}
	overhead, err := l.overhead()
	if err != nil {
		return nil, false, err
	}
	choice, bounds, err := agree(said, o.binding != nil, overhead)
	if err != nil {
		return nil, false, err
	}
	l.bounds, o.layer = bounds, l
	response, err := l.close(choice, signOnly)
	return response, true, err
}

// update gives the system what the server said, and gets what to answer.
func (o *own) update(challenge []byte) (token []byte, done bool, err error) {
	in := make([]sspi.SecBuffer, 1, 2)
	in[0].Set(sspi.SECBUFFER_TOKEN, challenge)
	if o.binding != nil {
		in = append(in, sspi.SecBuffer{})
		in[1].Set(sspi.SECBUFFER_CHANNEL_BINDINGS, o.binding)
	}
	out := make([]sspi.SecBuffer, 1)
	out[0].Set(sspi.SECBUFFER_TOKEN, make([]byte, o.size))
	switch code := o.context.Update(o.target, sspi.NewSecBufferDesc(out), sspi.NewSecBufferDesc(in)); code {
	case sspi.SEC_E_OK:
		return out[0].Bytes(), true, nil
	case sspi.SEC_I_CONTINUE_NEEDED:
		return out[0].Bytes(), false, nil
	default:
		return nil, false, systemError(code)
	}
}
