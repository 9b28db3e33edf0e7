package mail_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/trust"
)

var noon = time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)

func letter() mail.Letter {
	return mail.Letter{
		Tenant: "Acme", Organization: "Acme Österreich", Person: "Ann Ödegård", Link: "https://acme.test/enrol/tok_en-1",
		Until: noon.Add(24 * time.Hour), TwoFactor: true,
	}
}

func enrolment(t *testing.T, l mail.Letter) mail.Message {
	t.Helper()
	m, err := mail.NewWriter().Enrolment(l)
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.Date = "enrolment.1.1@acme.test", noon
	m.From, m.To = netmail.Address{Name: l.Tenant, Address: "passly@acme.test"}, netmail.Address{Name: l.Person, Address: "ann@acme.test"}
	return m
}

// parsed takes a message apart as a mail program does.
func parsed(t *testing.T, raw string) (header netmail.Header, text, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("reading the message: %v\n%s", err, raw)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return m.Header, text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			html = string(body)
		} else {
			text = string(body)
		}
	}
}

func TestEnrolmentSaysTheSameInTextAndHTML(t *testing.T) {
	m := enrolment(t, letter())
	for _, part := range []string{"Ann Ödegård", "Acme Österreich", "https://acme.test/enrol/tok_en-1", "7 May 2030, 12:00 UTC", "24 hours", "authenticator"} {
		if !strings.Contains(m.Text, part) || !strings.Contains(m.HTML, part) {
			t.Errorf("%q is missing:\n%s\n%s", part, m.Text, m.HTML)
		}
	}
	l := letter()
	l.TwoFactor = false
	if plain := enrolment(t, l); strings.Contains(plain.Text+plain.HTML, "authenticator") {
		t.Error("an authenticator is asked for where none is required")
	}
}

func TestDeliveryBySMTP(t *testing.T) {
	for name, o := range map[string]mailtest.Options{"STARTTLS and a password": {Auth: true}, "TLS from the start": {TLS: true}, "plain, on loopback": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.Start(t, o)
			to := connect(t, server, o)
			defer to.Rest()
			for range 2 {
				if err := to.Deliver(t.Context(), enrolment(t, letter())); err != nil {
					t.Fatal(err)
				}
			}
			taken := server.Taken()
			if len(taken) != 2 || taken[0].To != "ann@acme.test" || taken[0].From != "passly@acme.test" {
				t.Fatalf("taken: %+v", taken)
			}
			header, text, html := parsed(t, taken[0].Raw)
			if header.Get("Message-ID") != "<enrolment.1.1@acme.test>" || header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("the headers are %v", header)
			}
			if !strings.Contains(text, "https://acme.test/enrol/tok_en-1\n") || !strings.Contains(html, `href="https://acme.test/enrol/tok_en-1"`) {
				t.Errorf("the parts are\n%s\n%s", text, html)
			}
		})
	}
}

