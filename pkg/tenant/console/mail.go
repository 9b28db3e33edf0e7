package console

import (
	"errors"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/controlserver"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Mail is how the tenant's e-mails go out.
type Mail struct {
	Courier *onboarding.Courier
	Outbox  mail.Outbox // without a folder: they go to a server
	Server  string
	From    string
	Links   string // what links in e-mails begin with
}

// How many e-mails the page lists: those in the outbox, and those that were refused or wait in trouble.
const (
	outboxShown  = 50
	troubleShown = 100
)

// mailView is what the page on e-mails shows.
type mailView struct {
	Mail
	To       string // where a test goes
	Waiting  int
	Sent     int
	Failed   int
	Refused  []messageRow
	Troubled []messageRow
	Written  []mail.Written
	Total    int // in the outbox
	MayOpen  bool
}

// messageRow is a message with its user.
type messageRow struct {
	tenant.Message
	Person tenant.User
}

func (c *Console) mailPage(v *view) error { return c.showMail(v, v.session.Administrator.Email, nil) }

func (c *Console) showMail(v *view, to string, wrong error) error {
	shown := mailView{Mail: c.Mail, To: to, MayOpen: signin.MayChange(v.session.Administrator) == nil}
	var all [4]error
	counts, err := c.Store.CountMessages(v.Context())
	shown.Waiting, shown.Sent, shown.Failed, all[0] = counts[tenant.MessagePending], counts[tenant.MessageSent], counts[tenant.MessageRefused], err
	shown.Refused, all[1] = c.messageRows(v, tenant.MessageRefused)
	shown.Troubled, all[2] = c.messageRows(v, tenant.MessagePending)
	if c.Mail.Outbox.Folder != "" {
		shown.Written, shown.Total, all[3] = c.Mail.Outbox.List(outboxShown)
	}
	if err := errors.Join(all[:]...); err != nil {
		return err
	}
	p := page{Title: "Mail", Section: "mail", Content: shown}
	if wrong != nil {
		p.Problem = problem.Of(wrong)
		return v.render(controlserver.StatusOf(problem.Unavailable), "mail", p)
	}
	return v.show("mail", p)
}

// messageRows gives those in a state that met a problem.
func (c *Console) messageRows(v *view, state tenant.MessageState) ([]messageRow, error) {
	messages, err := c.Store.MessagesWith(v.Context(), state, true, troubleShown)
	if err != nil {
		return nil, err
	}
	rows := make([]messageRow, 0, len(messages))
	for _, m := range messages {
		u, err := c.Store.User(v.Context(), tenant.Scope{}, m.User)
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, messageRow{m, u})
	}
	return rows, nil
}

// testMail sends one by the way that all go, and shows what the server said.
func (c *Console) testMail(v *view) error {
	to := strings.TrimSpace(v.PostFormValue("to"))
	sent := c.Mail.Courier.Test(v.Context(), to)
	if err := c.record(v, audit.Entry{What: audit.MailTested, Subject: audit.Subject{Kind: audit.AnEmail, Name: to}, Details: outcome(sent)}); err != nil {
		return err
	}
	if sent != nil {
		return c.showMail(v, to, sent)
	}
	c.Log.Info("a test e-mail was sent", "to", to, "by", v.session.Administrator.Email)
	return v.redirect("/settings/mail?done=mail-sent")
}

// record writes what changed nothing in the store.
func (c *Console) record(v *view, e audit.Entry) error {
	return c.Store.Write(v.Context(), func(tx store.Tx) error { return tx.Record(v.Context(), e) })
}

func outcome(err error) []audit.Detail {
	if err == nil {
		return []audit.Detail{{Name: "outcome", After: "taken by the mail server"}}
	}
	return []audit.Detail{{Name: "outcome", After: problem.Of(err).Title}}
}

// outboxPage shows an e-mail of the outbox. Its link lets people in, so that readers do not get to see it.
func (c *Console) outboxPage(v *view) error {
	if err := signin.MayChange(v.session.Administrator); err != nil {
		return err
	}
	shown, err := c.Mail.Outbox.Read(v.PathValue("name"))
	if err != nil {
		return err
	}
	if err := c.record(v, audit.Entry{What: audit.MailOpened, Subject: audit.Subject{Kind: audit.AnEmail, Name: shown.Subject + ", to " + shown.To}}); err != nil {
		return err
	}
	c.Log.Info("an e-mail in the outbox was opened", "name", shown.Name, "by", v.session.Administrator.Email)
	return v.show("outbox", page{Title: shown.Subject, Section: "mail", Content: shown})
}
