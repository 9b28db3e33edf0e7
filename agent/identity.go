package agent

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// identity is who an enrolled agent is towards its tenant, with what its keyring holds.
type identity struct {
	http    *http.Client
	control *control.Client
	key     ed25519.PrivateKey
	secrets credentials
}

// identify reads the credentials of an enrolment.
func (a *Agent) identify(ctx context.Context, r *record) (identity, error) {
	v, err := a.o.OpenVault(vault.Kind(r.Vault))
	if err != nil {
		return identity{}, err
	}
	secrets, next, err := r.inForce(ctx, v)
	if err != nil {
		return identity{}, fmt.Errorf("reading the credentials: %w", a.ofAnother(r, err))
	}
	client, err := control.NewTransport([]byte(r.TenantCA))
	if err != nil {
		return identity{}, err
	}
	who := r.identity(secrets.key())
	who.Next, who.Taken = next, func() { a.tookNext(context.WithoutCancel(ctx), v, next, secrets) }
	return identity{client, control.NewClient(client, r.Tenant, who, a.o.Now), who.Key, secrets}, nil
}

// ofAnother says of credentials that are not there that another account's keyring has them, where that is why.
func (a *Agent) ofAnother(r *record, err error) error {
	if !problem.Is(err, problem.NotFound) || r.RunsAs == "" || a.account == "" || strings.EqualFold(r.RunsAs, a.account) {
		return err
	}
	return &problem.Problem{
		Code: problem.NotFound, Title: "The agent's credentials belong to another account",
		Text: "The agent runs as " + a.account + " and was set up as " + r.RunsAs + ". A keyring belongs to one account: nothing is synced.",
		Hint: "Run “passly-sync setup” and choose Enrol again: the agent stays the same, and so do its people. Or let its service run as " + r.RunsAs + " again.",
		Op:   "reading the credentials", Err: err,
	}
}

func (r *record) identity(key ed25519.PrivateKey) control.Identity {
	return control.Identity{AgentID: r.AgentID, TenantID: r.TenantID, Key: key}
}

// tookNext keeps a key that the tenant turned out to have taken. The directory's account is still the one of the record.
func (a *Agent) tookNext(ctx context.Context, v vault.Vault, key ed25519.PrivateKey, former credentials) {
	ctx, cancel := context.WithTimeout(ctx, farewellIn)
	defer cancel()
	a.o.Log.Info("the tenant had taken the key of an enrolment that was broken off; it counts from now on")
	former.Seed = key.Seed()
	if err := promote(ctx, v, former); err != nil {
		a.o.Log.Error("the new key could not be stored as the one in force", "error", err)
		return
	}
	if r := a.enrolment(); r != nil && a.running() != nil {
		a.adopt(r) // what the former key signed does not count any more
	}
}

// farewellIn bounds how long a tenant that is left may take to answer: leaving does not depend on it.
const farewellIn = 10 * time.Second

// farewell tells a tenant that this agent leaves it. One that refuses the key has let the agent go already.
func (i identity) farewell(ctx context.Context) handoff.Farewell {
	ctx, cancel := context.WithTimeout(ctx, farewellIn)
	defer cancel()
	err := i.control.Leave(ctx)
	if err == nil || problem.Is(err, problem.CredentialsBad) {
		return handoff.Farewell{Told: true}
	}
	return handoff.Farewell{Problem: problem.Of(err)}
}
