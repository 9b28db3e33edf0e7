// Package mailtest is an SMTP server for tests: it keeps what it takes, and refuses, delays or drops on demand.
package mailtest

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password are what the server takes where it asks for them.
const (
	User     = "tenant"
	Password = "smtp secret"
)

// Options say what a server is like.
type Options struct {
	Plain   bool   // no STARTTLS
	TLS     bool   // from the first byte
	Auth    bool   // asks for User and Password
	Address string // to listen on; empty: a free port of loopback
}

// Server is a running SMTP server.
type Server struct {
	Host string
	Port int
	CA   []byte // PEM

	mu     sync.Mutex
	taken  []Taken
	rcpt   func(to string) error
	data   func(to string) error
	drop   bool
	server *smtp.Server
}

// Taken is a message that the server took.
type Taken struct {
	From, To string
	Raw      string
}

// Start starts a server that ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	web := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate
	web.StartTLS()
	certificate, ca := web.TLS.Certificates[0], web.Certificate()
	web.Close()
	s := &Server{CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, conn: c, auth: o.Auth}, nil }))
	s.server.Domain = "mail.test"
	s.server.AllowInsecureAuth = o.Plain
	s.server.ErrorLog = quiet{}
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	address := o.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = at.IP.String(), at.Port
	switch {
	case o.TLS:
		listener = tls.NewListener(listener, settings)
	case !o.Plain:
		s.server.TLSConfig = settings
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.server.Serve(listener) // until it is closed
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return s
}

// Stop ends the server.
func (s *Server) Stop() { _ = s.server.Close() }

// URL is where it is, as the program is told.
func (s *Server) URL() string { return fmt.Sprintf("smtp://%s:%d", s.Host, s.Port) }

// Taken gives what was taken so far.
func (s *Server) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Taken(nil), s.taken...)
}

// OnRecipient has an address refused where answer gives an error; OnData the message itself, after it was read.
func (s *Server) OnRecipient(answer func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcpt = answer
}

// OnData has messages refused where answer gives an error. It is called before the message counts as taken.
func (s *Server) OnData(answer func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = answer
}

// DropNext takes the next message and ends the connection without a word.
func (s *Server) DropNext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop = true
}

// Refuse is an answer for good, Later one for now.
func Refuse(text string) error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: text}
}

// Later is an answer for now.
func Later(text string) error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: text}
}

type session struct {
	s        *Server
	conn     *smtp.Conn
	auth     bool
	in       bool
	from, to string
}

func (c *session) AuthMechanisms() []string {
	if !c.auth {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		c.in = true
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.auth && !c.in {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	c.s.mu.Lock()
	answer := c.s.rcpt
	c.s.mu.Unlock()
	if answer != nil {
		return answer(to)
	}
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.s.mu.Lock()
	answer := c.s.data
	c.s.mu.Unlock()
	if answer != nil {
		if err := answer(c.to); err != nil {
			return err
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.taken = append(c.s.taken, Taken{c.from, c.to, string(raw)})
	if c.s.drop {
		c.s.drop = false
		return errors.Join(errors.New("dropped"), c.conn.Conn().Close())
	}
	return nil
}

func (c *session) Reset() { c.from, c.to = "", "" }

func (c *session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (quiet) Println(...any) {}
