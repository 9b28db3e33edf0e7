package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

var everyone = types.PrincipalName{NameString: []string{"svc"}}

// hints are what a centre says of keys.
func hints(t *testing.T, all ...types.ETypeInfo2Entry) []byte {
	t.Helper()
	value, err := asn1.Marshal(types.ETypeInfo2(all))
	must(t, err)
	raw, err := asn1.Marshal(types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: value}})
	must(t, err)
	return raw
}

// centre answers every question with the same bytes.
func centre(t *testing.T, answer []byte) Service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(answer)
			_ = conn.Close()
		}
	}()
	return Service{Name: "ldap/dc1.example.test", Realm: "example.test", KDC: l.Addr().String()}
}

func behindLength(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}

// saysPreAuth is the refusal that tells how keys are made.
func saysPreAuth(t *testing.T, data []byte) []byte {
	t.Helper()
	no := messages.NewKRBError(types.PrincipalName{NameString: []string{"krbtgt", "EXAMPLE.TEST"}}, "EXAMPLE.TEST", PreAuthRequired, "")
	no.EData = data
	raw, err := no.Marshal()
	must(t, err)
	return behindLength(raw)
}

// TestHostileCentre is one that wants this machine to fall over, to compute for ever, or to use a weak key.
func TestHostileCentre(t *testing.T) {
	for name, c := range map[string]struct {
		answer []byte
		words  string
	}{
		"it says nothing":                     {nil, "does not answer"},
		"it announces four gigabytes":         {[]byte{0xff, 0xff, 0xff, 0xff}, "announces an answer of"},
		"it ends in the middle":               {[]byte{0, 0, 0, 9, 1}, "does not answer"},
		"it says no Kerberos":                 {behindLength([]byte("HTTP/1.1 400")), "without a proof"},
		"its refusal is cut":                  {behindLength([]byte{tagError, 0x82, 0xff, 0xff}), "refusal"},
		"it says nothing of keys":             {saysPreAuth(t, nil), "of keys"},
		"it lists no key":                     {saysPreAuth(t, hints(t)), "no key for AES"},
		"it lists RC4 alone":                  {saysPreAuth(t, hints(t, types.ETypeInfo2Entry{EType: etypeID.RC4_HMAC})), "no key for AES"},
		"it asks for four billion rounds":     {saysPreAuth(t, hints(t, rounds(0, 0, 0, 0))), "rounds on the password"},
		"it asks for two billion rounds":      {saysPreAuth(t, hints(t, rounds(0x7f, 0xff, 0xff, 0xff))), "rounds on the password"},
		"its rounds are no number":            {saysPreAuth(t, hints(t, rounds(1))), "of another kind"},
		"it asks for a proof again and again": {saysPreAuth(t, hints(t, rounds(0, 0, 0x10, 0))), "KDC_ERR_PREAUTH_REQUIRED"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewKerberos(t.Context(), Account{Name: "svc", Password: "secret-7"}, centre(t, c.answer), nil)
			if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "secret-7") {
				t.Errorf("got %v, want %q", err, c.words)
			}
		})
	}
}

func rounds(b ...byte) types.ETypeInfo2Entry {
	return types.ETypeInfo2Entry{EType: etypeID.AES256_CTS_HMAC_SHA1_96, Salt: "EXAMPLE.TESTsvc", S2KParams: b}
}

func TestCentreIsLeftAtTheEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		cancel() // it is silent for ever
		_, _ = io.Copy(io.Discard, conn)
	}()
	_, err = NewKerberos(ctx, Account{Name: "svc", Password: "p"}, Service{Name: "ldap/x", Realm: "example.test", KDC: l.Addr().String()}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestKeytabsThatDoNot(t *testing.T) {
	data := hints(t, types.ETypeInfo2Entry{EType: etypeID.AES256_CTS_HMAC_SHA1_96})
	for _, raw := range [][]byte{[]byte("no keytab"), {5, 2}, {5, 2, 0, 0, 0, 40, 0}, {5, 2, 0x7f, 0xff, 0xff, 0xff}} {
		_, err := Account{Name: "svc", Keytab: raw}.key(everyone, "EXAMPLE.TEST", data)
		if kept := (*KeytabError)(nil); !errors.As(err, &kept) {
			t.Errorf("%x: got %v", raw, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"svc": "svc", "svc@example.test": "svc", "svc@EXAMPLE.test": "svc", `EXAMPLE\svc`: "svc", "svc@acme.com": "svc@acme.com",
	} {
		if got := (Account{Name: name}).principal("example.test").PrincipalNameString(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func FuzzKeysFromTheCentre(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = Account{Name: "svc", Keytab: data}.key(everyone, "EXAMPLE.TEST", data)
		_ = status(data)
		_ = guarded("x", func() error { return refusedWith(data) })
	})
}
