package sasl

import (
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// server is the other side: it knows the service's key, which only the real one does, and may misbehave all the same.
type server struct {
	t       *testing.T
	ticket  *ticket
	key     types.EncryptionKey // of the session; an impostor's is another
	seen    types.Authenticator
	wrapper *wrapper
}

func newServer(t *testing.T) *server {
	t.Helper()
	keys := keytab.New()
	must(t, keys.AddEntry("ldap/dc1.example.test", "EXAMPLE.TEST", "only the service knows this", time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96))
	client := types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: []string{"svc"}}
	service := types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"ldap", "dc1.example.test"}}
	now := time.Now().UTC()
	tkt, key, err := messages.NewTicket(client, "EXAMPLE.TEST", service, "EXAMPLE.TEST", types.NewKrbFlags(), keys,
		etypeID.AES256_CTS_HMAC_SHA1_96, 1, now, now, now.Add(time.Hour), now)
	must(t, err)
	return &server{t: t, ticket: &ticket{tkt, key, client, "EXAMPLE.TEST"}, key: key}
}

// prove answers the client's request, under a key of the server's own.
func (s *server) prove(token []byte) []byte {
	s.t.Helper()
	kind, message, err := unframed(token)
	must(s.t, err)
	if kind != kindRequest {
		s.t.Fatalf("the client begins with a token of kind %x", kind)
	}
	var request messages.APReq
	must(s.t, request.Unmarshal(message))
	must(s.t, request.DecryptAuthenticator(s.ticket.key))
	s.seen = request.Authenticator
	own := types.EncryptionKey{KeyType: s.key.KeyType, KeyValue: make([]byte, len(s.key.KeyValue))}
	return s.reply(messages.EncAPRepPart{CTime: s.seen.CTime, Cusec: s.seen.Cusec, Subkey: own, SequenceNumber: 7})
}

func (s *server) reply(said messages.EncAPRepPart) []byte {
	s.t.Helper()
	raw, err := asn1.Marshal(said)
	must(s.t, err)
	part, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(raw, asnAppTag.EncAPRepPart), s.key, keyusage.AP_REP_ENCPART, 0)
	must(s.t, err)
	raw, err = asn1.Marshal(messages.APRep{PVNO: iana.PVNO, MsgType: msgtype.KRB_AP_REP, EncPart: part})
	must(s.t, err)
	s.wrapper = s.wraps(said)
	return framed(kindReply, asn1tools.AddASNAppTag(raw, asnAppTag.APREP))
}

// wraps is the other side of the client's wrapper.
func (s *server) wraps(said messages.EncAPRepPart) *wrapper {
	w, err := newWrapper(said.Subkey, true, uint64(s.seen.SeqNumber), uint64(said.SequenceNumber))
	must(s.t, err)
	w.in, w.out = w.out, w.in
	w.bounds = bounds{4096, 1 << 20}
	return w
}

// offer says which layers the server knows and the largest buffer that it takes.
func (s *server) offer(layers byte, size int) []byte {
	s.t.Helper()
	token, err := s.wrapper.sign([]byte{layers, byte(size >> 16), byte(size >> 8), byte(size)})
	must(s.t, err)
	return token
}

// signIn brings a client to where the server made its offer, and gives what the client makes of it.
func signIn(t *testing.T, s *server, layers byte, size int, binding []byte) (k *Kerberos, choice []byte, err error) {
	t.Helper()
	k = newKerberos(s.ticket, binding)
	first, _, err := k.Step(nil)
	must(t, err)
	empty, done, err := k.Step(s.prove(first))
	must(t, err)
	if len(empty) > 0 || done {
		t.Fatalf("after the server's proof: %x, done %v", empty, done)
	}
	response, _, err := k.Step(s.offer(layers, size))
	if err != nil {
		return k, nil, err
	}
	choice, err = s.wrapper.verify(response)
	must(t, err)
	return k, choice, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
