// Package problem holds the one error type that a person may come to see.
//
// A Problem says what happened (Title), what it means (Text) and what to do next (Hint). Packages below the edges
// make Problems where they know the words; everything in between wraps with %w; each edge (a screen, an HTTP answer,
// an exit code) turns the chain into words with Of. Nothing here does I/O or knows a protocol.
package problem

import (
	"errors"
	"strings"
)

// Code names a problem for programs. Codes are stable: they are stored, sent and matched.
type Code string

// Codes that more than one package uses. A package may have codes of its own beside these.
const (
	Internal       Code = "internal"        // something is wrong in the program itself
	Invalid        Code = "invalid"         // the input is malformed or out of bounds
	Unauthorized   Code = "unauthorized"    // who is asking is not known
	Forbidden      Code = "forbidden"       // known, but not allowed
	NotFound       Code = "not-found"       // the thing does not exist, or not for who is asking
	Conflict       Code = "conflict"        // it exists already, or was changed meanwhile
	TooMany        Code = "too-many"        // rate limited; try later
	TooLarge       Code = "too-large"       // over a documented size limit
	Unreachable    Code = "unreachable"     // no connection: name, network, refused, timed out
	TLS            Code = "tls"             // the connection cannot be trusted
	NotATenant     Code = "not-a-tenant"    // something answers, but it is no Passly tenant
	WrongVersion   Code = "wrong-version"   // a tenant, but it speaks another protocol version
	Unavailable    Code = "unavailable"     // the other side is up and cannot serve now
	CredentialsBad Code = "credentials-bad" // name or password, key or token is refused
)

// Problem is an error with words for a person. The zero Err is fine: not every problem has a cause.
type Problem struct {
	Code  Code   `json:"code"`
	Title string `json:"title"`         // what happened, one line, no full stop
	Text  string `json:"text,omitzero"` // what it means
	Hint  string `json:"hint,omitzero"` // what to do next
	Op    string `json:"-"`             // the operation, as a gerund: "binding to the directory"
	Err   error  `json:"-"`             // the cause, for logs
}

// Error gives one line for logs: operation, title, cause.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Op != "" {
		b.WriteString(p.Op + ": ")
	}
	b.WriteString(p.Title)
	if p.Err != nil {
		b.WriteString(": " + p.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Of finds the Problem in err's chain, or makes one of code Internal that shows err's text. Of(nil) is nil.
func Of(err error) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return &Problem{
		Code: Internal, Title: "Something went wrong that this program has no better words for", Text: err.Error(),
		Hint: "Try again. If it stays, the log has the details.", Err: err,
	}
}

// Is reports whether err's chain holds a Problem with the given code.
func Is(err error, code Code) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}
