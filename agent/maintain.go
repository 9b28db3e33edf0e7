package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// ChangeDirectory gives the enrolled agent another directory account; see handoff.Host. A failure leaves everything as it was.
func (a *Agent) ChangeDirectory(ctx context.Context, d handoff.Directory) error {
	r, v, err := a.maintain()
	if err != nil {
		return err
	}
	defer a.enrolling.Unlock()
	if d.URL == "" {
		d.URL = r.Directory.URL
	}
	if d.CA == "" {
		d.CA = r.Directory.CA
	}
	if d.Others == nil && d.URL == r.Directory.URL {
		d.Others = r.Directory.Others
	}
	next := *r
	if next.Facts, err = a.sameDomain(ctx, d, r.Facts); err != nil {
		return err
	}
	former, err := loadCredentials(ctx, v)
	if err != nil {
		return fmt.Errorf("reading the credentials: %w", err)
	}
	fresh := former
	fresh.DirectoryPassword = d.Password
	if err := fresh.store(ctx, v); err != nil {
		return err
	}
	d.Password = ""
	next.Directory = d
	if err := next.save(a.o.State); err != nil {
		return errors.Join(err, former.store(context.WithoutCancel(ctx), v))
	}
	a.adopt(&next)
	return nil
}

// maintain begins a change of the enrolment: it holds enrolling, which the caller unlocks.
func (a *Agent) maintain() (*record, vault.Vault, error) {
	if err := a.beginEnrolling(); err != nil {
		return nil, nil, err
	}
	r := a.enrolment()
	if r == nil {
		a.enrolling.Unlock()
		return nil, nil, &problem.Problem{
			Code: problem.Code(control.AwaitingEnrolment), Title: "The agent is not enrolled",
			Text: "This agent belongs to no tenant.", Hint: "Run “passly-sync setup” first.", Op: "changing the enrolment",
		}
	}
	v, err := a.o.OpenVault(vault.Kind(r.Vault))
	if err != nil {
		a.enrolling.Unlock()
	}
	return r, v, err
}

// sameDomain signs in to the directory and refuses another domain than the agent's people are from.
func (a *Agent) sameDomain(ctx context.Context, d handoff.Directory, known control.DirectoryFacts) (control.DirectoryFacts, error) {
	domain, err := lookAt(ctx, a.o.OpenDirectory, d)
	if err == nil && domain.GUID != known.DomainGUID {
		err = &problem.Problem{
			Code: problem.Conflict, Title: "That is another directory", Op: "changing the service account",
			Text: "The agent's people are from " + known.Domain + "; the account signs in to " + domain.Name + ".",
			Hint: "Use an account of " + known.Domain + ", or enrol again for the other directory.",
		}
	}
	return factsOf(domain), err
}

// Leave makes the agent forget its tenant; see handoff.Host.
func (a *Agent) Leave(ctx context.Context) (handoff.Farewell, error) {
	r, v, err := a.maintain()
	if err != nil {
		return handoff.Farewell{}, err
	}
	defer a.enrolling.Unlock()
	said := a.farewellTo(ctx, r)
	if err := Forget(ctx, v); err != nil {
		return said, fmt.Errorf("forgetting the credentials: %w", err)
	}
	if err := os.Remove(filepath.Join(a.o.State, recordFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return said, fmt.Errorf("forgetting the enrolment: %w", err)
	}
	if err := forgetControllers(a.o.State); err != nil {
		return said, err
	}
	a.o.Log.Info("left the tenant", "told", said.Told)
	a.adopt(nil)
	return said, nil
}

// farewellTo tells a tenant that it is left; without its credentials an agent cannot.
func (a *Agent) farewellTo(ctx context.Context, r *record) handoff.Farewell {
	if r.Local != nil {
		return handoff.Farewell{Told: true} // there is nothing to tell: a SCIM service of others knows of no agent
	}
	id, err := a.identify(ctx, r)
	if err != nil {
		return handoff.Farewell{Problem: problem.Of(err)}
	}
	return id.farewell(ctx)
}
