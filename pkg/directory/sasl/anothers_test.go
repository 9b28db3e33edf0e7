package sasl

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// TestAttackAnothersTicketAsProof stands in for the key distribution centre with a password that the attacker chose, typed for the victim,
// and hands out the attacker's own ticket, which is real: the domain controller would take it.
func TestAttackAnothersTicketAsProof(t *testing.T) {
	const realm = "EXAMPLE.TEST"
	keys := keytab.New()
	must(t, keys.AddEntry("ldap/dc1.example.test", realm, "only the DC knows", time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96))
	mallory := types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: []string{"mallory"}}
	victim := types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: []string{"victim"}}
	spn := types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"ldap", "dc1.example.test"}}
	now := time.Now().UTC()
	anothers, session, err := messages.NewTicket(mallory, realm, spn, realm, types.NewKrbFlags(), keys, etypeID.AES256_CTS_HMAC_SHA1_96, 1, now, now, now.Add(time.Hour), now)
	must(t, err)

	const typed = "attacker-chosen"
	suite, _ := crypto.GetEtype(etypeID.AES256_CTS_HMAC_SHA1_96)
	pk, err := suite.StringToKey(typed, "salt", "00001000")
	must(t, err)
	personKey := types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: pk}
	tgsKey := types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}
	enc := func(key, inner types.EncryptionKey, nonce int, sname types.PrincipalName, usage uint32) types.EncryptedData {
		p := messages.EncKDCRepPart{Key: inner, Nonce: nonce, Flags: types.NewKrbFlags(), AuthTime: now, StartTime: now, EndTime: now.Add(time.Hour), RenewTill: now.Add(time.Hour), LastReqs: []messages.LastReq{{LRType: 0, LRValue: now}}, SRealm: realm, SName: sname}
		raw, err := p.Marshal()
		must(t, err)
		d, err := crypto.GetEncryptedData(raw, key, usage, 0)
		must(t, err)
		return d
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	pre := saysPreAuth(t, hints(t, types.ETypeInfo2Entry{EType: etypeID.AES256_CTS_HMAC_SHA1_96, Salt: "salt", S2KParams: []byte{0, 0, 0x10, 0}}))
	go func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var n uint32
			_ = binary.Read(c, binary.BigEndian, &n)
			b := make([]byte, n)
			_, _ = io.ReadFull(c, b)
			var out []byte
			switch i {
			case 0:
				out = pre
			case 1:
				var q messages.ASReq
				if err := q.Unmarshal(b); err != nil {
					t.Error(err)
				}
				r := messages.ASRep{KDCRepFields: messages.KDCRepFields{
					PVNO: 5, MsgType: msgtype.KRB_AS_REP, CRealm: realm, CName: victim, Ticket: anothers,
					EncPart: enc(personKey, tgsKey, q.ReqBody.Nonce, q.ReqBody.SName, keyusage.AS_REP_ENCPART),
				}}
				raw, err := r.Marshal()
				if err != nil {
					t.Error(err)
				}
				out = behindLength(raw)
			case 2:
				var q messages.TGSReq
				if err := q.Unmarshal(b); err != nil {
					t.Error(err)
				}
				r := messages.TGSRep{KDCRepFields: messages.KDCRepFields{
					PVNO: 5, MsgType: msgtype.KRB_TGS_REP, CRealm: realm, CName: mallory, Ticket: anothers,
					EncPart: enc(tgsKey, session, q.ReqBody.Nonce, spn, keyusage.TGS_REP_ENCPART_SESSION_KEY),
				}}
				raw, err := r.Marshal()
				if err != nil {
					t.Error(err)
				}
				out = behindLength(raw)
			}
			_, _ = c.Write(out)
			_ = c.Close()
		}
	}()
	who, domain := Account{Name: "victim", Password: typed}, Service{Name: "ldap/dc1.example.test", Realm: "example.test", KDC: l.Addr().String()}
	if _, err := NewKerberos(t.Context(), who, domain, nil); err == nil || !strings.Contains(err.Error(), "a ticket of mallory") {
		t.Errorf("another's ticket: got %v, want it refused", err)
	}
}
