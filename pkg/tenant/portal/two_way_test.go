package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// windows is what a directory does with passwords, as an agent answers for it.
type windows struct {
	mu       sync.Mutex
	password string
	refuses  *control.CommandError // every password that is to be set
	expired  bool
	asked    []control.CommandKind
	reset    bool   // the last one that was set was a reset
	thinks   func() // before it takes one
}

func (w *windows) take(c control.Command, _ control.SealedArgs, s seal.Secrets) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, c.Kind)
	switch {
	case c.Kind == control.CommandVerifyPassword && string(s.New) != w.password:
		return &control.CommandError{Code: string(directory.PasswordWrong), Title: "The password is not the account's"}
	case c.Kind == control.CommandVerifyPassword && w.expired:
		return &control.CommandError{Code: string(directory.PasswordExpired), Title: "The password has to be changed first"}
	case c.Kind == control.CommandVerifyPassword:
		return struct{}{}
	case w.thinks != nil:
		w.thinks()
	}
	switch {
	case w.refuses != nil:
		return w.refuses
	case len(s.Old) > 0 && string(s.Old) != w.password:
		return &control.CommandError{Code: string(directory.PasswordOldWrong), Title: "The password you have now is not right"}
	}
	w.password, w.reset, w.expired = string(s.New), len(s.Old) == 0, false
	return control.PasswordWritten{}
}

func (w *windows) set(edit func(*windows)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	edit(w)
}

func (w *windows) now() (password string, asked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.password, len(w.asked)
}

const ofWindows = "Winter-2029!"

// twoWay is a tenant with an agent of the two-way policy, and ann, who is Provisioned without a second factor.
func twoWay(t *testing.T) (*tenanttest.Server, *tenanttest.Agent, *windows) {
	t.Helper()
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", lightPolicy(t, s))
	w := &windows{password: ofWindows}
	a.TakePasswords(t, control.PasswordRules{MinLength: 14, Complex: true, History: 24}, w.take)
	a.AddPerson(t, "ann")
	return s, a, w
}

const complexOne = "Violet tractor under snow"

var tooShort = &control.CommandError{Code: string(directory.PasswordUsedBefore), Title: "This password was used before", Text: "Nothing was changed.", Hint: "Think of another."}

// enrolled is ann's browser, in which she chose complexOne at enrolment.
func enrolled(t *testing.T, s *tenanttest.Server) *guest {
	t.Helper()
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	wants(t, "enrolling", g.setPassword(t, "/enrol/password", complexOne), 303)
	return g
}

func TestANewPasswordAtEnrolmentIsSetInWindowsFirst(t *testing.T) {
	s, _, w := twoWay(t)
	g := newGuest(s)
	wants(t, "the link", g.open(t, s.Link(t, "ann")), 200, "At least 14 characters", "capital letters", "last 24 passwords", "password of Windows too", "use your Windows password")
	wants(t, "without capital letters", g.setPassword(t, "/enrol/password", tenanttest.NewPassword), 400, "three of")
	w.set(func(w *windows) { w.refuses = tooShort })
	wants(t, "one that Windows refuses", g.setPassword(t, "/enrol/password", complexOne), 400, "used before")
	if u := s.Person(t, "ann"); u.State != tenant.Provisioned {
		t.Errorf("she is %s, want to be as she was", u.State)
	}
	w.set(func(w *windows) { w.refuses = nil })
	wants(t, "one that it takes", g.setPassword(t, "/enrol/password", complexOne), 303, "/me/sign-in")
	if password, _ := w.now(); password != complexOne {
		t.Errorf("in Windows it is %q", password)
	}
	_, before := w.now()
	wants(t, "signing in", newGuest(s).signIn(t, "ann", complexOne), 303, "/me")
	if _, after := w.now(); after != before {
		t.Error("signing in with a password that Passly has asked Windows")
	}
}

