package audit

import (
	"strconv"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

// Names gives organizations and policies their names; what it does not know keeps its id.
type Names map[tenant.ID]string

func (n Names) of(id tenant.ID) string {
	if name, ok := n[id]; ok {
		return name
	}
	return id.String()
}

// Configured tells what an administrator changed of an agent. Where that is the status alone, it is a pause or a resumption.
func Configured(before, after tenant.Agent, names Names) Entry {
	e := Entry{What: AgentConfigured, Subject: OfAgent(after)}
	b, a := before.Settings(), after.Settings()
	e.Details = Changed(e.Details, "name", b.Name, a.Name)
	e.Details = Changed(e.Details, "organization", names.of(b.Organization), names.of(a.Organization))
	e.Details = Changed(e.Details, "activation policy", names.of(b.Policy), names.of(a.Policy))
	e.Details = Changed(e.Details, "incomplete users", string(b.Incomplete), string(a.Incomplete))
	e.Details = Changed(e.Details, "password policy", string(b.PasswordPolicy), string(a.PasswordPolicy))
	e.Details = Changed(e.Details, "unlock on reset", tenant.OnOff(b.UnlockOnReset), tenant.OnOff(a.UnlockOnReset))
	for _, limit := range []struct {
		name          string
		before, after control.Limit
	}{{"users", b.Guard.Users, a.Guard.Users}, {"groups", b.Guard.Groups, a.Guard.Groups}, {"memberships", b.Guard.Memberships, a.Guard.Memberships}} {
		e.Details = Changed(e.Details, "guard for "+limit.name, limit.before.String(), limit.after.String())
	}
	e.Details = append(e.Details, scopeChanges(b.Scope, a.Scope)...)
	if b.Status != a.Status && len(e.Details) == 0 {
		e.What = AgentResumed
		if a.Status == control.StatusPaused {
			e.What = AgentPaused
		}
		return e
	}
	e.Details = Changed(e.Details, "status", string(b.Status), string(a.Status))
	e.Details = append(e.Details, Detail{Name: "version", Before: strconv.FormatInt(before.Configuration.Version, 10), After: strconv.FormatInt(after.Configuration.Version, 10)})
	return e
}

// scopeChanges names units by their objectGUID: the tenant keeps no other name of them.
func scopeChanges(before, after []directory.GUID) (details []Detail) {
	was, is := map[directory.GUID]bool{}, map[directory.GUID]bool{}
	for _, unit := range before {
		was[unit] = true
	}
	for _, unit := range after {
		is[unit] = true
		if !was[unit] {
			details = append(details, Detail{Name: "unit added", After: unit.String()})
		}
	}
	for _, unit := range before {
		if !is[unit] {
			details = append(details, Detail{Name: "unit no longer chosen", After: unit.String()})
		}
	}
	if len(details) > 0 {
		details = append([]Detail{{"units", strconv.Itoa(len(before)), strconv.Itoa(len(after))}}, details...)
	}
	return details
}

// Ran tells of a run that an agent reported, with what it counted.
func Ran(a tenant.Agent, run control.Run) Entry {
	e := Entry{What: RunReported, Subject: OfAgent(a), Details: []Detail{{Name: "kind", After: string(run.Kind)}}}
	for _, count := range []struct {
		name string
		n    int
	}{
		{"people added", run.UsersAdded},
		{"people updated", run.UsersUpdated},
		{"people disabled", run.UsersDisabled},
		{"people enabled again", run.UsersEnabled},
		{"groups added", run.GroupsAdded},
		{"groups updated", run.GroupsUpdated},
		{"groups removed", run.GroupsRemoved},
		{"memberships added", run.MembersAdded},
		{"memberships removed", run.MembersRemoved},
		{"rejected", run.Rejected},
	} {
		if count.n != 0 {
			e.Details = append(e.Details, Count(count.name, count.n))
		}
	}
	return e
}

// Count is a detail that is a number.
func Count(name string, n int) Detail { return Detail{Name: name, After: strconv.Itoa(n)} }

// Enrolled tells that an agent was let in, on whose word.
func Enrolled(what What, a tenant.Agent, by tenant.Administrator, from string) Entry {
	e := Entry{What: what, Actor: ByAgent(a, from), Subject: OfAgent(a)}
	e.Details = []Detail{{Name: "host", After: a.Heartbeat.Host.Name}, {Name: "directory", After: a.Heartbeat.Directory.Domain}}
	if by.Email != "" {
		e.Details = append(e.Details, Detail{Name: "with a token of", After: by.Email})
	}
	return e
}

// Policy tells what was made of a policy, or changed of it.
func Policy(before, after tenant.ProvisioningPolicy) Entry {
	e := Entry{What: PolicyChanged, Subject: OfPolicy(after)}
	if before.ID == 0 {
		e.What = PolicyMade
	}
	e.Details = Changed(e.Details, "name", before.Name, after.Name)
	e.Details = Changed(e.Details, "state", string(before.State), string(after.State))
	e.Details = Changed(e.Details, "enrolment e-mail", yesNo(before.ID, before.Mail), yesNo(after.ID, after.Mail))
	e.Details = Changed(e.Details, "second factor required", yesNo(before.ID, before.TwoFactor), yesNo(after.ID, after.TwoFactor))
	return e
}

func yesNo(id tenant.ID, yes bool) string {
	switch {
	case id == 0:
		return ""
	case yes:
		return "yes"
	}
	return "no"
}
