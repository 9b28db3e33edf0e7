package sasl

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

func TestSealingIsAgreedOn(t *testing.T) {
	s := newServer(t)
	k, choice, err := signIn(t, s, 7, 65536, nil)
	must(t, err)
	if want := []byte{layerSeal, 0x10, 0, 0}; !bytes.Equal(choice, want) {
		t.Errorf("the client chose %x, want %x: sealed, a megabyte", choice, want)
	}
	sealed, err := k.Layer().Wrap(make([]byte, k.Layer().MaxPlain()))
	must(t, err)
	if len(sealed) > 65536 {
		t.Errorf("the largest buffer has %d bytes, the server takes 65536", len(sealed))
	}
}

// TestServerThatOnlySigns would have passwords sent readable, if it were agreed to.
func TestServerThatOnlySigns(t *testing.T) {
	for name, layers := range map[string]byte{"it only signs": 3, "it only signs, without any other": 2, "it has no layer": 1, "it offers nothing": 0} {
		k, _, err := signIn(t, newServer(t), layers, 65536, nil)
		if !errors.Is(err, ErrNoSealing) || k.Layer() != nil && k.Layer().MaxPlain() != 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, _, err := signIn(t, newServer(t), 7, 100, nil); err == nil || !strings.Contains(err.Error(), "too little") {
		t.Errorf("a server that takes 100 bytes: got %v", err)
	}
}

func TestUnderTLSNothingIsSealedAndTheChannelIsBound(t *testing.T) {
	s := newServer(t)
	binding := []byte("tls-server-end-point:0123")
	k, choice, err := signIn(t, s, 1, 0, binding)
	must(t, err)
	if k.Layer() != nil || choice[0] != layerNone {
		t.Errorf("chose %x with layer %v", choice, k.Layer())
	}
	asked := s.seen.Cksum.Checksum
	want := bindingsHash(binding)
	if got := asked[4:20]; !bytes.Equal(got, want[:]) {
		t.Errorf("bound to %x, want %x", got, want)
	}
	if flags := binary.LittleEndian.Uint32(asked[20:]); flags&(16|32) != 0 {
		t.Errorf("asks for a layer under TLS (flags %#x), which domain controllers refuse", flags)
	}
}

// TestImpostorCannotProveItself is one who has the ticket from the wire, and not the service's key.
func TestImpostorCannotProveItself(t *testing.T) {
	attacks := map[string]func(*server, []byte) []byte{
		"it makes a proof with a key of its own": func(s *server, token []byte) []byte {
			s.key.KeyValue = make([]byte, len(s.key.KeyValue))
			return s.prove(token)
		},
		"it repeats the proof of another sign-in": func(s *server, token []byte) []byte {
			s.prove(token)
			return s.reply(messages.EncAPRepPart{CTime: s.seen.CTime, Cusec: s.seen.Cusec + 1, SequenceNumber: 1, Subkey: s.key})
		},
	}
	for name, attack := range attacks {
		s := newServer(t)
		k := newKerberos(s.ticket, nil)
		first, _, err := k.Step(nil)
		must(t, err)
		_, _, err = k.Step(attack(s, first))
		if v := (*Violation)(nil); !errors.As(err, &v) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTokensThatAreNone(t *testing.T) {
	s := newServer(t)
	for _, token := range [][]byte{nil, {}, {0x60}, {0x60, 0x84, 0xff, 0xff, 0xff, 0xff}, framed(kindReply, nil), framed(kindError, []byte{0x7e, 0}), framed("\x09\x09", nil), s.ticket.key.KeyValue} {
		k := newKerberos(s.ticket, nil)
		_, _, err := k.Step(nil)
		must(t, err)
		if _, _, err := k.Step(token); err == nil {
			t.Errorf("%x is taken for a proof", token)
		}
	}
}

// TestMissingBuffer is somebody who takes one out, which would hide a change.
func TestMissingBuffer(t *testing.T) {
	s := newServer(t)
	k, _, err := signIn(t, s, layerSeal, 65536, nil)
	must(t, err)
	_, err = s.wrapper.Wrap([]byte("the first"))
	must(t, err)
	second, err := s.wrapper.Wrap([]byte("the second"))
	must(t, err)
	_, err = k.Layer().Unwrap(second)
	if v := (*Violation)(nil); !errors.As(err, &v) || !strings.Contains(v.What, "one is missing") {
		t.Errorf("got %v", err)
	}
}

// TestOwnBufferComesBack is somebody who sends the client what it sent itself.
func TestOwnBufferComesBack(t *testing.T) {
	k, _, err := signIn(t, newServer(t), layerSeal, 65536, nil)
	must(t, err)
	own, err := k.Layer().Wrap([]byte("a request"))
	must(t, err)
	if _, err := k.Layer().Unwrap(own); err == nil {
		t.Error("it is taken for the server's")
	}
}

// TestDerivedOnce holds the keys that are derived once to the library's own, for every suite.
func TestDerivedOnce(t *testing.T) {
	for _, strength := range strengths {
		suite, err := crypto.GetEtype(strength)
		must(t, err)
		key := types.EncryptionKey{KeyType: strength, KeyValue: bytes.Repeat([]byte{7}, suite.GetKeyByteSize())}
		d, err := derive(suite, key, 22)
		must(t, err)
		for _, size := range []int{0, 1, 15, 16, 17, 32, 1000} {
			text := bytes.Repeat([]byte{byte(size)}, size)
			sealed, err := d.encrypt(text)
			must(t, err)
			if got, err := suite.DecryptMessage(key.KeyValue, sealed, 22); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d, %d bytes: the library opens it to %x, %v", strength, size, got, err)
			}
			_, sealed, err = suite.EncryptMessage(key.KeyValue, text, 22)
			must(t, err)
			if got, err := d.decrypt(sealed); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d, %d bytes: what the library sealed is opened to %x, %v", strength, size, got, err)
			}
			sealed[len(sealed)/2] ^= 1
			if _, err := d.decrypt(sealed); err == nil {
				t.Errorf("%d, %d bytes: an altered one is opened", strength, size)
			}
		}
	}
}

// TestRotated opens what Windows rotates and fills (RFC 4121 §4.2.5).
func TestRotated(t *testing.T) {
	s := newServer(t)
	k, _, err := signIn(t, s, layerSeal, 65536, nil)
	must(t, err)
	for by := range 60 {
		token, err := s.wrapper.Wrap([]byte("rotated"))
		must(t, err)
		rest := token[tokenHead:]
		cut := len(rest) - by%len(rest)
		copy(rest, append(bytes.Clone(rest[cut:]), rest[:cut]...))
		binary.BigEndian.PutUint16(token[6:], uint16(by))
		plain, err := k.Layer().Unwrap(token)
		if err != nil || string(plain) != "rotated" {
			t.Fatalf("by %d: %q, %v", by, plain, err)
		}
	}
}

func TestConnection(t *testing.T) {
	s := newServer(t)
	k, _, err := signIn(t, s, layerSeal, 1<<16, nil)
	must(t, err)
	here, there := net.Pipe()
	client, other := NewConn(here, k.Layer()), NewConn(there, s.wrapper)
	text := make([]byte, 1<<20+3)
	_, _ = rand.Read(text)
	for _, way := range []struct{ from, to *Conn }{{client, other}, {other, client}} {
		go func() { _, _ = way.from.Write(text) }()
		got := make([]byte, len(text))
		if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("what came is not what was sent: %v", err)
		}
	}
	_ = other.Close()
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("an end between two buffers: got %v", err)
	}
}

