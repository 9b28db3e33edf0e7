package agent

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// Enrol makes this agent a member of a tenant; see handoff.Host. The new credentials are stored beside the ones in force before
// the token is redeemed, so that no agent exists in the tenant whose key is lost, and take their place when the tenant has
// answered to them. What is broken off in between is never taken back blindly: the tenant may have taken the new key. The
// next attempt goes on with it, and so does the agent where its former key is refused.
func (a *Agent) Enrol(ctx context.Context, e handoff.Enrolment, step func(handoff.Step)) error {
	if err := a.beginEnrolling(); err != nil {
		return err
	}
	defer a.enrolling.Unlock()
	v, err := a.o.OpenVault(vault.Kind(e.Vault))
	if err != nil {
		return err
	}
	n := &enrolment{agent: a, asked: e, vault: v, step: step}
	if e.Service != nil {
		return n.withService(ctx)
	}
	if err := n.run(ctx); err != nil {
		n.breakOff(context.WithoutCancel(ctx), err)
		return err
	}
	a.o.Log.Info("enrolled", "agent", n.record.AgentID, "tenant", n.record.Tenant)
	return nil
}

// beginEnrolling holds enrolling, which the caller unlocks: one changes the enrolment at a time.
func (a *Agent) beginEnrolling() error {
	if a.enrolling.TryLock() {
		return nil
	}
	return &problem.Problem{
		Code: problem.Conflict, Title: "An enrolment is already under way", Text: "Another setup talks to this agent.",
		Hint: "Wait until it ends, then try again.", Op: "enrolling",
	}
}

// enrolment is one under way.
type enrolment struct {
	agent  *Agent
	asked  handoff.Enrolment
	scope  []directory.GUID // with a SCIM service of others
	vault  vault.Vault
	step   func(handoff.Step)
	client *http.Client

	stored  bool    // the new credentials are in the vault
	resumed bool    // they were there from an attempt before
	asking  bool    // the tenant was asked to take the key
	left    *record // the enrolment before, and who it is; nil: none, or its credentials are lost
	leaving identity
	key     ed25519.PrivateKey
	tenant  control.Discovery
	facts   control.DirectoryFacts
	record  record
}

// part is one step of an enrolment.
type part struct {
	name string
	do   func(context.Context) (detail string, err error)
}

func (n *enrolment) run(ctx context.Context) error {
	err := n.parts(ctx,
		part{handoff.StepDirectory, n.signInToDirectory},
		part{handoff.StepKey, n.makeKey},
		part{handoff.StepKeyring, n.storeCredentials},
		part{handoff.StepEnrol, n.redeem},
		part{handoff.StepCheckIn, n.checkIn},
	)
	if err == nil {
		n.leaveFormer(ctx)
	}
	return err
}

// parts does one step after the other, and tells of each.
func (n *enrolment) parts(ctx context.Context, parts ...part) error {
	for _, s := range parts {
		n.step(handoff.Step{Name: s.name, State: handoff.StepRunning})
		detail, err := s.do(ctx)
		if err != nil {
			err = fmt.Errorf("%s: %w", strings.ToLower(s.name), err)
			n.step(handoff.Step{Name: s.name, State: handoff.StepFailed, Problem: problem.Of(err)})
			return err
		}
		n.step(handoff.Step{Name: s.name, State: handoff.StepDone, Detail: detail})
	}
	return nil
}

// leaveFormer tells another tenant that the agent has moved away. It is a courtesy: the agent is enrolled without it.
func (n *enrolment) leaveFormer(ctx context.Context) {
	if n.left == nil || n.left.TenantID == n.record.TenantID {
		return
	}
	n.step(handoff.Step{Name: handoff.StepFarewell, State: handoff.StepRunning})
	step := handoff.Step{Name: handoff.StepFarewell, State: handoff.StepDone, Detail: n.left.TenantName}
	if f := n.leaving.farewell(ctx); !f.Told {
		step.Detail = "not told: remove the agent in the console of " + n.left.TenantName
		n.agent.o.Log.Warn("the former tenant could not be told", "tenant", n.left.Tenant, "reason", f.Problem.Title)
	}
	n.step(step)
}

