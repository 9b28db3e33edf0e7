package controlserver_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

func wantProblem(t *testing.T, what string, a tenanttest.Answer, status int, code problem.Code) {
	t.Helper()
	var p problem.Problem
	if a.Status != status || a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.Body), &p) != nil || p.Code != code || p.Title == "" {
		t.Errorf("%s: got %d %s, want %d with a problem of code %s", what, a.Status, a.Body, status, code)
	}
}

func TestDiscoverySaysWhatThisIs(t *testing.T) {
	s := tenanttest.Start(t)
	var d control.Discovery
	s.Do(t, "GET", control.DiscoveryPath, "", nil).Into(t, &d)
	if d.Product != "passly" || d.Protocol != control.Protocol || d.TenantName != "Acme" || d.TenantID != s.Info().ID || d.SCIM != "/scim/v2" || d.Console != "/" || d.Time.IsZero() {
		t.Errorf("got %+v", d)
	}
}

func TestEnrolmentMakesAnAgentThatWaits(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := agent.Configuration
	if c.Version != 0 || c.Name != "dc1" || c.Status != control.StatusEnabled || c.Incomplete != control.IncompleteHalt || c.Guard != control.DefaultGuard ||
		len(c.Scope) != 0 || agent.Policy != tenant.DefaultPolicyID || agent.Condition(s.Clock.Now()).Code != control.AwaitingEnrolment {
		t.Errorf("got %+v", agent)
	}
}

func TestEnrolmentSentAgainGetsTheSameAnswer(t *testing.T) {
	s := tenanttest.Start(t)
	key := ed25519.PublicKey(make([]byte, 32))
	body := tenanttest.Enrolment(s.EnrolmentToken(t), "dc1", key)
	first, again := s.Do(t, "POST", control.EnrolPath, "", body), s.Do(t, "POST", control.EnrolPath, "", body)
	if first.Status != 200 || first.Body != again.Body {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	if agents, err := s.Agents(t.Context()); err != nil || len(agents) != 1 {
		t.Errorf("got %d agents (%v), want 1", len(agents), err)
	}
}

func TestAttackEnrolmentTokenUsedByAnotherKey(t *testing.T) {
	s := tenanttest.Start(t)
	token := s.EnrolmentToken(t)
	s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(token, "dc1", make([]byte, 32)))
	other := make([]byte, 32)
	other[0] = 1
	wantProblem(t, "another key", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(token, "evil", other)), 403, problem.Forbidden)
	late := s.EnrolmentToken(t)
	s.Clock.Advance(11 * time.Minute)
	wantProblem(t, "a late token", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(late, "dc1", other)), 403, problem.Forbidden)
	wantProblem(t, "a made-up token", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment("x", "dc1", other)), 403, problem.Forbidden)
	wantProblem(t, "a short key", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(late, "dc1", other[:5])), 400, problem.Invalid)
}

func TestAttackSessionsAndTokensWhereTheyDoNotBelong(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	var session control.Session
	s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: tenanttest.Email, Password: tenanttest.Password}).Into(t, &session)
	wantProblem(t, "a wizard's session as an agent", s.Do(t, "GET", control.ConfigurationPath, session.Session, nil), 401, problem.Unauthorized)
	wantProblem(t, "an agent's token for enrolling", s.Do(t, "POST", control.EnrolmentTokensPath, a.Token, nil), 401, problem.Unauthorized)
	wantProblem(t, "an assertion as an access token", s.Do(t, "GET", control.ConfigurationPath, a.Assertion(t, nil), nil), 401, problem.Unauthorized)
	if page := s.Do(t, "GET", "/users", "", nil, "Cookie", "passly="+session.Session); page.Status != http.StatusSeeOther {
		t.Errorf("a wizard's session in the console: got %d, want to be sent to sign in", page.Status)
	}
	if answer := s.Do(t, "POST", control.SignOutPath, session.Session, nil); answer.Status != 204 {
		t.Errorf("signing out: got %d", answer.Status)
	}
	wantProblem(t, "a session after signing out", s.Do(t, "POST", control.EnrolmentTokensPath, session.Session, nil), 401, problem.Unauthorized)
}

