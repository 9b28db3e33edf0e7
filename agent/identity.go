package agent

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// identity is who an enrolled agent is towards its tenant, with what its keyring holds.
type identity struct {
	http              *http.Client
	control           *control.Client
	directoryPassword string
}

// identify reads the credentials of an enrolment.
func (a *Agent) identify(ctx context.Context, r *record) (identity, error) {
	v, err := a.o.OpenVault(vault.Kind(r.Vault))
	if err != nil {
		return identity{}, err
	}
	secrets, err := loadCredentials(ctx, v)
	if err != nil {
		return identity{}, fmt.Errorf("reading the credentials: %w", err)
	}
	client, err := control.NewTransport([]byte(r.TenantCA))
	if err != nil {
		return identity{}, err
	}
	return identity{client, a.controlOf(client, r, ed25519.NewKeyFromSeed(secrets.Seed)), secrets.DirectoryPassword}, nil
}

func (a *Agent) controlOf(client *http.Client, r *record, key ed25519.PrivateKey) *control.Client {
	return control.NewClient(client, r.Tenant, control.Identity{AgentID: r.AgentID, TenantID: r.TenantID, Key: key}, a.o.Now)
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
