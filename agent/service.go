package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/vault"
)

// withService makes this agent one of a SCIM service of others. The service learns nothing of it: all that is kept is the token,
// in the keyring, and beside it what a console would have chosen.
func (n *enrolment) withService(ctx context.Context) error {
	err := n.parts(ctx,
		part{handoff.StepDirectory, n.signInToDirectory},
		part{handoff.StepService, n.signInToService},
		part{handoff.StepUnits, n.findUnits},
		part{handoff.StepKeyring, n.storeToken},
	)
	if err != nil {
		return err
	}
	n.agent.o.Log.Info("set up for a SCIM service", "service", n.record.Tenant)
	n.leaveFormer(ctx)
	return nil
}

// serviceOf is the service that was handed over, with its addresses checked again: the agent trusts no caller with its token.
func serviceOf(s handoff.Service) (scim.Service, error) {
	address, err := scim.ServiceURL(s.URL, s.Plain)
	if err != nil {
		return scim.Service{}, err
	}
	oauth, err := s.OAuth.Checked(s.Plain)
	return scim.Service{URL: address, CA: s.CA, Plain: s.Plain, Token: s.Token, OAuth: oauth}, err
}

func (n *enrolment) signInToService(ctx context.Context) (string, error) {
	service, err := serviceOf(*n.asked.Service)
	if err != nil {
		return "", err
	}
	n.asked.Service.URL, n.asked.Service.OAuth = service.URL, service.OAuth
	return service.URL, service.Examine(ctx)
}

// findUnits finds the units that were chosen, or the whole domain where none was.
func (n *enrolment) findUnits(ctx context.Context) (string, error) {
	reader, err := n.agent.o.OpenDirectory(ctx, n.asked.Directory)
	if err != nil {
		return "", err
	}
	defer reader.Close()
	if len(n.asked.Service.Units) > 0 {
		n.scope, err = unitsNamed(ctx, reader, n.asked.Service.Units)
		return strings.Join(n.asked.Service.Units, "; "), err
	}
	units, err := reader.Units(ctx)
	if err != nil {
		return "", err
	}
	if len(units) == 0 {
		return "", &problem.Problem{
			Code: problem.Code(control.DirectoryRightsMissing), Title: "The directory shows no organizational units", Op: "looking for the organizational units",
			Text: "The service account sees nothing of the domain.", Hint: "Check that it may read the domain.",
		}
	}
	n.scope = []directory.GUID{units[0].GUID} // parents come before children, so this is the domain itself
	return "the whole domain", nil
}

// storeToken puts the credentials into the keyring and the new enrolment in force, or leaves everything as it was.
func (n *enrolment) storeToken(ctx context.Context) (string, error) {
	if err := vault.Check(ctx, n.vault); err != nil {
		return "", err
	}
	n.rememberFormer(ctx)
	former, hadNone := loadCredentials(ctx, n.vault)
	if err := n.credentials().store(ctx, n.vault); err != nil {
		return "", err
	}
	n.record = n.serviceRecord()
	err := forgetControllers(n.agent.o.State)
	if err == nil {
		err = n.record.save(n.agent.o.State)
	}
	if err != nil {
		ctx := context.WithoutCancel(ctx)
		if hadNone != nil {
			return "", errors.Join(err, n.vault.Delete(ctx, credentialsItem))
		}
		return "", errors.Join(err, former.store(ctx, n.vault))
	}
	if err := n.vault.Delete(ctx, nextItem); err != nil {
		n.agent.o.Log.Warn("credentials of an enrolment that was broken off stay in the keyring", "error", err)
	}
	n.agent.adopt(&n.record)
	return n.vault.Name(), nil
}

// serviceRecord is the record of the new enrolment. Set up again for the same service and domain, the agent stays who it is, and
// so does all that it knows.
func (n *enrolment) serviceRecord() record {
	s, d := n.asked.Service, n.asked.Directory.WithoutSecrets()
	r := record{
		AgentID: rand.Text(), Tenant: s.URL, TenantName: hostOf(s.URL), TenantCA: s.CA, SCIM: s.URL, Vault: n.asked.Vault, Directory: d, Facts: n.facts, RunsAs: n.agent.account,
		Local: &local{Plain: s.Plain, Units: s.Units, OAuth: s.OAuth, Configuration: control.Configuration{
			Version: 1, Name: n.agent.host.Name, Status: control.StatusEnabled, Scope: n.scope, Incomplete: s.Incomplete,
			PasswordPolicy: control.PasswordOneWay, Guard: s.Guard,
		}},
	}
	before := n.agent.enrolment()
	if before != nil && before.Local != nil && before.Tenant == r.Tenant && before.Facts.DomainGUID == r.Facts.DomainGUID {
		r.AgentID = before.AgentID
		r.Local.Configuration.Version += before.Local.Configuration.Version
		// Whoever sets up again says what is so: even a service that lost everybody is believed then, and filled anew.
		r.Local.Configuration.Compare = before.Local.Configuration.Compare + 1
	}
	return r
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return address
}

// newLocalSession begins a session with a SCIM service of others: no control channel, and the configuration from the record.
func (a *Agent) newLocalSession(ctx context.Context, r *record) (*session, error) {
	v, err := a.o.OpenVault(vault.Kind(r.Vault))
	if err != nil {
		return nil, err
	}
	secrets, err := loadCredentials(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("reading the credentials: %w", a.ofAnother(r, err))
	}
	if err := secrets.forService(r); err != nil {
		return nil, err
	}
	service := scim.Service{URL: r.SCIM, CA: r.TenantCA, Plain: r.Local.Plain, Token: secrets.ServiceToken, OAuth: r.Local.OAuth}
	client, err := service.Open()
	if err != nil {
		return nil, err
	}
	s := a.sessionOf(r, secrets)
	a.health.only(syncing())
	if err := s.prepareState(ctx); err != nil {
		return nil, err
	}
	s.mirror.ForOthers()
	s.engage(ctx, push.NewForOthers(client))
	s.configure(r.Local.Configuration)
	return s, nil
}