func TestSigningInWithThePasswordOfWindows(t *testing.T) {
	s, _, w := twoWay(t)
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	wants(t, "a wrong one", g.post(t, "/enrol/windows", "windows", "wrong"), 401, "not the account")
	wants(t, "the right one", g.post(t, "/enrol/windows", "windows", ofWindows), 303, "/me/sign-in")
	ann := s.Person(t, "ann")
	account, err := s.Store().Account(t.Context(), ann.ID)
	if err != nil || account.PasswordHash != "" || ann.State != tenant.Active {
		t.Fatalf("she is %s with %+v (%v), want Active and no password here", ann.State, account, err)
	}
	wants(t, "a wrong one", newGuest(s).signIn(t, "ann", "wrong"), 401, "Name or password is wrong")
	wants(t, "the right one", g.signIn(t, "ann", ofWindows), 303, "/me")
	w.set(func(w *windows) { w.password = "Spring-2030!" })
	wants(t, "the one before, after it was changed in Windows", newGuest(s).signIn(t, "ann", ofWindows), 401)
	wants(t, "the one of now", newGuest(s).signIn(t, "ann", "Spring-2030!"), 303, "/me")
	w.set(func(w *windows) { w.expired = true })
	late := newGuest(s)
	wants(t, "one that has to be changed", late.signIn(t, "ann", "Spring-2030!"), 303, "/me/new-password")
	wants(t, "another", late.setPassword(t, "/me/new-password", complexOne), 303, "/me?done=password")
	if account, _ = s.Store().Account(t.Context(), ann.ID); account.PasswordHash != "" || account.MustChange {
		t.Errorf("the account is %+v, want no password here, and none to be changed", account)
	}
	wants(t, "signing in with it", newGuest(s).signIn(t, "ann", complexOne), 303, "/me")
}

func TestAChangeCountsWhenWindowsTookIt(t *testing.T) {
	s, _, w := twoWay(t)
	g := enrolled(t, s)
	g.signIn(t, "ann", complexOne)
	next := "Umbrella salad nine ships"
	change := func(old string) tenanttest.Answer {
		return g.post(t, "/me/password", "old", old, "password", next, "again", next)
	}
	wants(t, "her page", g.get(t, "/me"), 200, "in Windows first", "At least 14 characters")
	wants(t, "a wrong old one", change("wrong"), 401, "not right")
	w.set(func(w *windows) { w.refuses = tooShort })
	wants(t, "one that Windows refuses", change(complexOne), 400, "used before")
	wants(t, "the one before is still hers", newGuest(s).signIn(t, "ann", complexOne), 303, "/me")
	w.set(func(w *windows) { w.refuses = nil })
	wants(t, "one that it takes", change(complexOne), 303, "/me?done=password")
	if password, _ := w.now(); password != next || w.reset {
		t.Errorf("in Windows it is %q, as a reset %v; want a change", password, w.reset)
	}
	wants(t, "signing in", newGuest(s).signIn(t, "ann", next), 303, "/me")
	got := whats(t, s, s.Person(t, "ann"))
	want := []audit.What{audit.PasswordWritten, audit.PasswordChanged}
	for _, what := range want {
		if n := count(got, what); n == 0 {
			t.Errorf("the audit log has no %s: %v", what, got)
		}
	}
	if sent := s.Letters(t, "ann"); !strings.Contains(sent[0].Text, "was changed on your own page") {
		t.Errorf("the last e-mail says %q", sent[0].Text)
	}
}

func count(all []audit.What, what audit.What) (n int) {
	for _, one := range all {
		if one == what {
			n++
		}
	}
	return n
}

// TestAttackChangeInWindowsWithoutTheOldPassword finds a change that would reach the directory as a reset.
func TestAttackChangeInWindowsWithoutTheOldPassword(t *testing.T) {
	s, _, w := twoWay(t)
	g := enrolled(t, s)
	g.signIn(t, "ann", complexOne)
	_, before := w.now()
	wants(t, "without it", g.setPassword(t, "/me/password", "Umbrella salad nine ships"), 401, "not right")
	if password, asked := w.now(); password != complexOne || asked != before {
		t.Errorf("Windows was asked %d times more and has %q", asked-before, password)
	}
}

func TestForgotPasswordOfATwoWayPerson(t *testing.T) {
	s, _, w := twoWay(t)
	enrolled(t, s)
	next := "Umbrella salad nine ships"
	link := resetLink(t, s, "ann")
	visitor, thief := newGuest(s), newGuest(s)
	wants(t, "the page", visitor.openReset(t, link), 200, "password of Windows too", "At least 14 characters")
	thief.openReset(t, link)
	w.set(func(w *windows) { w.refuses = tooShort })
	wants(t, "one that Windows refuses", visitor.setPassword(t, "/me/reset", next), 400, "used before")
	w.set(func(w *windows) { w.refuses = nil })
	wants(t, "the link in another browser then", thief.setPassword(t, "/me/reset", "Lamp under the ninth 3 bridge"), 410)
	wants(t, "another try here", visitor.setPassword(t, "/me/reset", next), 303, "/me/sign-in")
	if password, _ := w.now(); password != next || !w.reset {
		t.Errorf("in Windows it is %q, as a reset %v", password, w.reset)
	}
	wants(t, "signing in", newGuest(s).signIn(t, "ann", next), 303, "/me")
	wants(t, "once more", visitor.setPassword(t, "/me/reset", "Lamp under the ninth 3 bridge"), 410)
}

