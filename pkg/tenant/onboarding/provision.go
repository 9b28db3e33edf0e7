package onboarding

import (
	"context"
	"fmt"
	"slices"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// Welcome is called in the transaction that adds users under a policy, with the outcome of each: it queues the e-mails that
// the policy asks for.
func Welcome(ctx context.Context, tx store.Tx, policy tenant.ProvisioningPolicy, users []tenant.User, outcome []error) error {
	if !policy.Mail {
		return nil
	}
	added := make([]tenant.ID, 0, len(users))
	for i := range users {
		if outcome[i] == nil {
			added = append(added, users[i].ID)
		}
	}
	_, err := tx.QueueMessages(ctx, tenant.EnrolmentMessage, added)
	return err
}

// Choice is what an administrator chooses for people who are updated to Provisioned.
type Choice struct {
	Mail      bool // send an e-mail to activate the account
	TwoFactor bool // require a second factor
}

// Outcome counts what an update did.
type Outcome struct {
	Provisioned int // are Provisioned now
	Queued      int // get an e-mail
	Others      int // were Active or Disabled, and stay so
}

// page is how many users one transaction takes.
const page = 500

// Provision updates users to Provisioned. Repeating it changes nothing and sends nothing twice.
func Provision(ctx context.Context, s store.Store, users []tenant.ID, choice Choice) (Outcome, error) {
	var all Outcome
	for some := range slices.Chunk(users, page) {
		err := s.Write(ctx, func(tx store.Tx) error {
			provisioned, err := tx.ProvisionUsers(ctx, some, choice.TwoFactor)
			if err != nil {
				return err
			}
			queued := 0
			if choice.Mail {
				if queued, err = tx.QueueMessages(ctx, tenant.EnrolmentMessage, provisioned); err != nil {
					return err
				}
			}
			all.add(len(some), len(provisioned), queued)
			return record(ctx, tx, some, len(provisioned), queued, choice)
		})
		if err != nil {
			return all, fmt.Errorf("updating people to Provisioned: %w", err)
		}
	}
	return all, nil
}

// record writes one entry for one transaction's part of an update. One person is named, more are counted.
func record(ctx context.Context, tx store.Tx, chosen []tenant.ID, provisioned, queued int, choice Choice) error {
	e := audit.Entry{What: audit.UsersProvisioned, Subject: audit.Subject{Kind: audit.Users, Name: fmt.Sprintf("%d users", len(chosen))}}
	if len(chosen) == 1 {
		u, err := tx.User(ctx, tenant.Scope{}, chosen[0])
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		e.Subject = audit.OfUser(u)
	}
	e.Details = []audit.Detail{audit.Count("Provisioned now", provisioned), audit.Count("e-mails", queued)}
	if choice.TwoFactor {
		e.Details = append(e.Details, audit.Detail{Name: "second factor", After: "required"})
	}
	return tx.Record(ctx, e)
}

func (o *Outcome) add(asked, provisioned, queued int) {
	o.Provisioned += provisioned
	o.Queued += queued
	o.Others += asked - provisioned
}

// ProvisionAll updates everybody whom a query finds.
func ProvisionAll(ctx context.Context, s store.Store, q store.Query, choice Choice) (Outcome, error) {
	var all Outcome
	q = q.Unplaced()
	q.Limit = page
	for {
		users, err := s.Users(ctx, tenant.Scope{}, q)
		if err != nil {
			return all, err
		}
		ids := make([]tenant.ID, len(users))
		for i, u := range users {
			ids[i] = u.ID
		}
		some, err := Provision(ctx, s, ids, choice)
		all.Provisioned, all.Queued, all.Others = all.Provisioned+some.Provisioned, all.Queued+some.Queued, all.Others+some.Others
		if err != nil || len(users) < page {
			return all, err
		}
		q.After = ids[len(ids)-1]
	}
}

// SendAgain has the enrolment e-mail sent anew to a user who is Provisioned.
func SendAgain(ctx context.Context, s store.Store, id tenant.ID) error {
	return s.Write(ctx, func(tx store.Tx) error {
		u, err := tx.User(ctx, tenant.Scope{}, id)
		if err != nil {
			return err
		}
		if u.State != tenant.Provisioned {
			return &problem.Problem{
				Code: problem.Conflict, Title: u.ShownName() + " is not Provisioned", Text: "Only who is Provisioned can enrol. Nothing was sent.",
				Hint: "Update a person who is Created to Provisioned first.", Op: "sending an enrolment e-mail",
			}
		}
		if err := tx.RequeueMessage(ctx, tenant.EnrolmentMessage, id); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.EmailAgain, Subject: audit.OfUser(u)})
	})
}
