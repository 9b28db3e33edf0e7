package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passlysync/pkg/control"
)

// maxSkew is how far the clocks of agent and tenant may be apart: an assertion lives for two minutes.
const maxSkew = 90 * time.Second

// tenantTrouble says in words why the tenant cannot be talked to. Where it refuses the credentials, the clocks are compared
// first: an assertion from another time is refused just like one with a wrong key.
func (s *session) tenantTrouble(ctx context.Context, err error) control.Condition {
	c := retryWords(conditionOf(err, control.TenantUnreachable), askedFor(err))
	if c.Code != control.TenantCredentialsRefused || s.client == nil {
		return c
	}
	setup, err := control.NewSetup([]byte(s.record.TenantCA))
	if err != nil {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, tenant, err := setup.Discover(ctx, s.record.Tenant)
	if err != nil || tenant.Time.IsZero() {
		return c
	}
	if skew := s.o.Now().Sub(tenant.Time); skew.Abs() > maxSkew {
		return clockSkew(skew)
	}
	return c
}

// askedFor is how long it is waited at the longest after an error, which may say when to come back.
func askedFor(err error) time.Duration {
	var asked control.RetryAfter
	_ = errors.As(err, &asked)
	return max(maxBackoff, min(time.Duration(asked), maxAsked))
}

func clockSkew(skew time.Duration) control.Condition {
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	return control.Condition{
		Code: control.ClockSkew, Severity: control.Failure, Title: "This machine's clock is wrong, or the tenant's is",
		Text: fmt.Sprintf("It is %s %s the tenant's, so the tenant refuses the agent's sign-in.", skew.Abs().Round(time.Second), way),
		Hint: "Set the clock (a domain controller should follow a time source); the agent then goes on by itself.",
	}
}

// tenantCodes are the troubles that end when the tenant answers.
var tenantCodes = []control.ConditionCode{control.TenantUnreachable, control.TenantCredentialsRefused, control.ClockSkew}

// source is a way in which the agent talks to the tenant. Each can fail while the others work.
type source string

const (
	byStream source = "stream"
	byBeat   source = "heartbeat"
	bySCIM   source = "scim"
)

// tenantFails says what is wrong with one way to the tenant.
func (s *session) tenantFails(ctx context.Context, by source, err error) {
	c := s.tenantTrouble(ctx, err)
	s.troubled.Lock()
	defer s.troubled.Unlock()
	s.troubles[by] = c
	s.tellTenant()
}

// tenantAnswers says that nothing is wrong with one way to the tenant.
func (s *session) tenantAnswers(by source) {
	s.troubled.Lock()
	defer s.troubled.Unlock()
	delete(s.troubles, by)
	s.tellTenant()
}

// tellTenant shows the trouble of one way, the data's first, or lifts what is over.
func (s *session) tellTenant() {
	var shown control.ConditionCode
	for _, by := range []source{bySCIM, byBeat, byStream} {
		if c, there := s.troubles[by]; there {
			s.health.set(c)
			shown = c.Code
			break
		}
	}
	for _, code := range tenantCodes {
		if code != shown {
			s.health.lift(code)
		}
	}
}