// TestAttackResetInTwoBrowsersAtOnce has both send a password by one link: Windows and Passly have the same one in the end.
func TestAttackResetInTwoBrowsersAtOnce(t *testing.T) {
	s, _, w := twoWay(t)
	enrolled(t, s)
	link := resetLink(t, s, "ann")
	one, two := newGuest(s), newGuest(s)
	one.openReset(t, link)
	two.openReset(t, link)
	var both sync.WaitGroup
	var statuses [2]int
	for i, visitor := range []*guest{one, two} {
		both.Go(func() {
			statuses[i] = visitor.setPassword(t, "/me/reset", []string{"Umbrella salad nine ships", "Lamp under the ninth 3 bridge"}[i]).Status
		})
	}
	both.Wait()
	slices.Sort(statuses[:])
	if statuses[0] != 303 || statuses[1] != 409 && statuses[1] != 410 { // as the other is under way, or done
		t.Errorf("both at once: got %v", statuses)
	}
	password, _ := w.now()
	wants(t, "signing in with what Windows has", newGuest(s).signIn(t, "ann", password), 303, "/me")
}

// TestChangedInWindowsAfterItExpired is somebody who chose another password there, and not here.
func TestChangedInWindowsAfterItExpired(t *testing.T) {
	s, _, w := twoWay(t)
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	wants(t, "the password of Windows", g.post(t, "/enrol/windows", "windows", ofWindows), 303, "/me/sign-in")
	w.set(func(w *windows) { w.expired = true })
	wants(t, "while it is expired", newGuest(s).signIn(t, "ann", ofWindows), 303, "/me/new-password")
	w.set(func(w *windows) { w.password, w.expired = "Spring-2030!", false })
	wants(t, "the new one of Windows", newGuest(s).signIn(t, "ann", "Spring-2030!"), 303, "/me")
	if to := newGuest(s).signIn(t, "ann", "Spring-2030!").Header.Get("Location"); to != "/me" {
		t.Errorf("signing in leads to %q, want her page", to)
	}
}

// TestAttackTwoPasswordsAtOnce sets a second one while the directory has not answered for the first: it is refused, and the first counts.
func TestAttackTwoPasswordsAtOnce(t *testing.T) {
	s, _, w := twoWay(t)
	g := enrolled(t, s)
	g.signIn(t, "ann", complexOne)
	began, goOn := make(chan bool), make(chan bool)
	w.set(func(w *windows) {
		w.thinks = func() {
			close(began)
			<-goOn
		}
	})
	change := func(next string) tenanttest.Answer {
		return g.post(t, "/me/password", "old", complexOne, "password", next, "again", next)
	}
	var first tenanttest.Answer
	var both sync.WaitGroup
	both.Go(func() { first = change("Umbrella salad nine ships") })
	<-began
	wants(t, "the second", change("Lamp under the ninth 3 bridge"), 409, "Another password is being set")
	close(goOn)
	both.Wait()
	wants(t, "the first", first, 303, "/me?done=password")
	wants(t, "signing in with it", newGuest(s).signIn(t, "ann", "Umbrella salad nine ships"), 303, "/me")
}

// TestAResetOutlivesItsLink is a link that ends while the directory thinks: both have the new password.
func TestAResetOutlivesItsLink(t *testing.T) {
	s, a, w := twoWay(t)
	enrolled(t, s)
	visitor := newGuest(s)
	visitor.openReset(t, resetLink(t, s, "ann"))
	s.Clock.Advance(30*time.Minute - 10*time.Second)
	a.Renew(t)
	w.set(func(w *windows) { w.thinks = func() { s.Clock.Advance(time.Minute) } })
	wants(t, "the reset", visitor.setPassword(t, "/me/reset", "Umbrella salad nine ships"), 303, "/me/sign-in")
	wants(t, "signing in with it", newGuest(s).signIn(t, "ann", "Umbrella salad nine ships"), 303, "/me")
}

