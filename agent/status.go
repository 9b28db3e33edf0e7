package agent

import (
	"context"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// Status says how the agent is; see handoff.Host.
func (a *Agent) Status(context.Context) (handoff.Status, error) {
	status := handoff.Status{Version: a.o.Version, RunsAs: a.account, Conditions: a.health.conditions()}
	r := a.enrolment()
	if r == nil {
		return status, nil
	}
	status.Enrolled, status.AgentID, status.Tenant = true, r.AgentID, r.Tenant
	status.TenantName, status.Console, status.Directory = r.TenantName, r.Console, r.Facts
	status.DirectoryURL, status.DirectoryAccount = r.Directory.URL, r.Directory.Account
	status.VaultKind = r.Vault
	status.TenantCA, status.DirectoryCA = r.TenantCA, r.Directory.CA
	if l := r.Local; l != nil {
		status.Target, status.Without, status.Units = handoff.TargetSCIM, handoff.WithoutTenant, l.Units
		status.Settings, status.OAuth = &l.Configuration, l.OAuth
	}
	if v, err := a.o.OpenVault(vault.Kind(r.Vault)); err == nil {
		status.Vault = v.Name()
	}
	if s := a.running(); s != nil {
		beat := s.heartbeat()
		status.Name, status.Directory = s.configuration().Name, beat.Directory
		status.Counts, status.LastSync, status.Lag = beat.Counts, beat.LastSync, beat.Lag
	}
	return status, nil
}

// SyncNow starts a cycle at once; see handoff.Host.
func (a *Agent) SyncNow(context.Context) error {
	s := a.running()
	if s == nil {
		return &problem.Problem{
			Code: problem.Code(control.AwaitingEnrolment), Title: "There is nothing to sync yet",
			Text: "This agent belongs to no tenant.", Hint: "Run `passly-sync setup` first.", Op: "asking for a sync",
		}
	}
	s.gate.open()
	poke(s.urgent)
	return nil
}
