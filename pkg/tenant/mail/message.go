package mail

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"passlysync/pkg/problem"
)

// Message is one e-mail to one person.
type Message struct {
	ID         string // Message-ID, without brackets; the same for every attempt
	From, To   mail.Address
	Subject    string
	Text, HTML string
	Date       time.Time
}

// ParseAddress reads a bare address. Errors are problems of code AddressRefused.
func ParseAddress(text string) (mail.Address, error) {
	at, err := mail.ParseAddress(text)
	if err != nil || at.Address != text || strings.ContainsFunc(text, unicode.IsControl) {
		return mail.Address{}, &problem.Problem{
			Code: AddressRefused, Title: fmt.Sprintf("%q is no e-mail address", text), Text: "Nothing can be sent to it.",
			Hint: "Correct it where it comes from.", Op: "reading an address", Err: err,
		}
	}
	return mail.Address{Address: text}, nil
}

// oneLine makes a name fit for a header: without line ends and other control characters.
func oneLine(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}

// compose gives the message in the library's form, which encodes what headers cannot hold.
func (m Message) compose() *gomail.Msg {
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.From.Name, m.To.Name = oneLine(m.From.Name), oneLine(m.To.Name)
	out.FromMailAddress(&m.From)
	out.ToMailAddress(&m.To)
	out.Subject(oneLine(m.Subject))
	out.SetMessageIDWithValue(m.ID)
	out.SetDateWithValue(m.Date)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: no automatic answers
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return out
}