func (n *enrolment) signInToDirectory(ctx context.Context) (string, error) {
	domain, err := lookAt(ctx, n.agent.o.OpenDirectory, n.asked.Directory)
	if err != nil {
		return "", err
	}
	n.facts = factsOf(domain)
	return domain.Words(), nil
}

func factsOf(d directory.Domain) control.DirectoryFacts {
	return control.DirectoryFacts{Domain: d.Name, DomainGUID: d.GUID, Server: d.Server}
}

// makeKey makes a key, or goes on with the one that an attempt before may have made known to this tenant.
func (n *enrolment) makeKey(ctx context.Context) (string, error) {
	before, err := loadNext(ctx, n.vault)
	if err == nil && before.Tenant == n.asked.Tenant {
		n.key, n.resumed = ed25519.NewKeyFromSeed(before.Seed), true
		return "Ed25519, as in the attempt before", nil
	}
	_, n.key, err = ed25519.GenerateKey(rand.Reader)
	return "Ed25519", err
}

func (n *enrolment) storeCredentials(ctx context.Context) (string, error) {
	if err := vault.Check(ctx, n.vault); err != nil {
		return "", err
	}
	n.rememberFormer(ctx)
	next := nextCredentials{n.credentials(), n.asked.Tenant}
	err := next.store(ctx, n.vault)
	n.stored = err == nil
	return n.vault.Name(), err
}

// credentials are what is kept in the keyring: the key for a tenant, or the token of a SCIM service of others.
func (n *enrolment) credentials() credentials {
	c := credentials{DirectoryPassword: n.asked.Directory.Password, DirectoryKeytab: n.asked.Directory.Keytab}
	if n.asked.Service != nil {
		c.ServiceToken, c.ServiceURL = n.asked.Service.Token, n.asked.Service.URL
		if o := n.asked.Service.OAuth; o != nil {
			c.TokenURL = o.TokenURL
		}
	} else {
		c.Seed = n.key.Seed()
	}
	return c
}

// rememberFormer keeps who the agent was: its new credentials may take the former ones' place.
func (n *enrolment) rememberFormer(ctx context.Context) {
	r := n.agent.enrolment()
	if r == nil || r.Local != nil { // a SCIM service of others knows of no agent
		return
	}
	if id, err := n.agent.identify(ctx, r); err == nil {
		n.left, n.leaving = r, id
	}
}

func (n *enrolment) redeem(ctx context.Context) (string, error) {
	var err error
	if n.client, err = control.NewTransport([]byte(n.asked.TenantCA)); err != nil {
		return "", err
	}
	if err := n.discover(ctx); err != nil {
		return "", err
	}
	n.asking = true
	enrolled, err := control.Redeem(ctx, n.client, n.asked.Tenant, control.Enrol{
		Token: n.asked.Token, PublicKey: n.key.Public().(ed25519.PublicKey), Host: n.agent.host, Directory: n.facts,
		AgentID: n.before(),
	})
	if err != nil {
		return "", err
	}
	n.record, err = n.recordOf(enrolled)
	return enrolled.TenantName, err
}

// before is who this agent is in the same tenant already, if it is.
func (n *enrolment) before() string {
	if r := n.agent.enrolment(); r != nil && r.Local == nil && r.TenantID == n.tenant.TenantID {
		return r.AgentID
	}
	return ""
}

// discover proves that a tenant is there and learns its endpoints.
func (n *enrolment) discover(ctx context.Context) error {
	setup, err := control.NewSetup([]byte(n.asked.TenantCA))
	if err != nil {
		return err
	}
	n.asked.Tenant, n.tenant, err = setup.Discover(ctx, n.asked.Tenant)
	return err
}

