package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"passlysync/pkg/problem"
)

// sendTimeout bounds each step of a delivery.
const sendTimeout = 30 * time.Second

// SMTP hands messages to a server, over one connection that is kept between them.
type SMTP struct {
	server Server
	mu     sync.Mutex
	client *gomail.Client // nil: not connected
}

var _ Delivery = (*SMTP)(nil)

// NewSMTP makes an SMTP; it connects at the first message.
func NewSMTP(s Server) *SMTP { return &SMTP{server: s} }

// Deliver hands one message over. What was begun is not cut off by ctx, so that the server's word is heard.
func (s *SMTP) Deliver(ctx context.Context, m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.client != nil
	lost, err := s.attempt(ctx, m)
	if lost && kept && ctx.Err() == nil { // the server ended it while nothing was sent
		_, err = s.attempt(ctx, m)
	}
	return err
}

// attempt tries once. lost says that the connection was gone before anything of the message was sent.
func (s *SMTP) attempt(ctx context.Context, m Message) (lost bool, err error) {
	if s.client == nil {
		if err := s.connect(ctx); err != nil {
			return false, err
		}
	}
	out := m.compose()
	err = s.client.Send(out)
	if err == nil || out.IsDelivered() { // what comes after the server's word does not take it back
		if err != nil {
			s.hangUp()
		}
		return false, nil
	}
	var failed *gomail.SendError
	known := errors.As(err, &failed)
	if !known || failed.ErrorCode() == 0 {
		s.hangUp()
	}
	return known && failed.Reason == gomail.ErrConnCheck, s.inWords(m, err)
}

func (s *SMTP) connect(ctx context.Context) error {
	client, err := gomail.NewClient(s.server.Host, s.server.options()...)
	if err == nil {
		err = client.DialWithContext(ctx)
	}
	if err != nil {
		return s.unusable(err)
	}
	s.client = client
	return nil
}

// Rest ends the connection.
func (s *SMTP) Rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		s.hangUp()
	}
}

func (s *SMTP) hangUp() {
	_ = s.client.Close() // the messages on it are settled
	s.client = nil
}

// inWords tells whom an error is about.
func (s *SMTP) inWords(m Message, err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) || failed.Reason == gomail.ErrConnCheck || failed.Reason == gomail.ErrSMTPMailFrom {
		return s.unusable(err)
	}
	p := &problem.Problem{
		Code: TryLater, Title: "The mail server did not take the e-mail to " + m.To.Address, Text: said(err), Op: "sending an e-mail", Err: err,
		Hint: "It is tried again by itself.",
	}
	switch code := failed.ErrorCode(); {
	case code == 0 && failed.Reason == gomail.ErrSMTPRcptTo:
		return s.unusable(err)
	case code == 0:
		p.Text = "The connection ended before the mail server confirmed it. It may have arrived nevertheless."
	case code >= 500 && failed.Reason == gomail.ErrSMTPRcptTo:
		p.Code, p.Title = AddressRefused, "The mail server refuses the address "+m.To.Address
		p.Hint = "Correct the address in the directory if it is wrong, then send the e-mail again."
	case code >= 500:
		p.Code, p.Title = AddressRefused, "The mail server refuses the e-mail to "+m.To.Address
		p.Hint = "Ask who runs the mail server, then send the e-mail again."
	}
	return p
}

func (s *SMTP) unusable(err error) error {
	p := &problem.Problem{
		Code: ServerUnusable, Title: "The mail server " + s.server.Host + " cannot be used", Text: said(err), Op: "sending an e-mail", Err: err,
		Hint: "Check --smtp, --smtp-from, user and password. E-mails wait, and go out when it works.",
	}
	var answer *textproto.Error
	switch text := err.Error(); {
	case strings.Contains(text, "does not support STARTTLS"):
		p.Title, p.Text = "The mail server "+s.server.Host+" offers no encryption", "It does not know STARTTLS, and nothing is sent readable by others."
		p.Hint = "Use smtps:// if it has a port with TLS, usually 465, or have STARTTLS turned on there."
	case strings.Contains(text, "tls: ") || strings.Contains(text, "x509: "):
		p.Title = "The mail server " + s.server.Host + " cannot be trusted"
		p.Hint = "Check the name in --smtp against its certificate; give the authority of a private one with --smtp-ca."
	case errors.As(err, &answer) && (answer.Code == 535 || answer.Code == 534 || answer.Code == 530):
		p.Title, p.Hint = "The mail server refuses the user and password", "Check the user in --smtp and --smtp-password-file."
	}
	return p
}

// said gives the server's or the network's own words, on one line.
func said(err error) string {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return oneLine(fmt.Sprintf("It said: %d %s", answer.Code, answer.Msg))
	}
	return oneLine(err.Error())
}
