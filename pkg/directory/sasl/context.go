package sasl

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ticket is what proves a client to one service, and the key that only the two of them know.
type ticket struct {
	ticket messages.Ticket
	key    types.EncryptionKey
	client types.PrincipalName
	realm  string
}

// Kinds of the tokens in which Kerberos messages travel (RFC 4121 §4.1).
const (
	kindRequest = "\x01\x00"
	kindReply   = "\x02\x00"
	kindError   = "\x03\x00"
)

// request is the client's first token, and what the answer to it must repeat.
type request struct {
	token         []byte
	authenticator types.Authenticator
}

// newRequest asks a service to prove itself (RFC 4120 §5.5.1, RFC 4121 §4.1.1). With a channel's binding TLS protects what follows,
// so no layer is asked for.
func (t *ticket) newRequest(binding []byte) (request, error) {
	suite, err := suite(t.key)
	if err != nil {
		return request{}, err
	}
	authenticator, err := types.NewAuthenticator(t.realm, t.client)
	if err != nil {
		return request{}, err
	}
	if err := authenticator.GenerateSeqNumberAndSubKey(t.key.KeyType, suite.GetKeyByteSize()); err != nil {
		return request{}, err
	}
	authenticator.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: wishes(binding)}
	message, err := messages.NewAPReq(t.ticket, t.key, authenticator)
	if err != nil {
		return request{}, err
	}
	types.SetFlag(&message.APOptions, flags.APOptionMutualRequired)
	raw, err := message.Marshal()
	return request{framed(kindRequest, raw), authenticator}, err
}

// wishes are the checksum's field: the channel's binding, and what the client asks for (RFC 4121 §4.1.1).
func wishes(binding []byte) []byte {
	asked := gssapi.ContextFlagMutual | gssapi.ContextFlagReplay | gssapi.ContextFlagSequence
	if binding == nil {
		asked |= gssapi.ContextFlagConf | gssapi.ContextFlagInteg
	}
	hash := bindingsHash(binding)
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(hash)))
	return binary.LittleEndian.AppendUint32(append(b, hash[:]...), uint32(asked))
}

// framed puts the mechanism's name before a message (RFC 2743 §3.1).
func framed(kind string, message []byte) []byte {
	name, _ := asn1.Marshal(gssapi.OIDKRB5.OID()) // a constant
	inner := append(append(name, kind...), message...)
	raw, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassApplication, IsCompound: true, Tag: 0, Bytes: inner})
	return raw
}

// unframed gives what a token of the server holds.
func unframed(token []byte) (kind string, message []byte, err error) {
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(token, &outer); err != nil || len(rest) > 0 || outer.Class != asn1.ClassApplication || outer.Tag != 0 {
		return "", nil, errors.New("it is no token of GSS-API")
	}
	var name asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(outer.Bytes, &name)
	if err != nil || !name.Equal(gssapi.OIDKRB5.OID()) || len(rest) < 2 {
		return "", nil, errors.New("it is no token of Kerberos")
	}
	return string(rest[:2]), rest[2:], nil
}

// accepted reads the server's proof that it could read the request, and so is who it should be (RFC 4120 §3.2.4, 3.2.5).
func (t *ticket) accepted(sent request, token []byte) (w *wrapper, err error) {
	return w, guarded("the server's proof", func() error {
		kind, message, err := unframed(token)
		if err != nil {
			return err
		}
		if kind == kindError {
			return refusal(message)
		}
		if kind != kindReply {
			return errors.New("it is of another kind")
		}
		var reply messages.APRep
		if err := reply.Unmarshal(message); err != nil {
			return err
		}
		w, err = t.proven(sent.authenticator, reply.EncPart)
		return err
	})
}

func (t *ticket) proven(sent types.Authenticator, proof types.EncryptedData) (*wrapper, error) {
	raw, err := decrypt(t.key, proof, keyusage.AP_REP_ENCPART)
	if err != nil {
		return nil, violation("the server could not prove who it is")
	}
	var said messages.EncAPRepPart
	if err := said.Unmarshal(raw); err != nil {
		return nil, err
	}
	if said.Cusec != sent.Cusec || said.CTime.Unix() != sent.CTime.Unix() {
		return nil, violation("the server's proof belongs to another sign-in")
	}
	ours, theirs := uint64(sent.SeqNumber), uint64(uint32(said.SequenceNumber)) // some write it as a negative number
	if len(said.Subkey.KeyValue) > 0 {
		return newWrapper(said.Subkey, true, ours, theirs)
	}
	return newWrapper(sent.SubKey, false, ours, theirs)
}

func refusal(message []byte) error {
	var no messages.KRBError
	if err := no.Unmarshal(message); err != nil {
		return err
	}
	return &KerberosError{Code: no.ErrorCode, Status: status(no.EData), ServerTime: no.STime}
}

// sameFold reports whether a principal is the one that was asked for; the kind of a name says nothing (RFC 4120 §6.2), and domains do
// not tell capitals from small letters.
func sameFold(one, other types.PrincipalName) bool {
	return strings.EqualFold(one.PrincipalNameString(), other.PrincipalNameString())
}
