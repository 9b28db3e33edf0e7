package portal_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// guest is a browser with cookies.
type guest struct {
	s       *tenanttest.Server
	cookies map[string]string
}

func newGuest(s *tenanttest.Server) *guest { return &guest{s, map[string]string{}} }

func (g *guest) do(t *testing.T, method, path string, form url.Values, headers ...string) tenanttest.Answer {
	t.Helper()
	var cookies []string
	for name, value := range g.cookies {
		cookies = append(cookies, name+"="+value)
	}
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin", "Cookie", strings.Join(cookies, "; ")}, headers...)
	answer := g.s.Do(t, method, path, "", form.Encode(), headers...)
	for _, set := range (&http.Response{Header: answer.Header}).Cookies() {
		if set.MaxAge < 0 {
			delete(g.cookies, set.Name)
			continue
		}
		g.cookies[set.Name] = set.Value
		if !set.HttpOnly || set.SameSite != http.SameSiteLaxMode || set.Path != "/" {
			t.Errorf("the cookie %v is not guarded", set)
		}
	}
	return answer
}

func (g *guest) get(t *testing.T, path string) tenanttest.Answer {
	t.Helper()
	return g.do(t, "GET", path, nil)
}

func (g *guest) post(t *testing.T, path string, pairs ...string) tenanttest.Answer {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return g.do(t, "POST", path, form)
}

// wants checks an answer's status and that it says something.
func wants(t *testing.T, what string, a tenanttest.Answer, status int, says ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("%s: got %d to %q, want %d: %.1500s", what, a.Status, a.Header.Get("Location"), status, a.Body)
	}
	for _, text := range says {
		if !strings.Contains(a.Body+a.Header.Get("Location"), text) {
			t.Fatalf("%s: does not say %q: to %q %.1500s", what, text, a.Header.Get("Location"), a.Body)
		}
	}
}

// open follows an enrolment link.
func (g *guest) open(t *testing.T, link string) tenanttest.Answer {
	t.Helper()
	answer := g.get(t, link)
	wants(t, "opening the link", answer, http.StatusSeeOther, "/enrol")
	if got := answer.Header.Get("Location"); got != "/enrol" {
		t.Fatalf("the link leads to %q, want an address without the token", got)
	}
	return g.get(t, "/enrol")
}

