package onboarding

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	netmail "net/mail"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// EnrolPath and ResetPath are where links lead; a link's token follows it. PeoplePath is what notices name.
const (
	EnrolPath  = "/enrol/"
	ResetPath  = "/me/reset/"
	PeoplePath = "/me"
)

const asksAtOnce = 100

// hear turns wishes for a link into messages, for those who are in the state that such a link is for. Who forgot a password and never
// had one gets the link to enrol.
func (c *Courier) hear(ctx context.Context, tx store.Tx) error {
	asked, err := tx.TakeAsks(ctx, asksAtOnce)
	if err != nil {
		return err
	}
	for _, ask := range asked {
		purposes := []tenant.MessagePurpose{tenant.EnrolmentMessage}
		if ask.Purpose == tenant.ToReset {
			purposes = append(purposes, tenant.ResetMessage)
		}
		for _, purpose := range purposes {
			if err := c.answer(ctx, tx, ask.Address, purpose); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Courier) answer(ctx context.Context, tx store.Tx, address string, purpose tenant.MessagePurpose) error {
	is := scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: address}
	users, err := tx.Users(ctx, tenant.Scope{}, store.Query{Filter: is, State: purpose.For(), Limit: 1})
	if err != nil || len(users) == 0 || tenant.Fold(users[0].Mail) != tenant.Fold(address) {
		return err
	}
	return c.anew(ctx, tx, users[0].ID, purpose)
}

func (c *Courier) anew(ctx context.Context, tx store.Tx, user tenant.ID, purpose tenant.MessagePurpose) error {
	before, err := tx.Message(ctx, user, purpose)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	if c.Now().Sub(before.Sent) < askedAgain {
		return nil
	}
	return tx.RequeueMessage(ctx, purpose, user)
}

// write makes a message, with a link of its own where it is for one.
func (c *Courier) write(ctx context.Context, tx store.Tx, m tenant.Message) (letter, error) {
	u, err := tx.User(ctx, tenant.Scope{}, m.User)
	if err != nil {
		return letter{}, err
	}
	to, err := mail.ParseAddress(u.Mail)
	if err != nil {
		return letter{}, err
	}
	o, err := tx.Organization(ctx, u.Organization)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return letter{}, err
	}
	says := mail.Letter{Tenant: c.Tenant.Name, Organization: cmp.Or(o.Name, c.Tenant.Name), Person: u.ShownName(), TwoFactor: u.TwoFactor}
	out, link, err := c.compose(ctx, tx, m.Purpose, u, says)
	if err != nil {
		return letter{}, err
	}
	out.From, out.To = netmail.Address{Name: c.Tenant.Name, Address: c.From}, netmail.Address{Name: u.ShownName(), Address: to.Address}
	out.ID, out.Date = c.messageID(m), c.Now()
	return letter{Message: m, mail: out, to: u.Mail, link: link}, nil
}

// compose writes what a message of a purpose says, and gives the hash of its link.
func (c *Courier) compose(ctx context.Context, tx store.Tx, purpose tenant.MessagePurpose, u tenant.User, says mail.Letter) (out mail.Message, link []byte, err error) {
	switch purpose {
	case tenant.EnrolmentMessage:
		if link, err = c.link(ctx, tx, u, tenant.ToEnrol, &says); err == nil {
			out, err = c.writer.Enrolment(says)
		}
		return out, link, err
	case tenant.ResetMessage:
		way, err := c.Passwords.Way(ctx, u)
		if err != nil {
			return out, nil, err
		}
		if way.Place == writeback.OneWay {
			out, err = c.writer.Managed(says)
			return out, nil, err
		}
		if link, err = c.link(ctx, tx, u, tenant.ToReset, &says); err == nil {
			out, err = c.writer.Reset(says)
		}
		return out, link, err
	}
	account, err := tx.Account(ctx, u.ID)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return out, nil, err
	}
	says.Link, says.At = c.PublicURL+PeoplePath, account.PasswordSet
	out, err = c.writer.Changed(says, changedBy(purpose))
	return out, nil, err
}

// changedBy says how a password became another.
func changedBy(purpose tenant.MessagePurpose) string {
	switch purpose {
	case tenant.WasResetNotice:
		return "was reset with a link that was sent to this address"
	case tenant.GivenNotice:
		return "was set by an administrator"
	}
	return "was changed on your own page, with the one before"
}

// link makes a link for a message.
func (c *Courier) link(ctx context.Context, tx store.Tx, u tenant.User, purpose tenant.LinkPurpose, says *mail.Letter) ([]byte, error) {
	path, life := EnrolPath, tenant.InvitationLife
	if purpose == tenant.ToReset {
		path, life = ResetPath, tenant.ResetLife
	}
	token, hash := signin.NewToken()
	now := c.Now()
	i := tenant.Invitation{Hash: hash, User: u.ID, Purpose: purpose, Address: tenant.Fold(u.Mail), Created: now, Expires: now.Add(life)}
	says.Link, says.Until = c.PublicURL+path+token, i.Expires
	return hash, tx.AddInvitation(ctx, i)
}

// messageID is the same for every attempt of a round.
func (c *Courier) messageID(m tenant.Message) string {
	_, domain, _ := strings.Cut(c.From, "@")
	return fmt.Sprintf("%s.%s.%s.%d@%s", m.Purpose, c.Tenant.ID, m.User, m.Round, domain)
}

// Test sends a test e-mail to an address, by the way that all go.
func (c *Courier) Test(ctx context.Context, address string) error {
	out, err := c.writer.Test(mail.Letter{Tenant: c.Tenant.Name, Link: c.PublicURL})
	if err != nil {
		return err
	}
	return c.now(ctx, "test", address, out)
}

// Invite sends an administrator's invitation now, and gives what the server says.
func (c *Courier) Invite(ctx context.Context, address, link string, until time.Time) error {
	out, err := c.writer.Invitation(mail.Letter{Tenant: c.Tenant.Name, Link: link, Until: until})
	if err != nil {
		return err
	}
	return c.now(ctx, "invitation", address, out)
}

// Alarm tells an administrator about an agent now, and gives what the server says.
func (c *Courier) Alarm(ctx context.Context, address string, a mail.Alarm) error {
	a.Tenant, a.Account = c.Tenant.Name, c.PublicURL+"/account"
	out, err := c.writer.Alarm(a)
	if err != nil {
		return err
	}
	return c.now(ctx, "alarm", address, out)
}

// now delivers a message at once.
func (c *Courier) now(ctx context.Context, kind, address string, out mail.Message) error {
	to, err := mail.ParseAddress(address)
	if err != nil {
		return err
	}
	token, _ := signin.NewToken()
	_, domain, _ := strings.Cut(c.From, "@")
	out.ID, out.Date = kind+"."+token+"@"+domain, c.Now()
	out.From, out.To = netmail.Address{Name: c.Tenant.Name, Address: c.From}, to
	defer c.Delivery.Rest()
	return c.Delivery.Deliver(ctx, out)
}

// retryAfter doubles with each attempt, and is drawn at random from its upper half so that many do not come together.
func retryAfter(attempt int, first, last time.Duration) time.Duration {
	full := last
	if attempt < 20 {
		full = min(last, first<<(attempt-1))
	}
	return full/2 + rand.N(full/2)
}

func times(n int) string { return fmt.Sprintf("%d times", n) }
