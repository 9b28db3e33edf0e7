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
)

// EnrolPath is where links lead; a link's token follows it.
const EnrolPath = "/enrol/"

const asksAtOnce = 100

// hear turns wishes for a new link into messages, for those who are Provisioned.
func (c *Courier) hear(ctx context.Context, tx store.Tx) error {
	asked, err := tx.TakeAsks(ctx, asksAtOnce)
	if err != nil {
		return err
	}
	for _, ask := range asked {
		users, err := tx.Users(ctx, tenant.Scope{}, store.Query{Filter: scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: ask.Address}, State: tenant.Provisioned, Limit: 1})
		if err != nil {
			return err
		}
		for _, u := range users {
			if err := c.anew(ctx, tx, u.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Courier) anew(ctx context.Context, tx store.Tx, user tenant.ID) error {
	before, err := tx.Message(ctx, user, tenant.EnrolmentMessage)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	if c.Now().Sub(before.Sent) < askedAgain {
		return nil
	}
	return tx.RequeueMessage(ctx, tenant.EnrolmentMessage, user)
}

// write makes a message with a link of its own.
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
	token, hash := signin.NewToken()
	now := c.Now()
	i := tenant.Invitation{Hash: hash, User: u.ID, Purpose: tenant.ToEnrol, Address: tenant.Fold(u.Mail), Created: now, Expires: now.Add(tenant.InvitationLife)}
	says.Link, says.Until = c.PublicURL+EnrolPath+token, i.Expires
	out, err := c.writer.Enrolment(says)
	if err != nil {
		return letter{}, err
	}
	out.From, out.To = netmail.Address{Name: c.Tenant.Name, Address: c.From}, netmail.Address{Name: u.ShownName(), Address: to.Address}
	out.ID, out.Date = c.messageID(m), now
	return letter{Message: m, mail: out, to: u.Mail, link: hash}, tx.AddInvitation(ctx, i)
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