func (n *enrolment) recordOf(enrolled control.Enrolled) (record, error) {
	d := n.asked.Directory.WithoutSecrets()
	r := record{
		AgentID: enrolled.AgentID, TenantID: enrolled.TenantID, TenantName: enrolled.TenantName, Tenant: n.asked.Tenant,
		TenantCA: n.asked.TenantCA, Vault: n.asked.Vault, Directory: d, Facts: n.facts, Key: keyName(n.key), RunsAs: n.agent.account,
	}
	var err error
	if r.SCIM, err = within(n.asked.Tenant, n.tenant.SCIM); err != nil {
		return r, err
	}
	r.Console, err = within(n.asked.Tenant, n.tenant.Console)
	return r, err
}

// within resolves a reference that a tenant gave and refuses one that leads to another origin: tokens would go there.
func within(base, reference string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("reading the tenant's address: %w", err)
	}
	to, err := from.Parse(reference)
	if err != nil || to.Scheme != from.Scheme || to.Host != from.Host {
		return "", &problem.Problem{
			Code: problem.NotATenant, Title: "The tenant names an endpoint at another address", Op: "reading the tenant's endpoints",
			Text: reference + " is not at " + from.Host + "; nothing is sent there.", Hint: "Check the Passly domain with its administrator.",
		}
	}
	return to.String(), nil
}

// checkIn proves the new key with a first heartbeat, then makes the enrolment the one in force.
func (n *enrolment) checkIn(ctx context.Context) (string, error) {
	a := n.agent
	_, err := control.NewClient(n.client, n.asked.Tenant, n.record.identity(n.key), a.o.Now).Heartbeat(ctx, control.Heartbeat{
		Conditions: []control.Condition{awaitingConfiguration(n.record.Console)}, Host: a.host, Directory: n.facts,
	})
	if err != nil {
		return "", err
	}
	if err := forgetControllers(a.o.State); err != nil {
		return "", err
	}
	if err := n.record.save(a.o.State); err != nil {
		return "", err
	}
	if err := promote(ctx, n.vault, n.credentials()); err != nil {
		a.o.Log.Warn("the new credentials stay beside the former ones until the next start", "error", err)
	}
	a.adopt(&n.record)
	return n.record.Console, nil
}

// breakOff ends an enrolment that failed. The new credentials go where the tenant surely has not taken them; otherwise they
// stay, and a session under way begins anew with both, so that whichever the tenant knows counts.
func (n *enrolment) breakOff(ctx context.Context, err error) {
	if !n.stored {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if !n.resumed && (!n.asking || saidNo(err)) {
		if err := n.vault.Delete(ctx, nextItem); err != nil {
			n.agent.o.Log.Error("credentials of an enrolment that failed could not be removed", "error", errors.Unwrap(err))
		}
		return
	}
	if r := n.agent.enrolment(); r != nil {
		n.keepBeside(ctx, r)
		n.agent.adopt(r)
	}
}

// keepBeside sees to it that the next credentials are where those in force are, and are looked for.
func (n *enrolment) keepBeside(ctx context.Context, r *record) {
	if r.Vault == n.asked.Vault {
		return
	}
	v, err := n.agent.o.OpenVault(vault.Kind(r.Vault))
	if err == nil {
		err = nextCredentials{n.credentials(), n.asked.Tenant}.store(ctx, v)
	}
	if err != nil {
		n.agent.o.Log.Error("credentials that the tenant may have taken could not be kept", "error", err)
	}
}

// saidNo reports whether an error is the tenant's own refusal, after which it holds nothing of what it was sent.
func saidNo(err error) bool {
	p := (*problem.Problem)(nil)
	if !errors.As(err, &p) {
		return false
	}
	switch p.Code {
	case problem.Forbidden, problem.Invalid, problem.Conflict, problem.NotATenant, problem.WrongVersion, control.TenantDisabled:
		return true
	}
	return false
}

// adopt puts a new enrolment in force; the session of the former one ends.
func (a *Agent) adopt(r *record) {
	a.mu.Lock()
	a.record = r
	a.mu.Unlock()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}
