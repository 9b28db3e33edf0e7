package console_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// entries gives what is in the log after a number, oldest first.
func entries(t *testing.T, s *tenanttest.Server, after int64) []audit.Entry {
	t.Helper()
	all, err := s.Store().Entries(t.Context(), audit.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var later []audit.Entry
	for _, e := range all {
		if e.Number > after {
			later = append([]audit.Entry{e}, later...)
		}
	}
	return later
}

// answerDecision answers the next decision on held removals as an agent does.
func answerDecision(t *testing.T, a *tenanttest.Agent, events <-chan tenanttest.Event) {
	t.Helper()
	go func() {
		for e := range events {
			var c control.Command
			if e.Name == control.EventCommand && json.Unmarshal([]byte(e.Data), &c) == nil && c.Kind == control.CommandDecide {
				a.Do(t, "POST", control.ResultsPath, control.CommandResult{ID: c.ID, Body: json.RawMessage(`{"done":1}`)})
				return
			}
		}
	}()
}

// act is one thing that somebody does, and the entries it has to leave.
type act struct {
	name  string
	do    func()
	kind  audit.ActorKind
	actor string
	want  []audit.What
}

// TestEachChangeLeavesItsEntry does over HTTP what administrators, agents and people do, and looks after each act what the
// log has gained. In the end nothing secret that was used stands in the log, nor in any export of it.
func TestEachChangeLeavesItsEntry(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	var secrets []string
	secret := func(all ...string) { secrets = append(secrets, all...) }
	secret(tenanttest.Password, a.Token)
	v := signedIn(t, s)
	secret(strings.TrimPrefix(v.cookie, "passly="))
	agent := "/directory-sync/" + a.ID.String()
	must := func(answer tenanttest.Answer, status int) tenanttest.Answer {
		t.Helper()
		if answer.Status != status {
			t.Fatalf("got %d, want %d: %.600s", answer.Status, status, answer.Body)
		}
		return answer
	}
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Held = []control.Held{{Kind: control.RemoveUsers, Count: 34, Digest: "d1"}}
	})
	events, _ := a.Listen(t, "")
	configuration := configureForm(t, s, a)
	policyPath, ben, link := "", tenant.Administrator{}, ""
	host, group := "dc1", ""
	const admin = tenanttest.Email
	self, personName, account := audit.Administrator, "Ann Berg", url.Values{}
	localPerson, person := person, map[string]string{}
	for _, step := range []act{
		{"configuring", func() { must(v.post(t, agent+"/configure", configuration), 303) }, self, admin, []audit.What{audit.AgentConfigured}},
		{"pausing", func() { must(v.post(t, agent+"/status", url.Values{"status": {"paused"}}), 303) }, self, admin, []audit.What{audit.AgentPaused}},
		{"resuming", func() { must(v.post(t, agent+"/status", url.Values{"status": {"enabled"}}), 303) }, self, admin, []audit.What{audit.AgentResumed}},
		{"approving", func() { must(v.post(t, agent+"/approve", url.Values{"kind": {"users"}, "digest": {"d1"}}), 303) }, self, admin, []audit.What{audit.AgentApproved}},
		{"approving again", func() { must(v.post(t, agent+"/approve", url.Values{"kind": {"users"}, "digest": {"d1"}}), 303) }, "", "", nil},
		{"approving rows", func() {
			answerDecision(t, a, events)
			must(v.post(t, agent+"/held/users", url.Values{"row": {"x"}, "decision": {"approve"}}), 303)
		}, self, admin, []audit.What{audit.RowsApproved}},
		{"rejecting all", func() {
			answerDecision(t, a, events)
			must(v.post(t, agent+"/held/users", url.Values{"digest": {"d1"}, "decision": {"reject-all"}}), 303)
		}, self, admin, []audit.What{audit.RowsRejected}},
		{"deciding on nothing", func() { must(v.post(t, agent+"/held/users", url.Values{"decision": {"approve"}}), 400) }, "", "", nil},
		{"undoing unconfirmed", func() {
			inRun(t, a, "r1", "POST", "/Groups", `{"displayName":"Undone"}`)
			must(v.post(t, agent+"/runs/r1/undo", nil), 400)
		}, "", "", nil},
		{"undoing", func() { must(v.post(t, agent+"/runs/r1/undo", url.Values{"sure": {"yes"}}), 303) }, self, admin, []audit.What{audit.UndoBegun, audit.UndoEnded}},
		{"going on", func() { must(v.post(t, agent+"/status", url.Values{"status": {"enabled"}}), 303) }, self, admin, []audit.What{audit.AgentResumed}},
		{"asking for a sync", func() { must(v.post(t, agent+"/sync", nil), 303); <-events }, self, admin, []audit.What{audit.SyncAsked}},
		{"looking", func() { must(v.get(t, agent), 200); must(v.get(t, "/audit"), 200) }, "", "", nil},
		{"a change that is refused", func() { must(v.post(t, agent+"/configure", configuration), 409) }, "", "", nil},
		{"a run", func() {
			must(a.Do(t, "POST", control.RunsPath, control.Run{ID: "r1", Kind: control.RunFull, UsersAdded: 3}), 204)
		}, audit.Agent, "Head office", []audit.What{audit.RunReported}},
		{"the same run again", func() {
			must(a.Do(t, "POST", control.RunsPath, control.Run{ID: "r1", Kind: control.RunFull, UsersAdded: 3}), 204)
		}, "", "", nil},
		{"SCIM writes", func() { a.AddPerson(t, "ann"); a.AddPerson(t, "bob") }, "", "", nil},
		{"a policy", func() {
			must(v.post(t, "/provisioning", url.Values{"name": {"Contractors"}, "state": {"created"}}), 303)
		}, self, admin, []audit.What{audit.PolicyMade}},
		{"changing it", func() {
			all, _ := s.Store().Policies(t.Context())
			policyPath = "/provisioning/" + all[len(all)-1].ID.String()
			must(v.post(t, policyPath, url.Values{"name": {"Contractors"}, "state": {"provisioned"}, "mail": {"yes"}}), 303)
		}, self, admin, []audit.What{audit.PolicyChanged}},
		{"removing it", func() { must(v.post(t, policyPath+"/remove", nil), 303) }, self, admin, []audit.What{audit.PolicyRemoved}},
		{"a bulk update", func() {
			must(v.post(t, "/users/provision", url.Values{"all": {"yes"}, "mail": {"yes"}, "two-factor": {"yes"}}), 200)
		}, self, admin, []audit.What{audit.UsersProvisioned}},
		{"an e-mail again", func() {
			must(v.post(t, "/users/"+s.Person(t, "ann").ID.String()+"/send-again", nil), 303)
		}, self, admin, []audit.What{audit.EmailAgain}},
		{"a test e-mail", func() { must(v.post(t, "/settings/mail/test", url.Values{"to": {"x@acme.test"}}), 303) }, self, admin, []audit.What{audit.MailTested}},
		{"an organization", func() {
			all, _ := s.Store().Organizations(t.Context())
			must(v.post(t, "/organizations/"+all[0].ID.String(), organizationForm("min-password", "14")), 303)
		}, self, admin, []audit.What{audit.OrganizationChanged}},
		{"another organization", func() { must(v.post(t, "/organizations/new", organizationForm("name", "Blue Heron")), 303) }, self, admin, []audit.What{audit.OrganizationAdded}},
		{"its end", func() {
			all, _ := s.Store().Organizations(t.Context())
			must(v.post(t, "/organizations/"+all[1].ID.String()+"/remove", url.Values{"typed": {"Blue Heron"}}), 303)
		}, self, admin, []audit.What{audit.OrganizationRemoved}},
		{"a Local user", func() {
			must(v.post(t, "/users/new", localPerson(t, s, "mail", "zoe@acme.test", "logon", "zoe@acme.test")), 303)
		}, self, admin, []audit.What{audit.UserAdded}},
		{"a Local group", func() {
			all, _ := s.Store().Organizations(t.Context())
			group = must(v.post(t, "/groups/new", url.Values{"name": {"Pilots"}, "organization": {all[0].ID.String()}}), 303).Header.Get("Location")
			group, _, _ = strings.Cut(group, "?")
		}, self, admin, []audit.What{audit.GroupAdded}},
		{"a member", func() { must(v.post(t, group, url.Values{"do": {"add"}, "who": {"ann@acme.test"}}), 303) }, self, admin, []audit.What{audit.MemberAdded}},
		{"the member again", func() { must(v.post(t, group, url.Values{"do": {"add"}, "who": {"ann@acme.test"}}), 303) }, "", "", nil},
		{"the group's end", func() { must(v.post(t, group, url.Values{"do": {"remove"}}), 303) }, self, admin, []audit.What{audit.GroupRemoved}},
		{"an enrolment token", func() {
			secret(regexp.MustCompile(`id="token"[^>]*>([^<]+)<`).FindStringSubmatch(must(v.post(t, "/directory-sync/enrolment-token", nil), 200).Body)[1])
		}, self, admin, []audit.What{audit.TokenMade}},
		{"a set-up by browser", func() {
			_, device := begin(t, s)
			must(v.post(t, "/device", url.Values{"code": {device.Code}, "decision": {"approve"}}), 200)
			secret(device.Code)
		}, self, admin, []audit.What{audit.DeviceApproved}},
		{"one that is denied", func() {
			_, device := begin(t, s)
			must(v.post(t, "/device", url.Values{"code": {device.Code}, "decision": {"deny"}}), 200)
		}, self, admin, []audit.What{audit.DeviceDenied}},
		{"a person enrols", func() { enrolPerson(t, s, "ann", person, secret) }, audit.Person, personName, []audit.What{audit.PersonEnrolled}},
		{"a person signs in", func() { personSignsIn(t, s, person) }, audit.Person, personName, []audit.What{audit.SignedIn}},
		{"a person makes recovery codes", func() {
			made := must(post(t, s, "/me/recovery", url.Values{"password": {tenanttest.NewPassword}}, "Cookie", person["cookie"]), 200)
			secret(codesOn(made.Body)...)
			person["recovery"] = codesOn(made.Body)[0]
		}, audit.Person, personName, []audit.What{audit.RecoveryMade}},
		{"a person changes the password", func() {
			next := url.Values{"old": {tenanttest.NewPassword}, "password": {"orange kettle above water"}, "again": {"orange kettle above water"}}
			must(post(t, s, "/me/password", next, "Cookie", person["cookie"]), 303)
			secret("orange kettle above water", tenanttest.NewPassword)
		}, audit.Person, personName, []audit.What{audit.PasswordChanged}},
		{"a Local user is Provisioned", func() {
			must(v.post(t, "/users/provision", url.Values{"user": {s.Person(t, "zoe").ID.String()}, "mail": {"yes"}}), 200)
		}, self, admin, []audit.What{audit.UsersProvisioned}},
		{"and enrols", func() { enrolPerson(t, s, "zoe", map[string]string{}, secret) }, audit.Person, "", []audit.What{audit.PersonEnrolled}},
		{"an administrator sets a password", func() {
			form := url.Values{"how": {"type"}, "password": {"yellow ladder in the rain"}, "must-change": {"yes"}}
			must(v.post(t, "/users/"+s.Person(t, "zoe").ID.String()+"/password", form), 200)
			secret("yellow ladder in the rain")
		}, self, admin, []audit.What{audit.PasswordGiven}},
		{"a password that is refused", func() {
			must(v.post(t, "/users/"+s.Person(t, "zoe").ID.String()+"/password", url.Values{"how": {"type"}, "password": {"short"}}), 400)
		}, "", "", nil},
		{"a person resets the password", func() { resetPassword(t, s, "zoe", secret) }, audit.Person, "", []audit.What{audit.PasswordReset}},
		{"a person signs out", func() { must(post(t, s, "/me/sign-out", nil, "Cookie", person["cookie"]), 303) }, audit.Person, personName, []audit.What{audit.SignedOut}},
		{"an invitation", func() {
			made := must(v.post(t, "/administrators", url.Values{"email": {"ben@acme.test"}, "role": {"reader"}}), 200)
			link = regexp.MustCompile(`id="link"[^>]*>[^<]*(/join/[^<]+)<`).FindStringSubmatch(made.Body)[1]
			secret(strings.TrimPrefix(link, "/join/"))
			ben, _ = s.Store().Administrator(t.Context(), "ben@acme.test")
		}, self, admin, []audit.What{audit.AdministratorInvited}},
		{"accepting it", func() {
			cookie := strings.Split(must(s.Do(t, "GET", link, "", nil), 303).Header.Get("Set-Cookie"), ";")[0]
			must(post(t, s, "/join", url.Values{"password": {"green ladder at noon"}, "again": {"green ladder at noon"}}, "Cookie", cookie), 303)
			secret("green ladder at noon")
		}, self, "ben@acme.test", []audit.What{audit.AdministratorJoined}},
		{"a role", func() {
			must(v.post(t, "/administrators/"+ben.ID.String()+"/role", url.Values{"role": {"administrator"}}), 303)
		}, self, admin, []audit.What{audit.AdministratorRole}},
		{"a lock", func() {
			must(v.post(t, "/administrators/"+ben.ID.String()+"/lock", url.Values{"locked": {"yes"}}), 303)
		}, self, admin, []audit.What{audit.AdministratorLocked}},
		{"the end of it", func() {
			must(v.post(t, "/administrators/"+ben.ID.String()+"/lock", url.Values{"locked": {"no"}}), 303)
		}, self, admin, []audit.What{audit.AdministratorUnlocked}},
		{"a session of another", func() {
			must(post(t, s, "/sign-in", url.Values{"email": {"ben@acme.test"}, "password": {"green ladder at noon"}}), 303)
		}, self, "ben@acme.test", []audit.What{audit.SignedIn}},
		{"ended by an owner", func() {
			page := must(v.get(t, "/administrators/"+ben.ID.String()), 200)
			name := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(page.Body)[1]
			must(v.post(t, "/administrators/"+ben.ID.String()+"/sessions/end", url.Values{"session": {name}}), 303)
		}, self, admin, []audit.What{audit.SessionEnded}},
		{"a removal", func() {
			must(v.post(t, "/administrators/"+ben.ID.String()+"/remove", url.Values{"email": {"ben@acme.test"}}), 303)
		}, self, admin, []audit.What{audit.AdministratorRemoved}},
		{"an API token", func() { secret(makeToken(t, v, "Nightly report")) }, self, admin, []audit.What{audit.APITokenMade}},
		{"codes on", func() {
			key := field(t, v.get(t, "/account/second-factor").Body, "secret")
			made := must(v.post(t, "/account/second-factor", url.Values{"secret": {key}, "password": {tenanttest.Password}, "code": {s.Code(t, key, 0)}}), 200)
			secret(key, s.Code(t, key, 0))
			secret(codesOn(made.Body)...)
		}, self, admin, []audit.What{audit.CodesOn}},
		{"other recovery codes", func() {
			made := must(v.post(t, "/account/recovery-codes", url.Values{"password": {tenanttest.Password}}), 200)
			secret(codesOn(made.Body)...)
			account.Set("code", codesOn(made.Body)[0])
		}, self, admin, []audit.What{audit.RecoveryMade}},
		{"signing in with one", func() {
			first := post(t, s, "/sign-in", url.Values{"email": {admin}, "password": {tenanttest.Password}})
			account.Set("step", field(t, first.Body, "step"))
			secret(account.Get("step"))
			must(post(t, s, "/sign-in/code", account), 303)
		}, self, admin, []audit.What{audit.RecoveryUsed, audit.SignedIn}},
		{"the same code again", func() { must(post(t, s, "/sign-in/code", account), 401) }, audit.Nobody, "", []audit.What{audit.SignInRefused}},
		{"ending the other sessions", func() { must(v.post(t, "/account/sessions/end-others", nil), 303) }, self, admin, []audit.What{audit.SessionsEnded}},
		{"alarms off and on", func() {
			must(v.post(t, "/account/alarms", url.Values{"alarms": {"off"}}), 303)
			must(v.post(t, "/account/alarms", url.Values{"alarms": {"on"}}), 303)
		}, self, admin, []audit.What{audit.AlarmsOff, audit.AlarmsOn}},
		{"codes off", func() {
			code := strings.ToUpper(secrets[len(secrets)-2]) // a recovery code, as somebody types it
			must(v.post(t, "/account/second-factor/off", url.Values{"password": {tenanttest.Password}, "code": {code}}), 303)
		}, self, admin, []audit.What{audit.RecoveryUsed, audit.CodesOff}},
		{"an agent that leaves", func() { must(a.Do(t, "POST", control.LeavePath, nil), 204) }, audit.Agent, "Head office", []audit.What{audit.AgentLeft}},
		{"that comes back", func() {
			before := len(entries(t, s, 0))
			a = s.Enrol(t, host)
			if n := len(entries(t, s, 0)) - before; n != 3 { // signing in, the token, the enrolment
				t.Errorf("enrolling left %d entries, want 3", n)
			}
		}, "", "", []audit.What{audit.SignedIn, audit.TokenMade, audit.AgentRekeyed}},
		{"an agent that is removed", func() {
			must(v.post(t, agent+"/remove", url.Values{"name": {"Head office"}, "people": {"disable"}}), 303)
		}, self, admin, []audit.What{audit.AgentRemoved}},
		{"the tenant disabled", func() { _ = serve.Disable(t.Context(), serve.Options{State: s.State}, true) }, audit.CommandLine, "", []audit.What{audit.TenantDisabled}},
		{"the tenant enabled", func() { _ = serve.Disable(t.Context(), serve.Options{State: s.State}, false) }, audit.CommandLine, "", []audit.What{audit.TenantEnabled}},
		{"added at the command line", func() {
			if err := serve.AddAdministrator(t.Context(), serve.Options{State: s.State}, serve.Newcomer{Email: "cy@acme.test", Password: "blue engine under sand", Role: tenant.RoleReader}); err != nil {
				t.Fatal(err)
			}
			secret("blue engine under sand")
		}, audit.CommandLine, "", []audit.What{audit.AdministratorAdded}},
		{"signing out", func() { must(v.post(t, "/sign-out", nil), 303) }, self, admin, []audit.What{audit.SignedOut}},
	} {
		before := int64(0)
		if all := entries(t, s, 0); len(all) > 0 {
			before = all[len(all)-1].Number
		}
		step.do()
		s.Clock.Advance(2 * time.Second)
		var got []audit.What
		for _, e := range entries(t, s, before) {
			got = append(got, e.What)
			if step.kind != "" && (e.Actor.Kind != step.kind || step.actor != "" && e.Actor.Name != step.actor) {
				t.Errorf("%s: the entry %s is of %s %q, want %s %q", step.name, e.What, e.Actor.Kind, e.Actor.Name, step.kind, step.actor)
			}
			if step.kind != audit.CommandLine && e.Actor.From != "127.0.0.1" {
				t.Errorf("%s: the entry %s is from %q", step.name, e.What, e.Actor.From)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(step.want) {
			t.Errorf("%s left %v, want %v", step.name, got, step.want)
		}
	}
	nothingSecret(t, s, secrets)
}

// nothingSecret looks into the entries as they are kept, and into the export.
func nothingSecret(t *testing.T, s *tenanttest.Server, secrets []string) {
	t.Helper()
	log := fmt.Sprintf("%+v", entries(t, s, 0)) + signedIn(t, s).get(t, "/audit.csv").Body
	if len(secrets) < 30 {
		t.Errorf("only %d secrets were used", len(secrets))
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(log, secret) || strings.Contains(log, strings.ReplaceAll(secret, "-", "")) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func codesOn(body string) (codes []string) {
	for _, found := range regexp.MustCompile(`<li><code>([^<]+)</code>`).FindAllStringSubmatch(body, -1) {
		codes = append(codes, found[1])
	}
	return codes
}

func configureForm(t *testing.T, s *tenanttest.Server, a *tenanttest.Agent) url.Values {
	t.Helper()
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"version": {"1"}, "name": {"Head office"}, "organization": {agent.Organization.String()}, "policy": {tenant.DefaultPolicyID.String()},
		"status": {"enabled"}, "incomplete": {"skip"}, "unit": {"01020304-0506-0708-090a-0b0c0d0e0f10"},
	}
	for _, kind := range []string{"users", "groups", "memberships"} {
		form.Set(kind+"-number", "20")
		form.Set(kind+"-percent", "10")
	}
	return form
}

// enrolPerson does what the enrolment e-mail asks for.
func enrolPerson(t *testing.T, s *tenanttest.Server, name string, person map[string]string, secret func(...string)) {
	t.Helper()
	link := s.Link(t, name)
	secret(strings.TrimPrefix(link, "/enrol/"))
	cookie := strings.Split(s.Do(t, "GET", link, "", nil).Header.Get("Set-Cookie"), ";")[0]
	post(t, s, "/enrol/password", url.Values{"password": {tenanttest.NewPassword}, "again": {tenanttest.NewPassword}}, "Cookie", cookie)
	account, err := s.Store().Account(t.Context(), s.Person(t, name).ID)
	if err != nil {
		t.Fatal(err)
	}
	person["name"], person["password"] = name+"@acme.test", tenanttest.NewPassword
	if account.PendingFactor == "" {
		return
	}
	person["secret"] = account.PendingFactor
	secret(account.PendingFactor)
	done := post(t, s, "/enrol/code", url.Values{"code": {s.Code(t, account.PendingFactor, 0)}}, "Cookie", cookie)
	secret(codesOn(done.Body)...)
}

// resetPassword does what the e-mail of Forgot password asks for.
func resetPassword(t *testing.T, s *tenanttest.Server, name string, secret func(...string)) {
	t.Helper()
	post(t, s, "/me/forgot", url.Values{"email": {name + "@acme.test"}})
	link := s.LinkTo(t, name, "/me/reset/")
	cookie := strings.Split(s.Do(t, "GET", link, "", nil).Header.Get("Set-Cookie"), ";")[0]
	answer := post(t, s, "/me/reset", url.Values{"password": {"nine lamps behind velvet"}, "again": {"nine lamps behind velvet"}}, "Cookie", cookie)
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("resetting: got %d %.600s", answer.Status, answer.Body)
	}
	secret(strings.TrimPrefix(link, "/me/reset/"), "nine lamps behind velvet")
}

func personSignsIn(t *testing.T, s *tenanttest.Server, person map[string]string) {
	t.Helper()
	answer := post(t, s, "/me/sign-in", url.Values{"name": {person["name"]}, "password": {person["password"]}})
	if person["secret"] != "" {
		s.Clock.Advance(time.Minute)
		answer = post(t, s, "/me/code", url.Values{"step": {field(t, answer.Body, "step")}, "code": {s.Code(t, person["secret"], 0)}})
	}
	person["cookie"] = strings.Split(answer.Header.Get("Set-Cookie"), ";")[0]
	if answer.Status != http.StatusSeeOther || person["cookie"] == "" {
		t.Fatalf("signing in as %s: %d %.300s", person["name"], answer.Status, answer.Body)
	}
}

// TestAttackFillingTheLogWithRefusals guesses as fast as it can: the log gains an entry for each account and address and
// minute, with a count, and never what was typed.
func TestAttackFillingTheLogWithRefusals(t *testing.T) {
	s := tenanttest.Start(t)
	before := len(entries(t, s, 0))
	guess := func(email string) {
		post(t, s, "/sign-in", url.Values{"email": {email}, "password": {"wrong"}})
	}
	for range 50 {
		guess(tenanttest.Email)
	}
	for i := range 50 {
		guess(fmt.Sprintf("hunter%d-my-password", i))
	}
	if n := len(entries(t, s, 0)) - before; n > 25 {
		t.Errorf("a hundred refusals of one address left %d entries at once, want at most a burst", n)
	}
	s.Clock.Advance(10 * time.Minute)
	guess(tenanttest.Email)
	all := entries(t, s, 0)
	text := fmt.Sprintf("%+v", all)
	if len(all)-before > 30 || strings.Contains(text, "hunter") || !strings.Contains(text, "further times within a minute") {
		t.Errorf("%d entries: %s", len(all)-before, text)
	}
	total := 0
	for _, e := range all[before:] {
		total++
		for _, d := range e.Details {
			if n := 0; d.Name == "further times within a minute" {
				_, _ = fmt.Sscan(d.After, &n)
				total += n - 1
			}
		}
		if e.What != audit.SignInRefused || e.Actor.Kind != audit.Nobody || e.Actor.From != "127.0.0.1" {
			t.Errorf("the entry %+v is no refusal", e)
		}
	}
	if total != 101 {
		t.Errorf("the entries stand for %d refusals, want 101", total)
	}
}

func TestAuditPageNarrowsPagesAndExports(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	s.AddAdministrator(t, "rea@acme.test", tenant.RoleReader)
	ctx := audit.As(t.Context(), audit.Actor{Kind: audit.Agent, Name: "=cmd|'/c calc'!A1", From: "192.0.2.9"})
	for i := range 60 {
		record(t, ctx, s, audit.Entry{What: audit.RunReported, Details: []audit.Detail{audit.Count("people added", i)}})
	}
	first := v.get(t, "/audit").Body
	next := regexp.MustCompile(`href="(/audit\?before=\d+)"`).FindStringSubmatch(first)
	if next == nil {
		t.Fatal("there is no second page")
	}
	second := v.get(t, next[1]).Body
	if n := strings.Count(first, "<tr>") + strings.Count(second, "<tr>") - 2; n != 62 { // with the tenant made and the sign-in
		t.Errorf("both pages have %d entries, want 62", n)
	}
	today := s.Clock.Now().UTC().Format("2006-01-02")
	for query, want := range map[string]string{
		"?q=people+added%3A+59": "people added: 59", "?kind=administrator": "Signed in", "?what=tenant.made": "Made the tenant Acme",
		"?from=" + today + "&to=" + today: "Reported a sync", "?from=2001-01-01&to=2001-01-02": "Nothing found", "?kind=agent&q=192.0.2.9": "Reported a sync",
	} {
		answer := v.get(t, "/audit"+query)
		if answer.Status != 200 || !strings.Contains(answer.Body, want) || len(answer.Body) > 100_000 {
			t.Errorf("%s: got %d with %d bytes, want %q", query, answer.Status, len(answer.Body), want)
		}
	}
	if answer := v.get(t, "/audit?from=yesterday"); answer.Status != http.StatusBadRequest {
		t.Errorf("no day: got %d, want 400", answer.Status)
	}
	rows, err := csv.NewReader(strings.NewReader(v.get(t, "/audit.csv?kind=agent").Body)).ReadAll()
	if err != nil || len(rows) != 61 || !strings.HasPrefix(rows[1][3], "'=cmd") {
		t.Errorf("the export has %d rows (%v)", len(rows), err)
	}
	reader := signedInAs(t, s, "rea@acme.test")
	for _, path := range []string{"/audit", "/audit.csv"} {
		if answer := reader.get(t, path); answer.Status != 200 {
			t.Errorf("a reader at %s: got %d", path, answer.Status)
		}
	}
}

func record(t *testing.T, ctx context.Context, s *tenanttest.Server, e audit.Entry) {
	t.Helper()
	if err := s.Store().Write(ctx, func(tx store.Tx) error { return tx.Record(ctx, e) }); err != nil {
		t.Fatal(err)
	}
}

func signedInAs(t *testing.T, s *tenanttest.Server, email string) visitor {
	t.Helper()
	answer := post(t, s, "/sign-in", url.Values{"email": {email}, "password": {tenanttest.Password}})
	cookie, _, _ := strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("signing in as %s: got %d", email, answer.Status)
	}
	return visitor{s: s, cookie: cookie}
}