// enrol goes all the way, and gives the secret of the authenticator and the recovery codes, where there is one.
func enrol(t *testing.T, s *tenanttest.Server, name string) (secret string, codes []string) {
	t.Helper()
	g := newGuest(s)
	wants(t, "the link", g.open(t, s.Link(t, name)), 200, "Choose a password")
	answer := g.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword)
	if strings.HasPrefix(answer.Header.Get("Location"), "/me/sign-in") {
		return "", nil
	}
	wants(t, "choosing a password", answer, http.StatusSeeOther, "/enrol")
	secret = secretIn(t, g.get(t, "/enrol").Body)
	answer = g.post(t, "/enrol/code", "code", s.Code(t, secret, 0))
	wants(t, "the code", answer, 200, "recovery codes", "Your account is active")
	for _, found := range regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`).FindAllStringSubmatch(answer.Body, -1) {
		codes = append(codes, found[1])
	}
	return secret, codes
}

func secretIn(t *testing.T, body string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `class="secret">`)
	if !ok {
		t.Fatalf("there is no secret in %.1500s", body)
	}
	block, _, _ := strings.Cut(rest, "</p>")
	return strings.Join(regexp.MustCompile(`[A-Z2-7]{2,}`).FindAllString(block, -1), "")
}

func TestFromTheEMailToActive(t *testing.T) {
	s := tenanttest.Start(t)
	ann := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	if ann.State != tenant.Provisioned || !ann.TwoFactor {
		t.Fatalf("added as %+v", ann)
	}
	g := newGuest(s)
	wants(t, "the link", g.open(t, s.Link(t, "ann")), 200, "Acme", "Ann Berg", "ann@acme.test", "At least 12 characters", "Step 1 of 2")
	for what, wrong := range map[string][3]string{
		"too short":          {"short", "short", "at least 12 characters"},
		"a common one":       {"password1234", "password1234", "common or leaked"},
		"with the name":      {"Bergschaf im Sommer", "Bergschaf im Sommer", "without your name"},
		"with the address":   {"violet ann tractor", "violet ann tractor", "without your name"},
		"not twice the same": {tenanttest.NewPassword, "other", "not the same"},
	} {
		wants(t, what, g.post(t, "/enrol/password", "password", wrong[0], "again", wrong[1]), 400, wrong[2])
	}
	rules := g.post(t, "/enrol/check", "password", "violet tractor snow")
	if strings.Count(rules.Body, `class="met"`) != 3 {
		t.Errorf("a good password: %s", rules.Body)
	}
	wants(t, "the password", g.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword), 303, "/enrol")
	second := g.get(t, "/enrol")
	wants(t, "the second step", second, 200, "Step 2 of 2", "<svg", "otpauth://totp/")
	secret := secretIn(t, second.Body)
	if again := secretIn(t, g.get(t, "/enrol").Body); again != secret {
		t.Error("looking again shows another secret")
	}
	wants(t, "a wrong code", g.post(t, "/enrol/code", "code", "abc"), 401, "not right", "<svg")
	if u := s.Person(t, "ann"); u.State != tenant.Provisioned {
		t.Fatalf("she is %s before the code", u.State)
	}
	wants(t, "no sign-in yet", g.post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword), 401, "wrong")
	code := s.Code(t, secret, 0)
	wants(t, "the code", g.post(t, "/enrol/code", "code", code), 200, "Keep your recovery codes")
	if u := s.Person(t, "ann"); u.State != tenant.Active {
		t.Fatalf("she is %s after the code", u.State)
	}
	wants(t, "signing in", g.post(t, "/me/sign-in", "name", "ANN@example.test", "password", tenanttest.NewPassword), 200, "One-time code")
	if page := g.get(t, "/me"); page.Status != 303 {
		t.Errorf("her page without the code: got %d", page.Status)
	}
}

func TestWithoutSecondFactorThePasswordIsAll(t *testing.T) {
	s := tenanttest.Start(t)
	policy := tenant.ProvisioningPolicy{Name: "Light", State: tenant.Provisioned, Mail: true}
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.AddPolicy(t.Context(), &policy) }); err != nil {
		t.Fatal(err)
	}
	s.EnrolUnder(t, "dc1", policy.ID).AddPerson(t, "ann")
	if secret, _ := enrol(t, s, "ann"); secret != "" {
		t.Error("an authenticator was asked for")
	}
	if u := s.Person(t, "ann"); u.State != tenant.Active {
		t.Errorf("she is %s", u.State)
	}
}

// signedIn is somebody who enrolled and signed in.
func signedIn(t *testing.T, s *tenanttest.Server, name string) (*guest, string, []string) {
	t.Helper()
	s.EnrolUnder(t, "dc-"+name, tenant.FullOnboardingPolicyID).AddPerson(t, name)
	secret, codes := enrol(t, s, name)
	g := newGuest(s)
	s.Clock.Advance(time.Minute)
	first := g.post(t, "/me/sign-in", "name", name+"@acme.test", "password", tenanttest.NewPassword)
	wants(t, "signing in", first, 200, "One-time code")
	wants(t, "the code", g.post(t, "/me/code", "step", stepIn(t, first.Body), "code", s.Code(t, secret, 0)), 303, "/me")
	return g, secret, codes
}

func stepIn(t *testing.T, body string) string {
	t.Helper()
	found := regexp.MustCompile(`name="step" value="([^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no step in %.900s", body)
	}
	return found[1]
}

