package ad_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
)

// between is somebody between this machine and a domain controller without TLS, who says as Windows without a certificate does that
// there is none, hears all, and may change what comes back once the line is sealed.
type between struct {
	t      *testing.T
	dc     string
	tamper func(at int, buffer []byte) (out []byte, more bool) // gets each sealed buffer with its length; nil: all is passed on

	mu    sync.Mutex
	heard bytes.Buffer
}

// standBetween gives settings that lead by way of b.
func standBetween(t *testing.T, s ad.Settings, b *between) ad.Settings {
	t.Helper()
	at, err := url.Parse(s.URL)
	must(t, err)
	l, err := net.Listen("tcp", net.JoinHostPort(at.Hostname(), "0"))
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	b.t, b.dc = t, net.JoinHostPort(at.Hostname(), "389")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(conn)
		}
	}()
	s.URL, s.Silence = "ldap://"+l.Addr().String(), 10*time.Second
	return s
}

const (
	startTLSName = "1.3.6.1.4.1.1466.20037"
	noStartTLS   = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00" // unavailable
	bindSucceeds = "\x0a\x01\x00"
)

func (b *between) serve(conn net.Conn) {
	defer conn.Close()
	first := make([]byte, 64<<10)
	n, err := conn.Read(first)
	if err != nil {
		return
	}
	if bytes.Contains(first[:n], []byte(startTLSName)) {
		_, _ = io.WriteString(conn, noStartTLS)
		return
	}
	there, err := net.Dial("tcp", b.dc)
	if err != nil {
		return
	}
	defer there.Close()
	go func() {
		_, _ = io.Copy(there, io.TeeReader(io.MultiReader(bytes.NewReader(first[:n]), conn), b))
		_ = there.Close()
	}()
	b.back(conn, there)
}

func (b *between) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard.Write(p)
}

func (b *between) knows(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	wide := ""
	for _, r := range text {
		wide += string(r) + "\x00"
	}
	return bytes.Contains(b.heard.Bytes(), []byte(text)) || bytes.Contains(b.heard.Bytes(), []byte(wide))
}

// back passes on what the domain controller says: messages until the bind has succeeded, sealed buffers then.
func (b *between) back(to io.Writer, from io.Reader) {
	for signedIn := false; !signedIn; {
		message := make([]byte, 64<<10)
		n, err := from.Read(message) // one message, since the client waits for each
		if err != nil {
			return
		}
		signedIn = bytes.Contains(message[:min(n, 32)], []byte(bindSucceeds))
		_, _ = io.MultiWriter(to, b).Write(message[:n])
	}
	for at := 0; ; at++ {
		var length [4]byte
		if _, err := io.ReadFull(from, length[:]); err != nil {
			return
		}
		buffer := make([]byte, 4+binary.BigEndian.Uint32(length[:]))
		copy(buffer, length[:])
		if _, err := io.ReadFull(from, buffer[4:]); err != nil {
			return
		}
		out, more := buffer, true
		if b.tamper != nil {
			out, more = b.tamper(at, buffer)
		}
		if _, err := io.MultiWriter(to, b).Write(out); err != nil || !more {
			return
		}
	}
}

// tampered are what somebody between may do with the third buffer, and what it is called.
var tampered = map[string]struct {
	with  func(buffer, before []byte) []byte
	words string
}{
	"a bit is altered in its middle": {func(b, _ []byte) []byte { b[len(b)/2] ^= 1; return b }, "altered"},
	"its last byte is altered":       {func(b, _ []byte) []byte { b[len(b)-1] ^= 0x80; return b }, "altered"},
	"its head says signed only":      {func(b, _ []byte) []byte { b[4+2] &^= 2; return b }, "not sealed as was agreed"},
	"its number is altered":          {func(b, _ []byte) []byte { b[4+15]++; return b }, "came twice, or one is missing"},
	"it comes twice":                 {func(b, _ []byte) []byte { return append(bytes.Clone(b), b...) }, "came twice, or one is missing"},
	"the one before takes its place": {func(_, before []byte) []byte { return before }, "came twice, or one is missing"},
	"it is cut":                      {func(b, _ []byte) []byte { return b[:len(b)/2] }, "middle of a buffer"},
	"it announces four gigabytes":    {func(b, _ []byte) []byte { return append([]byte{0xff, 0xff, 0xff, 0xff}, b[4:]...) }, "was announced"},
	"it announces nothing":           {func(_, _ []byte) []byte { return make([]byte, 4) }, "was announced"},
	"clear text takes its place": {func(_, _ []byte) []byte {
		return append([]byte{0, 0, 0, 14}, "\x30\x0c\x02\x01\x03\x65\x07\x0a\x01\x00\x04\x00\x04\x00"...)
	}, "not sealed at all"},
	"its rotation is altered": {func(b, _ []byte) []byte { b[4+7] = 5; return b }, "altered"},
	"its filling is altered":  {func(b, _ []byte) []byte { b[4+5] = 7; return b }, "head was altered"},
}

func TestSomebodyBetweenCannotAlterWhatIsSealed(t *testing.T) {
	_, s := withoutTLS(t, samba.Options{})
	for name, attack := range tampered {
		t.Run(name, func(t *testing.T) {
			var before []byte
			b := &between{tamper: func(at int, buffer []byte) (out []byte, more bool) {
				if at == 2 {
					return attack.with(buffer, before), false
				}
				before = buffer
				return buffer, true
			}}
			_, err := ad.Open(t.Context(), standBetween(t, s, b))
			if !problem.Is(err, directory.Untrusted) {
				t.Fatalf("got %v, want an end of the connection", err)
			}
			if p := problem.Of(err); !strings.Contains(p.Err.Error(), attack.words) || !strings.Contains(p.Title, "altered on its way") {
				t.Errorf("got %q, %q; want %q", p.Title, p.Err, attack.words)
			}
		})
	}
}

// TestSomebodyBetweenHearsNothing reads, sets and proves a password with somebody listening to every byte in both directions.
func TestSomebodyBetweenHearsNothing(t *testing.T) {
	dc, s := withoutTLS(t, samba.Options{})
	b := &between{}
	d := newDeskAt(t, dc, standBetween(t, s, b), "writer@"+dc.Domain(), allowReset)
	d.refuses("a reset", reset("Umbrella-7-salad"), "")
	if got := d.verify("Umbrella-7-salad"); got != "" {
		t.Errorf("it does not sign in: %s", got)
	}
	if entries, _, err := drain(t.Context(), d.reader, directory.Cursor{}); err != nil || len(entries) == 0 {
		t.Fatalf("reading: %d entries, %v", len(entries), err)
	}
	if !b.knows("GSSAPI") {
		t.Fatal("nobody listened")
	}
	for _, secret := range []string{"Umbrella", dc.Password(), "unicodePwd", "Ann Berg", "DC=example"} {
		if b.knows(secret) {
			t.Errorf("%q was heard", secret)
		}
	}
}

// TestNoSealedLineWhereACAIsGiven is somebody who takes TLS away from who asked for it.
func TestNoSealedLineWhereACAIsGiven(t *testing.T) {
	dc, s := withoutTLS(t, samba.Options{})
	s = standBetween(t, s, &between{})
	s.CA = dc.CA()
	_, err := ad.Open(t.Context(), s)
	if !problem.Is(err, directory.Untrusted) || !errors.Is(err, ad.ErrNoTLS) {
		t.Errorf("got %v", err)
	}
}