func TestAttackAssertions(t *testing.T) {
	s := tenanttest.Start(t)
	a, other := s.Enrol(t, "dc1"), s.Enrol(t, "dc2")
	now := s.Clock.Now()
	for name, edit := range map[string]func(jwt.MapClaims){
		"another tenant's":       func(c jwt.MapClaims) { c["aud"] = "elsewhere" },
		"another agent's name":   func(c jwt.MapClaims) { c["iss"], c["sub"] = other.ID.String(), other.ID.String() },
		"issuer and subject":     func(c jwt.MapClaims) { c["iss"] = other.ID.String() },
		"expired":                func(c jwt.MapClaims) { c["exp"] = now.Add(-time.Minute).Unix() },
		"without end":            func(c jwt.MapClaims) { delete(c, "exp") },
		"living too long":        func(c jwt.MapClaims) { c["exp"] = now.Add(time.Hour).Unix() },
		"without a number":       func(c jwt.MapClaims) { delete(c, "jti") },
		"an agent that is not":   func(c jwt.MapClaims) { c["iss"], c["sub"] = "zzz", "zzz" },
		"valid only in a minute": func(c jwt.MapClaims) { c["nbf"] = now.Add(time.Minute).Unix() },
	} {
		wantProblem(t, name, s.Exchange(t, a.Assertion(t, edit)), 401, problem.CredentialsBad)
	}
	claims := jwt.MapClaims{"iss": a.ID.String(), "sub": a.ID.String(), "aud": s.Info().ID, "jti": "1", "exp": now.Add(time.Minute).Unix()}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "unsigned", s.Exchange(t, none), 401, problem.CredentialsBad)
	shared, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(a.Key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "signed with the public key as a secret", s.Exchange(t, shared), 401, problem.CredentialsBad)

	good := a.Assertion(t, nil)
	if answer := s.Exchange(t, good); answer.Status != 200 {
		t.Fatalf("a good one: %d %s", answer.Status, answer.Body)
	}
	wantProblem(t, "replayed", s.Exchange(t, good), 401, problem.CredentialsBad)
}

func TestAccessTokensExpireAndOutliveARestart(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	s.Clock.Advance(4 * time.Minute)
	if answer := a.Do(t, "GET", control.ConfigurationPath, nil); answer.Status != 200 {
		t.Errorf("after four minutes: got %d", answer.Status)
	}
	s.Clock.Advance(2 * time.Minute)
	wantProblem(t, "after six minutes", a.Do(t, "GET", control.ConfigurationPath, nil), 401, problem.Unauthorized)
}

func TestAttackEnumerationBySignInAnswer(t *testing.T) {
	s := tenanttest.Start(t)
	wrong := s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: tenanttest.Email, Password: "wrong"})
	unknown := s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: "nobody@acme.test", Password: "wrong"})
	wantProblem(t, "a wrong password", wrong, 401, problem.CredentialsBad)
	if wrong.Body != unknown.Body || wrong.Status != unknown.Status {
		t.Errorf("a wrong password is answered %s, an unknown e-mail %s", wrong.Body, unknown.Body)
	}
}

func TestAttackGuessingIsSlowedDown(t *testing.T) {
	for _, email := range []string{tenanttest.Email, "nobody@acme.test"} {
		s := tenanttest.Start(t)
		var last tenanttest.Answer
		for range 6 {
			last = s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: email, Password: "wrong"})
		}
		wantProblem(t, email, last, 429, problem.TooMany)
		if last.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", email)
		}
		right := s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: strings.ToUpper(email), Password: tenanttest.Password})
		wantProblem(t, email+" in another case", right, 429, problem.TooMany)
		s.Clock.Advance(time.Minute)
		if again := s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: email, Password: "wrong"}); again.Status != 401 {
			t.Errorf("%s after a minute: got %d, want 401", email, again.Status)
		}
	}
}

func TestAttackBodies(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	for name, row := range map[string]struct {
		path, body string
		status     int
		code       problem.Code
	}{
		"duplicate keys":           {control.SignInPath, `{"email":"a","email":"b","password":"x"}`, 400, problem.Invalid},
		"trailing data":            {control.EnrolPath, `{"token":"a"} {}`, 400, problem.Invalid},
		"oversized":                {control.HeartbeatPath, `{"x":"` + strings.Repeat("x", 2<<20) + `"}`, 413, problem.TooLarge},
		"a condition of no code":   {control.HeartbeatPath, `{"conditions":[{"code":"","severity":"failure","title":"x"}]}`, 400, problem.Invalid},
		"a code with a NUL":        {control.HeartbeatPath, `{"conditions":[{"code":"a\u0000b","severity":"failure","title":"x"}]}`, 400, problem.Invalid},
		"a code that goes on":      {control.HeartbeatPath, `{"conditions":[{"code":"` + strings.Repeat("x", 65) + `","severity":"failure","title":"x"}]}`, 400, problem.Invalid},
		"no conditions":            {control.HeartbeatPath, `{"conditions":[]}`, 400, problem.Invalid},
		"too many conditions":      {control.HeartbeatPath, `{"conditions":[` + strings.Repeat(`{"code":"x","severity":"ok","title":"x"},`, 30) + `{}]}`, 400, problem.Invalid},
		"a run without an id":      {control.RunsPath, `{"kind":"full"}`, 400, problem.Invalid},
		"a parameter given twice":  {control.TokenPath, "grant_type=a&grant_type=b", 400, problem.Invalid},
		"an endpoint that is none": {"/agent/v1/nothing", "{}", 404, problem.NotFound},
	} {
		wantProblem(t, name, a.Do(t, "POST", row.path, row.body), row.status, row.code)
	}
}