func TestOwnPage(t *testing.T) {
	s := tenanttest.Start(t)
	g, _, codes := signedIn(t, s, "ann")
	if len(codes) != 8 {
		t.Fatalf("%d recovery codes, want 8", len(codes))
	}
	page := g.get(t, "/me")
	wants(t, "the page", page, 200, "Ann Berg", "ann@acme.test", "Acme", "8 of your recovery codes are left")
	for _, bad := range []string{codes[0], "<script>", "style=", "onclick="} {
		if strings.Contains(page.Body, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	other := newGuest(s)
	step := stepIn(t, other.post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword).Body)
	wants(t, "a recovery code, as it is typed", other.post(t, "/me/code", "step", step, "code", strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))), 303, "/me")
	wants(t, "one less", g.get(t, "/me"), 200, "7 of your recovery codes are left")

	wants(t, "a wrong old password", g.post(t, "/me/password", "old", "wrong", "password", "umbrella salad nine ships", "again", "umbrella salad nine ships"), 401, "not right")
	wants(t, "a weak new one", g.post(t, "/me/password", "old", tenanttest.NewPassword, "password", "passwordpassword", "again", "passwordpassword"), 400, "cannot be used")
	wants(t, "another password", g.post(t, "/me/password", "old", tenanttest.NewPassword, "password", "umbrella salad nine ships", "again", "umbrella salad nine ships"), 303, "/me")
	if page := other.get(t, "/me"); page.Status != 303 {
		t.Errorf("elsewhere after the change: got %d, want to be signed out", page.Status)
	}
	wants(t, "the old password", other.post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword), 401)
	fresh := g.post(t, "/me/recovery", "password", "umbrella salad nine ships")
	wants(t, "new recovery codes", fresh, 200, "Keep your recovery codes")
	if strings.Contains(fresh.Body, codes[0]) {
		t.Error("an old code is among the new ones")
	}
	wants(t, "signing out", g.post(t, "/me/sign-out"), 303, "/me/sign-in")
	if page := g.get(t, "/me"); page.Status != 303 {
		t.Errorf("after signing out: got %d", page.Status)
	}
}

func TestAttackRecoveryCodeUsedTwice(t *testing.T) {
	s := tenanttest.Start(t)
	g, _, codes := signedIn(t, s, "ann")
	for i, want := range []int{303, 401} {
		step := stepIn(t, g.post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword).Body)
		wants(t, "use "+[]string{"one", "two"}[i], g.post(t, "/me/code", "step", step, "code", codes[0]), want)
	}
}

func TestAttackLinkUsedTwice(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	enrol(t, s, "ann")
	thief := newGuest(s)
	wants(t, "the link again", thief.open(t, link), 410, "active already", "Sign in")
	wants(t, "a password by it", thief.post(t, "/enrol/password", "password", "umbrella salad nine ships", "again", "umbrella salad nine ships"), 410)
	wants(t, "a code by it", thief.post(t, "/enrol/code", "code", "123456"), 410)
	wants(t, "her own password still", newGuest(s).post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword), 200, "One-time code")
}

func TestAttackGuessingLinks(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	g := newGuest(s)
	var last tenanttest.Answer
	for range 21 {
		token, _ := signin.NewToken()
		last = g.open(t, "/enrol/"+token)
	}
	wants(t, "the last guess", last, http.StatusTooManyRequests, "Too many")
	if last.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	wants(t, "a right one meanwhile", newGuest(s).open(t, link), http.StatusTooManyRequests)
	s.Clock.Advance(time.Minute)
	wants(t, "a right one later", newGuest(s).open(t, link), 200, "Choose a password")
}

func TestAttackOldLink(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	g := newGuest(s)
	wants(t, "in time", g.open(t, s.Link(t, "ann")), 200, "Choose a password")
	s.Clock.Advance(tenant.InvitationLife)
	wants(t, "after 24 hours", g.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword), 410, "24 hours", "Send me a new link")
	wants(t, "asking for another", g.post(t, "/enrol/again", "email", "Ann@ACME.test"), 200, "Look into your mailbox")
	wants(t, "the new link", g.open(t, s.Link(t, "ann")), 200, "Choose a password")
}

