package console

import (
	"cmp"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/controlserver"
)

// answer is what the API says where a page shows this content; nil where it has no such page.
func (v *view) answer(content any) any {
	now := v.console.Now()
	switch shown := content.(type) {
	case []agentRow:
		return api.Each(shown, func(r agentRow) api.Agent { return api.OfAgent(r.Agent, now) })
	case downloadView:
		return v.answerDownloads(shown)
	case unattendedView:
		return api.EnrolmentToken{Domain: shown.Domain, Token: shown.Token, Expires: shown.Expires}
	case agentView:
		return v.answerAgent(shown)
	case unitsView:
		return shown.List
	case configureView:
		return api.OfSettings(shown.Settings)
	case addView:
		return v.answerPreview(shown)
	case revisionsView:
		return api.NewPage(shown.Rows, shown.Next, answerRevision)
	case explainView:
		if shown.Trouble != nil || shown.Answer == nil {
			return unanswered(cmp.Or(shown.Trouble, nobodyAsked))
		}
		return shown.Answer
	case heldPageView:
		if shown.Trouble != nil {
			return unanswered(shown.Trouble)
		}
		return api.HeldPage{Held: shown.Page.Held, Approved: shown.Approved, Rows: shown.Page.Rows, Next: api.Address(shown.Next)}
	case removeView:
		return api.Removal{Name: shown.Configuration.Name, People: shown.People}
	}
	if made := answerRuns(content); made != nil {
		return made
	}
	if made := answerPeople(content); made != nil {
		return made
	}
	return v.answerSettings(content)
}

// nobodyAsked is what is wrong where nobody was named.
var nobodyAsked = &problem.Problem{Code: problem.Invalid, Title: "Nobody was asked for", Hint: "Give a name, e-mail or user logon name as q."}

// unanswered says that an agent did not.
func unanswered(why *problem.Problem) api.Unanswered {
	return api.Unanswered{Trouble: api.Because(why, controlserver.StatusOf(why.Code))}
}

func (v *view) answerDownloads(shown downloadView) any {
	return api.Downloads{
		Domain: shown.Domain, Installers: api.Each(shown.Installers, api.OfInstaller),
		Arrived: api.Each(shown.Arrived, func(a tenant.Agent) api.Agent { return api.OfAgent(a, v.console.Now()) }),
	}
}

func (v *view) answerAgent(shown agentView) any {
	return api.AgentDetails{
		Agent: api.OfAgent(shown.Agent, v.console.Now()), Conditions: shown.Conditions,
		Held: api.Each(shown.Held, func(h heldView) api.HeldKind { return api.HeldKind{Held: h.Held, Approved: h.Approved} }),
		Runs: api.Each(shown.Runs, api.OfRun), Settings: api.OfSettings(shown.Agent.Settings()),
	}
}

// answerPreview answers with the preview, where there is one: of the steps to a new agent it is the only one that tells something.
func (v *view) answerPreview(shown addView) any {
	if shown.Preview == nil {
		return nil
	}
	if shown.Preview.Trouble != nil {
		return unanswered(shown.Preview.Trouble)
	}
	return api.Preview{Preview: shown.Preview.Preview, File: api.Address("/directory-sync/" + shown.ID.String() + "/preview.csv" + shown.Preview.Query)}
}

func answerRevision(r revisionRow) api.Revision {
	return api.Revision{At: r.At, InForce: r.InForce, Settings: api.OfSettings(r.Settings), Changes: api.Each(r.Changes, api.OfChange)}
}

func answerRuns(content any) any {
	switch shown := content.(type) {
	case runsView:
		return api.NewPage(shown.Rows, shown.Next, api.OfRun)
	case runView:
		what := map[string]int{}
		for _, c := range shown.Counts {
			what[string(c.What)] = c.N
		}
		return api.RunDetails{RunSummary: api.OfRun(shown.Run), What: what, Undo: api.OfUndo(shown.Undo), Held: shown.Held(), Changes: api.NewPage(shown.Rows, shown.Next, api.OfRow)}
	case undoView:
		undone := map[string]int{}
		for kind, n := range shown.Forecast.Undone {
			undone[string(kind)] = n
		}
		return api.Forecast{Undone: undone, Kept: api.Each(shown.Forecast.Kept, api.OfRow), KeptCount: shown.Forecast.KeptN, Left: shown.Forecast.Left}
	}
	return nil
}

func answerPeople(content any) any {
	switch shown := content.(type) {
	case listView[tenant.User]:
		return api.NewPage(shown.Rows, shown.Next, api.OfUser).Counted(shown.Total)
	case listView[tenant.Group]:
		return api.NewPage(shown.Rows, shown.Next, api.OfGroup).Counted(shown.Total)
	case userView:
		return api.UserDetails{
			User: api.OfUser(shown.User), Groups: api.Each(shown.Groups, api.OfGroup), Changes: api.Each(shown.Rows, api.OfRow),
			Enrolment: api.OfEnrolment(shown.Enrolment.Message, shown.Enrolment.Account),
		}
	case historyView:
		return api.NewPage(shown.Rows, shown.Next, api.OfRow)
	case groupView:
		return api.GroupDetails{
			Group: api.OfGroup(shown.Group), Groups: api.Each(shown.Groups, api.OfGroup),
			Members: api.NewPage(shown.Members, shown.Next, api.OfMember).Counted(shown.MemberCount),
		}
	case provisionView:
		return api.Chosen{Count: shown.Count, Names: shown.Names}
	case provisionedView:
		return api.Provisioned{Provisioned: shown.Provisioned, Mails: shown.Queued, Others: shown.Others}
	}
	return nil
}

func (v *view) answerSettings(content any) any {
	switch shown := content.(type) {
	case organizationsView:
		return api.Each(shown.Rows, answerOrganization)
	case organizationView:
		return answerOrganization(shown.organizationRow)
	case []policyRow:
		return api.Each(shown, func(r policyRow) api.Policy { return api.OfPolicy(r.ProvisioningPolicy, r.Agents) })
	case tenant.ProvisioningPolicy:
		return api.OfPolicy(shown, nil)
	case mailView:
		return answerMail(shown)
	case auditView:
		return api.NewPage(shown.Rows, shown.Next, func(e audit.Entry) api.Entry { return api.OfEntry(e) })
	case administratorsView:
		return api.Each(shown.Rows, api.OfAdministrator)
	case administratorView:
		return api.AdministratorDetails{Administrator: api.OfAdministrator(shown.Administrator), Sessions: api.Each(shown.Sessions, answerSession)}
	case accountView:
		return api.Account{Administrator: api.OfAdministrator(shown.Administrator), RecoveryCodes: shown.Left, Sessions: api.Each(shown.Sessions, answerSession)}
	}
	return nil
}

func answerOrganization(r organizationRow) api.Organization {
	return api.OfOrganization(r.Organization, r.People, r.Active, r.Agents)
}

func answerMail(shown mailView) any {
	letter := func(m messageRow) api.Letter { return api.OfLetter(m.Message, m.Person) }
	return api.Mail{
		Server: shown.Server, From: strings.TrimSpace(shown.From), Waiting: shown.Waiting, Sent: shown.Sent, Failed: shown.Failed,
		Refused: api.Each(shown.Refused, letter), Troubled: api.Each(shown.Troubled, letter), Outbox: api.Each(shown.Written, api.OfWritten),
	}
}

func answerSession(s sessionRow) api.Session {
	return api.Session{Name: s.Name, For: s.For, With: s.Browser, From: s.Address, Created: s.Created, Expires: s.Expires, This: s.This}
}