func TestEventsBringConfigurationAndCommands(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	events, stop := a.Listen(t, "")
	if first := <-events; first.Name != control.EventConfiguration || !strings.Contains(first.Data, `"version":0`) {
		t.Errorf("the first event is %+v, want the configuration", first)
	}
	if _, err := s.Configure(t.Context(), a.ID, func(c *tenant.Settings) error { c.Name = "Head office"; return nil }); err != nil {
		t.Fatal(err)
	}
	if next := <-events; next.Name != control.EventConfiguration || !strings.Contains(next.Data, `"version":1`) || !strings.Contains(next.Data, "Head office") {
		t.Errorf("after a change came %+v", next)
	}
	answered := make(chan control.UnitList, 1)
	go func() {
		units, err := s.Units(t.Context(), a.ID)
		if err != nil {
			t.Errorf("asking for units: %v", err)
		}
		answered <- units
	}()
	asked := <-events
	var command control.Command
	if err := json.Unmarshal([]byte(asked.Data), &command); err != nil || asked.Name != control.EventCommand || command.Kind != control.CommandListUnits {
		t.Fatalf("got %+v, want list-units", asked)
	}
	stop()
	again, _ := a.Listen(t, "")
	<-again
	if repeated := <-again; repeated.Data != asked.Data {
		t.Errorf("a stream from the beginning brings %+v, want the command again", repeated)
	}
	a.Do(t, "POST", control.ResultsPath, control.CommandResult{ID: command.ID, Body: json.RawMessage(`{"units":[{"name":"Sales","dn":"OU=Sales","people":3,"guid":"01020304-0506-0708-090a-0b0c0d0e0f10"}]}`)})
	if units := <-answered; len(units.Units) != 1 || units.Units[0].Name != "Sales" {
		t.Errorf("got %+v", units)
	}
	resumed, _ := a.Listen(t, asked.ID)
	<-resumed
	if err := s.SyncNow(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if next := <-resumed; !strings.Contains(next.Data, string(control.CommandSyncNow)) {
		t.Errorf("a resumed stream brings %+v, want only what is new", next)
	}
}

func TestAnAgentThatIsAwayIsSaidInWords(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	if _, err := s.Units(t.Context(), a.ID); !problem.Is(err, problem.Unavailable) {
		t.Errorf("got %v, want a problem of code unavailable", err)
	}
}

func TestHeartbeatTellsTheNewestConfiguration(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	if _, err := s.Configure(t.Context(), a.ID, func(*tenant.Settings) error { return nil }); err != nil {
		t.Fatal(err)
	}
	var answer control.HeartbeatAnswer
	a.Do(t, "POST", control.HeartbeatPath, control.Heartbeat{Conditions: []control.Condition{{Code: control.InSync, Severity: control.OK, Title: "In sync"}}}).Into(t, &answer)
	if answer.Configuration != 1 || answer.Every != 15 {
		t.Errorf("got %+v, want version 1 every 15 seconds", answer)
	}
}

func TestApprovalCountsForExactlyWhatIsHeld(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	held := control.Approval{Kind: control.RemoveUsers, Digest: "d1"}
	if _, err := s.Approve(t.Context(), a.ID, held); !problem.Is(err, problem.Conflict) {
		t.Errorf("approving what is not held: got %v, want a conflict", err)
	}
	a.Heartbeat(t, func(h *control.Heartbeat) { h.Held = []control.Held{{Kind: held.Kind, Digest: held.Digest, Count: 30}} })
	for range 2 {
		agent, err := s.Approve(t.Context(), a.ID, held)
		if err != nil || agent.Configuration.Version != 1 || len(agent.Configuration.Approved) != 1 {
			t.Errorf("got %+v (%v), want it approved once, as version 1", agent.Configuration, err)
		}
	}
}

func TestARunSentTwiceIsOne(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	for range 2 {
		if answer := a.Do(t, "POST", control.RunsPath, control.Run{ID: "r1", Kind: control.RunFull, UsersAdded: 3}); answer.Status != 204 {
			t.Fatalf("got %d %s", answer.Status, answer.Body)
		}
	}
	if runs, err := s.Runs(t.Context(), a.ID, 10); err != nil || len(runs) != 1 || runs[0].UsersAdded != 3 {
		t.Errorf("got %+v (%v)", runs, err)
	}
}