// TestAttackALinkKeptAlive has a link tried again and again: it ends.
func TestAttackALinkKeptAlive(t *testing.T) {
	s, a, w := twoWay(t)
	enrolled(t, s)
	w.set(func(w *windows) { w.refuses = tooShort })
	visitor := newGuest(s)
	visitor.openReset(t, resetLink(t, s, "ann"))
	for range 8 {
		s.Clock.Advance(5 * time.Minute)
		a.Renew(t)
		if got := visitor.setPassword(t, "/me/reset", "Umbrella salad nine ships").Status; got == http.StatusGone {
			return
		}
	}
	t.Error("after 40 minutes the link still works")
}

// TestWindowsAway has the agent gone: nothing changes, and the one before stays.
func TestWindowsAway(t *testing.T) {
	s, a, _ := twoWay(t)
	g := enrolled(t, s)
	g.signIn(t, "ann", complexOne)
	a.Heartbeat(t, nil) // of a version without a key for passwords
	answer := g.post(t, "/me/password", "old", complexOne, "password", "Umbrella salad nine ships", "again", "Umbrella salad nine ships")
	wants(t, "changing it", answer, http.StatusServiceUnavailable, "Windows cannot be reached", "Nothing was changed")
	wants(t, "the one before is still hers", newGuest(s).signIn(t, "ann", complexOne), 303, "/me")
}

func TestThePasswordOfWindowsWithASecondFactor(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	w := &windows{password: ofWindows}
	a.TakePasswords(t, control.PasswordRules{MinLength: 7}, w.take)
	a.AddPerson(t, "ann")
	g := newGuest(s)
	wants(t, "the link", g.open(t, s.Link(t, "ann")), 200, "Step 1 of 2", "use your Windows password")
	wants(t, "that of Windows", g.post(t, "/enrol/windows", "windows", ofWindows), 303, "/enrol")
	secret := secretIn(t, g.get(t, "/enrol").Body)
	wants(t, "the code", g.post(t, "/enrol/code", "code", s.Code(t, secret, 0)), 200, "Your account is active")
	s.Clock.Advance(time.Minute)
	first := g.signIn(t, "ann", ofWindows)
	wants(t, "signing in", first, 200, "One-time code")
	wants(t, "the code", g.post(t, "/me/code", "step", stepIn(t, first.Body), "code", s.Code(t, secret, 0)), 303, "/me")
	_, before := w.now()
	wants(t, "recovery codes for a wrong password", g.post(t, "/me/recovery", "password", "wrong"), 401, "not right")
	wants(t, "for that of Windows", g.post(t, "/me/recovery", "password", ofWindows), 200, "Keep your recovery codes")
	if _, after := w.now(); after != before+2 {
		t.Errorf("Windows was asked %d times about the two", after-before)
	}
}

// TestWhoUsedThePasswordOfWindowsAndBecameLocal sets a password of the own, once the agent is gone.
func TestWhoUsedThePasswordOfWindowsAndBecameLocal(t *testing.T) {
	s, a, _ := twoWay(t)
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	g.post(t, "/enrol/windows", "windows", ofWindows)
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.RemoveAgent(t.Context(), a.ID, false, s.Clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	wants(t, "that of Windows", newGuest(s).signIn(t, "ann", ofWindows), 401)
	visitor := newGuest(s)
	visitor.openReset(t, resetLink(t, s, "ann"))
	wants(t, "one of the own", visitor.setPassword(t, "/me/reset", another), 303, "/me/sign-in")
	wants(t, "signing in with it", newGuest(s).signIn(t, "ann", another), 303, "/me")
}

// TestAttackTellingByTheTimeWhomWindowsIsAskedAbout signs in as nobody, and wrongly as somebody whom Windows is asked about.
func TestAttackTellingByTheTimeWhomWindowsIsAskedAbout(t *testing.T) {
	s, _, w := twoWay(t)
	g := newGuest(s)
	g.open(t, s.Link(t, "ann"))
	g.post(t, "/enrol/windows", "windows", ofWindows)
	for _, name := range []string{"ann", "nobody"} {
		began := time.Now()
		wants(t, name, newGuest(s).signIn(t, name, "wrong"), 401, "Name or password is wrong")
		if took := time.Since(began); took < time.Second {
			t.Errorf("the refusal of %s came after %s, want a second at least", name, took)
		}
	}
	var last tenanttest.Answer
	for range 6 {
		last = newGuest(s).signIn(t, "ann", "wrong")
	}
	_, asked := w.now()
	wants(t, "guessing on", last, http.StatusTooManyRequests)
	if asked > 6 {
		t.Errorf("Windows was asked %d times", asked)
	}
}
