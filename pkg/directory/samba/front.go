package samba

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// front stands before a controller and refuses DirSync, as a directory does whose administrator forbids it, while all else
// passes: Samba itself lets every account read by DirSync with object security. It speaks LDAPS at the controller's address,
// at a port of its own.
type front struct {
	listener net.Listener
	dc       string
	roots    *x509.CertPool
	code     atomic.Int64 // the result that DirSync ends with; 0: it passes
}

// newFront begins to listen, with the controller's own certificate.
func newFront(dc *DC, code int) (*front, error) {
	at := func(name string) string { return filepath.Join(dc.dir, "tls", name) }
	own, err := tls.LoadX509KeyPair(at("dc.crt"), at("dc.key"))
	if err != nil {
		return nil, err
	}
	f := &front{dc: dc.address, roots: x509.NewCertPool()}
	f.roots.AppendCertsFromPEM(dc.ca)
	f.code.Store(int64(code))
	f.listener, err = tls.Listen("tcp", net.JoinHostPort(dc.address, "0"), &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}})
	if err != nil {
		return nil, err
	}
	go f.accept()
	return f, nil
}

func (f *front) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		go f.serve(conn)
	}
}

// serve passes a connection on until either end closes it.
func (f *front) serve(conn net.Conn) {
	defer conn.Close()
	there, err := tls.Dial("tcp", net.JoinHostPort(f.dc, "636"), &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: f.roots, ServerName: f.dc})
	if err != nil {
		return
	}
	client := &whole{Writer: conn}
	go func() {
		defer conn.Close()
		_ = eachMessage(there, func(message []byte) error { return client.write(message) })
	}()
	defer there.Close()
	_ = eachMessage(conn, func(message []byte) error {
		if code := f.code.Load(); code != 0 && bytes.Contains(message, []byte(ldap.ControlTypeDirSync)) {
			return client.refuse(message, code)
		}
		_, err := there.Write(message)
		return err
	})
}

// whole writes one message at a time.
type whole struct {
	sync.Mutex
	io.Writer
}

func (w *whole) write(message []byte) error {
	w.Lock()
	defer w.Unlock()
	_, err := w.Write(message)
	return err
}

// refuse answers a search with a result code (RFC 4511 §4.1.9, §4.5.2).
func (w *whole) refuse(request []byte, code int64) error {
	asked, err := ber.DecodePacketErr(request)
	if err != nil || len(asked.Children) == 0 {
		return fmt.Errorf("a request that cannot be read: %w", err)
	}
	answer := ber.NewSequence("")
	answer.AppendChild(asked.Children[0])
	done := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, "")
	done.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	for _, text := range []string{"", "this directory does not allow DirSync"} {
		done.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, ""))
	}
	answer.AppendChild(done)
	return w.write(answer.Bytes())
}

// eachMessage gives the LDAP messages that come, as they are.
func eachMessage(from io.Reader, take func([]byte) error) error {
	in := bufio.NewReader(from)
	for {
		head, err := in.Peek(2)
		if err != nil {
			return err
		}
		size, length := 2, int(head[1])
		if length >= 0x80 {
			size += length & 0x7f
			if head, err = in.Peek(size); err != nil {
				return err
			}
			length = 0
			for _, b := range head[2:] {
				length = length<<8 | int(b)
			}
		}
		message := make([]byte, size+length)
		if _, err := io.ReadFull(in, message); err != nil {
			return err
		}
		if err := take(message); err != nil {
			return err
		}
	}
}

// SetRefusesDirSync has DirSync refused with another result code from now on, or let pass with 0. It is for a controller that was
// started with Options.RefusesDirSync.
func (dc *DC) SetRefusesDirSync(code int) { dc.front.code.Store(int64(code)) }
