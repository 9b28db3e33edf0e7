package agent

import (
	"context"
	"crypto/ed25519"
	"sync"
	"time"

	"passlysync/agent/mirror"
	"passlysync/agent/passwords"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
)

// openPasswords makes the desk for people's passwords, and the key that the tenant seals them to.
func (s *session) openPasswords(key ed25519.PrivateKey) error {
	desk, err := passwords.New(passwords.Options{
		Tenant: s.record.TenantID, Agent: s.record.AgentID, Seed: key.Seed(), Folder: s.o.State, Now: s.tenantNow, Settings: s.configuration,
		May: s.mayWrite, Claim: s.client.Claim, Open: s.openDirectory, Log: s.o.Log,
	})
	if err != nil {
		return err
	}
	s.passwords = desk
	s.sealing = seal.Publish(key, s.record.TenantID, s.record.AgentID, desk.Public())
	return nil
}

// mayWrite lets passwords be set for people whom this agent added and who are in scope, as the mirror knows.
func (s *session) mayWrite(ctx context.Context, id directory.GUID) error {
	found, _, err := s.mirror.Find(ctx, mirror.Question{GUID: id}, 1)
	switch {
	case err != nil:
		return err
	case len(found) == 0 || found[0].Kind != directory.KindUser || !found[0].Added:
		return passwords.NotSynced("The agent did not add it.")
	case found[0].User.Deleted:
		return &problem.Problem{
			Code: directory.AccountGone, Title: "The account is not in the directory any more", Text: "It was deleted.", Op: "looking for the account",
			Hint: "Look for it in Active Directory.",
		}
	case found[0].User.Place != plan.Inside:
		return passwords.NotSynced("It was moved out of the units that are synced, to " + found[0].Place + ".")
	}
	return nil
}

// tenantClock is how far the tenant's clock is ahead of this machine's, as the last heartbeat's answer told.
type tenantClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// heard takes the tenant's time from an answer to what was sent at a time.
func (c *tenantClock) heard(tenant, sent, received time.Time) {
	if tenant.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = tenant.Sub(sent.Add(received.Sub(sent) / 2))
}

// tenantNow is the tenant's time, as near as it is known.
func (s *session) tenantNow() time.Time {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	return s.o.Now().Add(s.clock.ahead)
}

func (s *session) writePassword(ctx context.Context, c control.Command) (any, error) {
	return answering(ctx, c, func(ctx context.Context, args control.SealedArgs) (control.PasswordWritten, error) {
		return s.passwords.Write(ctx, c, args)
	})
}

func (s *session) verifyPassword(ctx context.Context, c control.Command) (any, error) {
	return answering(ctx, c, func(ctx context.Context, args control.SealedArgs) (*struct{}, error) {
		return nil, s.passwords.Verify(ctx, c, args)
	})
}