func TestAttackLinkOfSomebodyNotProvisioned(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	a.AddPerson(t, "ann")
	link := s.Link(t, "ann")
	for _, state := range []tenant.State{tenant.Created, tenant.Disabled} {
		u := s.Person(t, "ann")
		u.State, u.Former = state, tenant.Provisioned
		if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) }); err != nil {
			t.Fatal(err)
		}
		g := newGuest(s)
		wants(t, string(state), g.open(t, link), 410, "not ready")
		wants(t, string(state), g.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword), 410)
	}
}

func TestAttackLinkSentToAnAddressThatChanged(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	u := s.Person(t, "ann")
	u.Mail = "right@acme.test"
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) }); err != nil {
		t.Fatal(err)
	}
	wants(t, "the link that went elsewhere", newGuest(s).open(t, link), 410)
}

func TestAttackCrossSiteEnrolment(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	for _, path := range []string{"/enrol/password", "/enrol/code", "/enrol/check", "/enrol/again", "/me/sign-in", "/me/password", "/me/recovery", "/me/sign-out"} {
		answer := g.do(t, "POST", path, url.Values{"password": {tenanttest.NewPassword}, "again": {tenanttest.NewPassword}}, "Sec-Fetch-Site", "cross-site")
		wants(t, path, answer, http.StatusForbidden)
	}
	wants(t, "nothing was set", g.get(t, "/enrol"), 200, "Choose a password")
}

func TestAttackListingPeopleByAskingForLinks(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	a.AddPerson(t, "ann")
	s.Link(t, "ann")
	enrol(t, s, "ann")
	a.AddPerson(t, "bob")
	var before string
	for _, address := range []string{"nobody@acme.test", "ann@acme.test", "bob@acme.test", "rubbish", ""} {
		answer := newGuest(s).post(t, "/enrol/again", "email", address)
		wants(t, address, answer, 200, "Look into your mailbox")
		if before != "" && answer.Body != before {
			t.Errorf("%q: the answer is another one", address)
		}
		before = answer.Body
	}
	for range 3 {
		newGuest(s).post(t, "/enrol/again", "email", "carl@acme.test")
	}
	wants(t, "the fourth wish for one address", newGuest(s).post(t, "/enrol/again", "email", "carl@acme.test"), http.StatusTooManyRequests)
}

func TestAttackSessionsOfTheOtherKind(t *testing.T) {
	s := tenanttest.Start(t)
	g, _, _ := signedIn(t, s, "ann")
	admin := s.Do(t, "POST", "/sign-in", "", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}}.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	session, _, _ := strings.Cut(strings.TrimPrefix(admin.Header.Get("Set-Cookie"), "passly="), ";")
	for path, cookie := range map[string]string{"/users": "passly=" + g.cookies["passly-me"], "/me": "passly-me=" + session} {
		if answer := s.Do(t, "GET", path, "", nil, "Cookie", cookie); answer.Status != http.StatusSeeOther {
			t.Errorf("%s with the other's session: got %d, want to be sent to sign in", path, answer.Status)
		}
	}
}

func TestDisabledPersonIsOutAtOnce(t *testing.T) {
	s := tenanttest.Start(t)
	g, _, _ := signedIn(t, s, "ann")
	u := s.Person(t, "ann")
	u.SetActive(false)
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) }); err != nil {
		t.Fatal(err)
	}
	if page := g.get(t, "/me"); page.Status != 303 {
		t.Errorf("her page: got %d, want to be signed out", page.Status)
	}
	wants(t, "signing in", g.post(t, "/me/sign-in", "name", "ann@acme.test", "password", tenanttest.NewPassword), 401, "Name or password is wrong")
}