func connect(t *testing.T, s *mailtest.Server, o mailtest.Options) *mail.SMTP {
	t.Helper()
	to, err := mail.ParseServer(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	to.TLS = o.TLS
	if to.Roots, _ = trust.Roots(s.CA); o.Auth {
		to.User, to.Password = mailtest.User, mailtest.Password
	}
	return mail.NewSMTP(to)
}

func TestRefusalsSayWhomTheyAreAbout(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{Auth: true})
	to := connect(t, server, mailtest.Options{Auth: true})
	defer to.Rest()
	wrong := func(edit func(*mail.Server)) mail.Delivery {
		s, err := mail.ParseServer(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		s.Roots, _ = trust.Roots(server.CA)
		s.User, s.Password = mailtest.User, mailtest.Password
		edit(&s)
		return mail.NewSMTP(s)
	}
	nothing := func() {}
	for _, row := range []struct {
		name string
		to   mail.Delivery
		set  func()
		code problem.Code
		says string
	}{
		{"an unknown address", to, func() { server.OnRecipient(func(string) error { return mailtest.Refuse("no such person") }) }, mail.AddressRefused, "no such person"},
		{"a busy mailbox", to, func() { server.OnRecipient(func(string) error { return mailtest.Later("greylisted") }) }, mail.TryLater, "greylisted"},
		{"refused content", to, func() {
			server.OnRecipient(nil)
			server.OnData(func(string) error { return mailtest.Refuse("looks like spam") })
		}, mail.AddressRefused, "looks like spam"},
		{"content refused for now", to, func() { server.OnData(func(string) error { return mailtest.Later("disk full") }) }, mail.TryLater, "disk full"},
		{"dropped after the data", to, func() { server.OnData(nil); server.DropNext() }, mail.TryLater, "may have arrived"},
		{"a certificate of nobody", wrong(func(s *mail.Server) { s.Roots, _ = trust.Roots(nil) }), nothing, mail.ServerUnusable, "cannot be trusted"},
		{"a wrong password", wrong(func(s *mail.Server) { s.Password = "wrong" }), nothing, mail.ServerUnusable, "refuses the user and password"},
		{"no password", wrong(func(s *mail.Server) { s.User = "" }), nothing, mail.ServerUnusable, "Please authenticate"},
		{"nobody there", wrong(func(s *mail.Server) { s.Port = 1 }), nothing, mail.ServerUnusable, "refused"},
	} {
		row.set()
		err := row.to.Deliver(t.Context(), enrolment(t, letter()))
		p := problem.Of(err)
		if p == nil || p.Code != row.code || p.Hint == "" || !strings.Contains(p.Title+" "+p.Text, row.says) {
			t.Errorf("%s: got %+v, want %s with %q", row.name, p, row.code, row.says)
		}
		if strings.Contains(fmt.Sprintf("%+v %v", p, err), mailtest.Password) {
			t.Errorf("%s: the password is in the error", row.name)
		}
	}
	if err := to.Deliver(t.Context(), enrolment(t, letter())); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestNothingIsSentReadableByOthers(t *testing.T) {
	// A name that is not loopback's, so that STARTTLS is a must; the server offers none.
	server := mailtest.Start(t, mailtest.Options{Plain: true})
	name, err := os.Hostname()
	if err != nil {
		t.Skip("this machine has no name")
	}
	err = mail.NewSMTP(mail.Server{Host: name, Port: server.Port}).Deliver(t.Context(), enrolment(t, letter()))
	p := problem.Of(err)
	if p == nil || p.Code != mail.ServerUnusable || len(server.Taken()) != 0 {
		t.Fatalf("got %+v with %d taken", p, len(server.Taken()))
	}
	if !strings.Contains(p.Title, "offers no encryption") {
		t.Skipf("%s does not lead to loopback here: %s", name, p.Text)
	}
}

func TestOutbox(t *testing.T) {
	box := mail.Outbox{Folder: filepath.Join(t.TempDir(), "outbox")}
	if newest, total, err := box.List(5); err != nil || total != 0 || len(newest) != 0 {
		t.Errorf("before anything: %v %d %v", newest, total, err)
	}
	m := enrolment(t, letter())
	for range 3 {
		if err := box.Deliver(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	newest, total, err := box.List(5)
	if err != nil || total != 1 || !strings.Contains(newest[0].To, "ann@acme.test") || newest[0].Subject != "Activate your account at Acme Österreich" {
		t.Fatalf("the list: %+v %d %v", newest, total, err)
	}
	one, err := box.Read(newest[0].Name)
	if err != nil || !strings.Contains(one.Text, "https://acme.test/enrol/tok_en-1\n") || !strings.Contains(one.Text, "Ödegård") {
		t.Errorf("reading it: %+v (%v)", one, err)
	}
	for path, mode := range map[string]os.FileMode{box.Folder: 0o700, filepath.Join(box.Folder, newest[0].Name): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is %v (%v), want %v", path, info.Mode(), err, mode)
		}
	}
	for _, name := range []string{"../tenant.db", "none.eml", "/etc/passwd", "..", ""} {
		if _, err := box.Read(name); !problem.Is(err, problem.NotFound) {
			t.Errorf("%q: got %v, want not-found", name, err)
		}
	}
}

func TestServerAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"smtp://mail.test": "smtp://mail.test:587", "smtps://a%40b@mail.test": "smtps://a%40b@mail.test:465", "smtp://[::1]:25": "smtp://[::1]:25",
		"mail.test": "", "http://mail.test": "", "smtp://": "", "smtp://mail.test:99999": "", "smtp://u:secret@mail.test": "",
	} {
		s, err := mail.ParseServer(text)
		if want == "" && err == nil || want != "" && (err != nil || s.String() != want) {
			t.Errorf("%s: got %s (%v), want %q", text, s, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", text, err)
		}
	}
}

func TestAttackMarkupInNames(t *testing.T) {
	l := letter()
	l.Person, l.Organization = `<script>alert(1)</script>`, `<b>"Acme" & Söhne</b>`
	m := enrolment(t, l)
	if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<b>&#34;") || strings.Contains(m.HTML, `<b>"`) {
		t.Errorf("markup gets into the HTML:\n%s", m.HTML)
	}
	if !strings.Contains(m.Text, `<b>"Acme" & Söhne</b>`) {
		t.Errorf("the text does not have the name as it is:\n%s", m.Text)
	}
}

func TestAttackHeadersInNames(t *testing.T) {
	box := mail.Outbox{Folder: t.TempDir()}
	l := letter()
	l.Person = "Ann\r\nBcc: everybody@evil.test\r\n\r\nFree money"
	l.Organization = "Acme\nX-Evil: yes"
	l.Tenant = "Acme\rSubject: other\u2028x"
	if err := box.Deliver(t.Context(), enrolment(t, l)); err != nil {
		t.Fatal(err)
	}
	newest, _, err := box.List(1)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(box.Folder, newest[0].Name))
	if err != nil {
		t.Fatal(err)
	}
	header, text, _ := parsed(t, string(raw))
	if header.Get("Bcc") != "" || header.Get("X-Evil") != "" || len(header["Subject"]) != 1 {
		t.Errorf("the headers are %v", header)
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "Bcc:") || strings.HasPrefix(lines.Text(), "Free money") || strings.HasPrefix(lines.Text(), "X-Evil") {
			t.Errorf("a name begins a line of its own: %q", lines.Text())
		}
	}
	for _, address := range []string{"a@b.test\r\nBcc: c@evil.test", "a@b.test, c@evil.test", "Ann <a@b.test>", "no address", ""} {
		if _, err := mail.ParseAddress(address); !problem.Is(err, mail.AddressRefused) {
			t.Errorf("%q: got %v, want address-refused", address, err)
		}
	}
}
