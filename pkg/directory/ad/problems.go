package ad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/sasl"
	"passlysync/pkg/problem"
)

// unreachable says that there is no connection, or that it broke.
func unreachable(op string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	p := &problem.Problem{
		Code: directory.Unreachable, Op: op, Err: err,
		Title: "The directory cannot be reached",
		Text:  "There is no connection to the domain controller.",
		Hint:  "Check that the domain controller runs, that its address is right, and that a firewall lets LDAP through (port 636, or 389 for StartTLS). One without a certificate is reached by ldap://.",
	}
	var (
		name   *net.DNSError
		reason syscall.Errno
	)
	var broken *sasl.Violation
	switch {
	case errors.As(err, &broken):
		return interfered(op, err)
	case errors.As(err, &reason):
		p.Text = "There is no connection to the domain controller: " + problem.Reason(reason) + "."
	case errors.As(err, &name) && !name.IsNotFound:
		p.Title = fmt.Sprintf("The name of the directory, %s, cannot be resolved: no name server answers", name.Name)
		p.Hint = "Check this machine's network and that it uses the domain's DNS servers."
	case errors.As(err, &name):
		p.Title = fmt.Sprintf("The name of the directory, %s, cannot be resolved", name.Name)
		p.Hint = "Check the spelling and that this machine uses the domain's DNS servers."
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.Title = "The directory has fallen silent in the middle of an answer"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.Title = "The directory closed the connection"
	}
	return p
}

// interfered says that a sealed connection does not hold what the domain controller sealed.
func interfered(op string, err error) error {
	return &problem.Problem{
		Code: directory.Untrusted, Op: op, Err: err,
		Title: "The connection to the domain controller was altered on its way, and was broken off",
		Text:  "What came over it is not what the domain controller sealed. It was not used, and nothing secret was sent.",
		Hint:  "It is tried again by itself. If it stays, find out what stands between this machine and the domain controller.",
	}
}

// wrong says that the server's answer cannot be what it claims to be.
func wrong(format string, values ...any) error {
	return &problem.Problem{
		Code: directory.AnswerWrong, Op: "reading the directory's answer", Err: fmt.Errorf(format, values...),
		Title: "The directory gave an answer that is malformed or incomplete",
		Text:  "It was not used: nobody is removed because of it.",
		Hint:  "It is read again by itself. If it stays, check the domain controller's health (dcdiag) and what stands between it and this machine.",
	}
}

// searchProblem turns what go-ldap says of a search into a problem.
func (s *session) searchProblem(err error) error {
	if s.broken(err) {
		return s.transportProblem(err)
	}
	if e := (*ldap.Error)(nil); !errors.As(err, &e) {
		return wrong("decoding the final response: %w", err)
	}
	p := &problem.Problem{
		Code: directory.Refused, Op: "searching the directory", Err: err,
		Title: "The directory refused the request",
		Hint:  "The domain controller's own words are in the log.",
	}
	switch code(err) {
	case ldap.LDAPResultInsufficientAccessRights:
		p.Code = directory.RightsMissing
		p.Title = "The account may not read this part of the directory"
		p.Hint = "Grant the account the rights named in the setup instructions: Replicating Directory Changes on the domain."
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		p.Code = directory.Busy
		p.Title = "The domain controller is too busy to answer"
		p.Hint = "It is asked again by itself. If it stays, look at the domain controller's load."
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		p.Title = "The domain controller wants a stronger sign-in than a password under TLS"
		p.Hint = "Allow simple binds over TLS for this account, or let the agent run on the domain controller itself."
	case ldap.LDAPResultSizeLimitExceeded:
		return wrong("the size limit cut the answer: %w", err)
	}
	return p
}

func (s *session) transportProblem(err error) error {
	if failure := s.tap.failure.Load(); failure != nil { // go-ldap tells it as text only
		err = *failure
	}
	if p := (*problem.Problem)(nil); errors.As(err, &p) || errors.Is(err, directory.ErrCursorRefused) {
		return err
	}
	return unreachable("talking to the directory", err)
}

// code gives the LDAP result code in err, or LDAPResultSuccess where there is none.
func code(err error) uint16 {
	var e *ldap.Error
	if errors.As(err, &e) {
		return e.ResultCode
	}
	return ldap.LDAPResultSuccess
}