func TestAttackGuessingPasswordsOfPeople(t *testing.T) {
	s := tenanttest.Start(t)
	var known, unknown tenanttest.Answer
	signedIn(t, s, "ann")
	for range 6 {
		known = newGuest(s).post(t, "/me/sign-in", "name", "ann@acme.test", "password", "wrong")
		unknown = newGuest(s).post(t, "/me/sign-in", "name", "eve@acme.test", "password", "wrong")
	}
	wants(t, "the sixth guess", known, http.StatusTooManyRequests)
	wants(t, "at somebody who does not exist", unknown, http.StatusTooManyRequests)
}

// lockedBuffer is written by the tenant and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestAttackTokensInLogsAndPages(t *testing.T) {
	var log lockedBuffer
	s := tenanttest.StartWith(t, func(o *serve.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	token := strings.TrimPrefix(link, "/enrol/")
	g := newGuest(s)
	page := g.open(t, link)
	secret, codes := enrol(t, s, "ann")
	for _, header := range []string{"Referrer-Policy", "Cache-Control", "Content-Security-Policy"} {
		if page.Header.Get(header) == "" {
			t.Errorf("the page has no %s", header)
		}
	}
	if strings.Contains(page.Body, token) {
		t.Error("the token is in the page")
	}
	for _, hidden := range []string{token, tenanttest.NewPassword, secret, codes[0]} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("%q is in the log:\n%s", hidden, log.String())
		}
	}
	if !strings.Contains(log.String(), "a person enrolled") {
		t.Errorf("the log does not say that somebody enrolled:\n%s", log.String())
	}
}

func TestAttackMarkupInNamesAtEnrolment(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	body := strings.Replace(tenanttest.PersonBody("ann"), `"displayName":"Ann Berg"`, `"displayName":"<script>alert(1)</script>\" onfocus=\"x"`, 1)
	if answer := a.Do(t, "POST", "/scim/v2/Users", body, "Content-Type", scim.ContentType); answer.Status != 201 {
		t.Fatalf("adding: %d %s", answer.Status, answer.Body)
	}
	page := newGuest(s).open(t, s.Link(t, "ann"))
	wants(t, "the page", page, 200, "&lt;script&gt;alert(1)")
	if strings.Contains(page.Body, "<script>alert") || strings.Contains(page.Body, `" onfocus="x`) {
		t.Errorf("the name is markup: %s", page.Body)
	}
}

func TestAttackGuessingTheFirstCode(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	wants(t, "a code before the password", g.post(t, "/enrol/code", "code", "000000"), 303, "/enrol")
	wants(t, "the password", g.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword), 303)
	var last tenanttest.Answer
	for range 7 {
		last = g.post(t, "/enrol/code", "code", "00000x")
	}
	wants(t, "the seventh guess", last, http.StatusTooManyRequests, "Too many")
}

func TestAttackOneLinkInTwoBrowsersAtOnce(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	one, two := newGuest(s), newGuest(s)
	one.open(t, link)
	two.open(t, link)
	wants(t, "the password", one.post(t, "/enrol/password", "password", tenanttest.NewPassword, "again", tenanttest.NewPassword), 303)
	code := s.Code(t, secretIn(t, one.get(t, "/enrol").Body), 0)
	var statuses [2]int
	var both sync.WaitGroup
	for i, g := range []*guest{one, two} {
		both.Go(func() {
			statuses[i] = g.post(t, "/enrol/code", "code", code).Status
			if statuses[i] == http.StatusSeeOther { // the other was quicker while this one's account was read
				statuses[i] = g.get(t, "/enrol").Status
			}
		})
	}
	both.Wait()
	if statuses != [2]int{200, 410} && statuses != [2]int{410, 200} {
		t.Errorf("both at once: got %v, want one let in and one told that the link is used", statuses)
	}
}

func TestCookiesAreSecureWithTLS(t *testing.T) {
	s := tenanttest.Start(t)
	token, _ := signin.NewToken()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.test/enrol/"+token, nil)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-passly-enrol" || !cookies[0].Secure || cookies[0].Domain != "" || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("the cookies are %v", cookies)
	}
}
