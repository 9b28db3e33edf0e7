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
	l.Until = l.Until.UTC()
	var text, html bytes.Buffer
	if err := w.text.ExecuteTemplate(&text, name+".txt", l); err != nil {
		return Message{}, fmt.Errorf("writing a message: %w", err)
	}
	if err := w.html.ExecuteTemplate(&html, name+".html", l); err != nil {
		return Message{}, fmt.Errorf("writing a message: %w", err)
	}
	return Message{Subject: subject, Text: text.String(), HTML: html.String()}, nil
}
