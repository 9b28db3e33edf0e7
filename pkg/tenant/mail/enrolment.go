package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	texttemplate "text/template"
	"time"
)

//go:embed templates/*
var files embed.FS

// Letter is what the messages of a tenant say.
type Letter struct {
	Tenant       string
	Organization string
	Person       string
	Link         string
	Until        time.Time // the link works
	At           time.Time // when the password became another
	How          string    // it did
	TwoFactor    bool      // an authenticator is needed
}

// Writer writes the messages.
type Writer struct {
	html *htmltemplate.Template
	text *texttemplate.Template
}

// NewWriter makes a Writer. The embedded templates are part of the program: one that cannot be read is a fault of it.
func NewWriter() Writer {
	return Writer{
		html: htmltemplate.Must(htmltemplate.ParseFS(files, "templates/*.html")),
		text: texttemplate.Must(texttemplate.ParseFS(files, "templates/*.txt")),
	}
}

// Enrolment is the message by which a person becomes Active.
func (w Writer) Enrolment(l Letter) (Message, error) {
	return w.write("enrolment", "Activate your account at "+l.Organization, l)
}

// Reset is the message with the link by which a person sets another password.
func (w Writer) Reset(l Letter) (Message, error) {
	return w.write("reset", "Set a new password at "+l.Organization, l)
}

// Managed tells who forgot a password that it is managed in Windows.
func (w Writer) Managed(l Letter) (Message, error) {
	return w.write("managed", "Your password at "+l.Organization, l)
}

// Changed tells a person that the password is another now, and how it became that. It has no link to follow.
func (w Writer) Changed(l Letter, how string) (Message, error) {
	l.How = how
	return w.write("changed", "Your password at "+l.Organization+" was changed", l)
}

// Invitation is the message by which somebody becomes an administrator.
func (w Writer) Invitation(l Letter) (Message, error) {
	return w.write("invitation", "Administer "+l.Tenant, l)
}

// Test is what the button Send test sends.
func (w Writer) Test(l Letter) (Message, error) {
	return w.write("test", "Test e-mail from "+l.Tenant, l)
}

func (w Writer) write(name, subject string, l Letter) (Message, error) {
	l.Tenant, l.Organization, l.Person = oneLine(l.Tenant), oneLine(l.Organization), oneLine(l.Person)
	l.Until, l.At = l.Until.UTC(), l.At.UTC()
	return w.fill(name, subject, l)
}

// fill makes a message of the two templates of a name.
func (w Writer) fill(name, subject string, l any) (Message, error) {
	var text, html bytes.Buffer
	if err := w.text.ExecuteTemplate(&text, name+".txt", l); err != nil {
		return Message{}, fmt.Errorf("writing a message: %w", err)
	}
	if err := w.html.ExecuteTemplate(&html, name+".html", l); err != nil {
		return Message{}, fmt.Errorf("writing a message: %w", err)
	}
	return Message{Subject: subject, Text: text.String(), HTML: html.String()}, nil
}