func TestNothingIsReadAfterAViolation(t *testing.T) {
	s := newServer(t)
	k, _, err := signIn(t, s, layerSeal, 1<<16, nil)
	must(t, err)
	here, there := net.Pipe()
	client := NewConn(here, k.Layer())
	good, err := s.wrapper.Wrap([]byte("good"))
	must(t, err)
	go func() {
		_, _ = there.Write([]byte{0, 0, 0, 1, 'x'})
		_, _ = there.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(good))), good...))
	}()
	for range 2 {
		_, err := client.Read(make([]byte, 10))
		if v := (*Violation)(nil); !errors.As(err, &v) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := here.Write([]byte{1}); err == nil {
		t.Error("the connection is still open")
	}
}

func FuzzUnwrap(f *testing.F) {
	f.Add([]byte("\x05\x04\x07\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, token []byte) {
		s := newServer(t)
		k, _, err := signIn(t, s, layerSeal, 1<<16, nil)
		must(t, err)
		if _, err := k.Layer().Unwrap(token); err == nil {
			t.Error("it is taken for the server's")
		}
	})
}

func TestEndPoint(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: x509.ECDSAWithSHA256}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	certificate, err := x509.ParseCertificate(raw)
	must(t, err)
	sum := sha256.Sum256(raw)
	if got, want := EndPoint(certificate), append([]byte("tls-server-end-point:"), sum[:]...); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	certificate.SignatureAlgorithm = x509.ECDSAWithSHA384
	if got := EndPoint(certificate); len(got) != len("tls-server-end-point:")+48 {
		t.Errorf("a signature with SHA-384: got %d bytes", len(got))
	}
}

// BenchmarkUnwrap opens buffers of the size that a domain controller sends an entry in.
func BenchmarkUnwrap(b *testing.B) {
	key := types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}
	there, err := newWrapper(key, true, 0, 0)
	must(b, err)
	there.in, there.out = there.out, there.in
	text := make([]byte, 1500)
	sealed, err := there.Wrap(text)
	must(b, err)
	b.SetBytes(int64(len(text)))
	here, err := newWrapper(key, true, 0, 0)
	must(b, err)
	for b.Loop() {
		here.in.number = 0
		if _, err := here.Unwrap(sealed); err != nil {
			b.Fatal(err)
		}
	}
}
