package alarms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/alarms"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/trust"
)

// house is a tenant with an agent, and a mail server.
type house struct {
	*testing.T
	s    *tenanttest.Server
	a    *tenanttest.Agent
	post *mailtest.Server
	all  []*alarms.Watch
}

func newHouse(t *testing.T) *house {
	post := mailtest.Start(t, mailtest.Options{})
	options := func(o *serve.Options) {
		server, err := mail.ParseServer(post.URL())
		if err != nil {
			t.Fatal(err)
		}
		server.Roots, _ = trust.Roots(post.CA)
		o.SMTP, o.MailFrom = &server, "passly@acme.test"
	}
	s := tenanttest.StartWith(t, options)
	h := &house{T: t, s: s, a: s.Enrol(t, "dc1"), post: post, all: []*alarms.Watch{s.Alarms()}}
	another := serve.Options{State: s.State, Now: s.Clock.Now}
	options(&another)
	replica, err := serve.Open(t.Context(), another)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = replica.Close() })
	h.all = append(h.all, replica.Alarms())
	return h
}

// after lets time pass in steps as long as a watch waits, while the agent says how it is; no word means that it is off. Both replicas
// look. It gives the e-mails that came meanwhile.
func (h *house) after(d time.Duration, says ...control.Condition) []mailtest.Taken {
	h.Helper()
	before := len(h.post.Taken())
	for range int(d / (15 * time.Second)) {
		h.s.Clock.Advance(15 * time.Second)
		if len(says) > 0 {
			h.a.Renew(h.T)
			h.a.Heartbeat(h.T, func(b *control.Heartbeat) { b.Conditions = says })
		}
		for _, w := range h.all {
			if err := w.Look(h.Context()); err != nil {
				h.Fatal(err)
			}
		}
	}
	return h.post.Taken()[before:]
}

// administrator adds one.
func (h *house) administrator(email string, role tenant.Role, in tenant.ID, edit func(*tenant.Administrator)) {
	h.Helper()
	err := h.s.Store().Write(h.Context(), func(tx store.Tx) error {
		a := tenant.Administrator{ID: tx.NewID(), Email: email, PasswordHash: "x", Role: role, Organization: in, Alarms: true}
		if edit != nil {
			edit(&a)
		}
		return errors.Join(tx.AddAdministrator(h.Context(), a), tx.SetAlarms(h.Context(), a.ID, a.Alarms))
	})
	if err != nil {
		h.Fatal(err)
	}
}

// fourMore adds administrators, so that there are five.
func (h *house) fourMore() {
	h.Helper()
	for _, name := range []string{"a", "b", "c", "d"} {
		h.administrator(name+"@acme.test", tenant.RoleAdministrator, 0, nil)
	}
}

// eachOnce holds that so many people got an e-mail that holds a word, and each of them one.
func (h *house) eachOnce(people int, word string) {
	h.Helper()
	to := received(h.post.Taken(), word)
	for who, n := range to {
		if n != 1 {
			h.Errorf("%s got %d e-mails", who, n)
		}
	}
	if len(to) != people {
		h.Errorf("written to %v, want %d", to, people)
	}
}

var (
	inSync = control.Condition{Code: control.InSync, Severity: control.OK, Title: "In sync"}
	halted = control.Condition{
		Code: control.Halted, Severity: control.Failure, Title: "No further users are added: Mara Lindqvist (Sales / Berlin) has no e-mail", Text: "1 user lacks a required attribute.",
		Hint:     "Complete, disable or move them in Active Directory.",
		Subjects: []control.Subject{{Name: "Mara Lindqvist", Place: "Sales / Berlin", Missing: []string{"e-mail"}}},
	}
)

// TestAnAgentThatGoesOffIsToldOnceAndWhenItIsBack, with two replicas that watch.
func TestAnAgentThatGoesOffIsToldOnceAndWhenItIsBack(t *testing.T) {
	h := newHouse(t)
	if got := h.after(30*time.Minute, inSync); len(got) != 0 {
		t.Fatalf("all is well: %d e-mails, the first: %s", len(got), got[0].Raw)
	}
	if got := h.after(5 * time.Minute); len(got) != 0 {
		t.Errorf("off for a short while: %d e-mails", len(got))
	}
	got := h.after(2 * time.Hour)
	if len(got) != 1 || got[0].To != tenanttest.Email || !strings.Contains(got[0].Raw, "Subject: Agent dc1: Offline") || !strings.Contains(got[0].Raw, "/directory-sync/"+h.a.ID.String()) {
		t.Fatalf("off for hours: %d e-mails: %v", len(got), got)
	}
	if got := h.after(time.Minute, inSync); len(got) != 0 {
		t.Errorf("just back: %d e-mails", len(got))
	}
	if got := h.after(30 * time.Minute); len(got) != 0 {
		t.Errorf("off again before it counted as back: %d e-mails, want none: it was told", len(got))
	}
	if got := h.after(10*time.Minute, inSync); len(got) != 1 || !strings.Contains(got[0].Raw, "Subject: Agent dc1 is well again") {
		t.Errorf("back for good: %v", got)
	}
	entries, err := h.s.Store().Entries(t.Context(), audit.Query{What: audit.AlarmSent, Limit: 100})
	if err != nil || len(entries) != 1 || entries[0].Subject.Name != "dc1" {
		t.Errorf("the audit log has %v (%v)", entries, err)
	}
}

func TestAHaltNamesWhomAndWhat(t *testing.T) {
	h := newHouse(t)
	got := h.after(20*time.Minute, halted)
	if len(got) != 1 {
		t.Fatalf("%d e-mails, want 1", len(got))
	}
	raw := strings.ReplaceAll(got[0].Raw, "=\r\n", "")
	for _, want := range []string{"Mara Lindqvist (Sales / Berlin)", "has no e-mail", "Complete, disable or move them in Active Directory.", "/account"} {
		if !strings.Contains(raw, want) {
			t.Errorf("%q is not said:\n%s", want, raw)
		}
	}
	// Another trouble is told too.
	if got := h.after(20 * time.Minute); len(got) != 1 || !strings.Contains(got[0].Raw, "Offline") {
		t.Errorf("offline after a halt: %v", got)
	}
	// A warning is none, and ends what was.
	warning := control.Condition{Code: control.IncompleteSkipped, Severity: control.Warning, Title: "Some were left out"}
	if got := h.after(20*time.Minute, warning); len(got) != 1 || !strings.Contains(got[0].Raw, "well again") {
		t.Errorf("a warning: %v", got)
	}
}

func TestWhoIsWrittenTo(t *testing.T) {
	h := newHouse(t)
	agent, err := h.s.Agent(t.Context(), h.a.ID)
	if err != nil {
		t.Fatal(err)
	}
	here := agent.Organization
	h.administrator("admin@acme.test", tenant.RoleAdministrator, 0, nil)
	h.administrator("here@acme.test", tenant.RoleAdministrator, here, nil)
	h.administrator("elsewhere@acme.test", tenant.RoleAdministrator, here+1, nil)
	h.administrator("reader@acme.test", tenant.RoleReader, 0, nil)
	h.administrator("locked@acme.test", tenant.RoleAdministrator, 0, func(a *tenant.Administrator) { a.Locked = true })
	h.administrator("invited@acme.test", tenant.RoleAdministrator, 0, func(a *tenant.Administrator) { a.PasswordHash = "" })
	h.administrator("off@acme.test", tenant.RoleAdministrator, 0, func(a *tenant.Administrator) { a.Alarms = false })
	to := map[string]int{}
	for _, one := range h.after(20*time.Minute, halted) {
		to[one.To]++
	}
	for _, want := range []string{tenanttest.Email, "admin@acme.test", "here@acme.test"} {
		if to[want] != 1 {
			t.Errorf("%s got %d e-mails, want 1", want, to[want])
		}
	}
	if len(to) != 3 {
		t.Errorf("written to: %v, want three", to)
	}
}

func TestAPausedAgentIsNoTrouble(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	if _, err := h.s.Configure(t.Context(), h.a.ID, func(s *tenant.Settings) error { s.Status = control.StatusPaused; return nil }); err != nil {
		t.Fatal(err)
	}
	if got := h.after(time.Hour); len(got) != 0 {
		t.Errorf("a paused agent that is off: %v", got)
	}
}

// TestAMailServerThatIsBusyDelaysTheAlarm for those whom it did not reach, and loses none.
func TestAMailServerThatIsBusyDelaysTheAlarm(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	h.administrator("zoe@acme.test", tenant.RoleAdministrator, 0, nil)
	h.post.OnRecipient(func(to string) error {
		if to == tenanttest.Email {
			return mailtest.Later("busy")
		}
		return nil
	})
	failed := 0
	for range 60 {
		h.s.Clock.Advance(15 * time.Second)
		if h.all[0].Look(t.Context()) != nil {
			failed++
		}
	}
	if failed < 2 || failed > 5 {
		t.Errorf("it was tried %d times in %v, want it tried now and then", failed, 15*time.Minute)
	}
	h.post.OnRecipient(nil)
	if got := h.after(10 * time.Minute); len(got) != 1 || got[0].To != tenanttest.Email {
		t.Errorf("the server is ready: %v, want the one e-mail that waited", got)
	}
	if all := h.post.Taken(); len(all) != 2 {
		t.Errorf("%d e-mails in all, want one to each", len(all))
	}
}

// TestAttackAnAgentsWordsInAnEMail: an agent's words make no markup and no header.
func TestAttackAnAgentsWordsInAnEMail(t *testing.T) {
	h := newHouse(t)
	evil := control.Condition{Code: control.Halted, Severity: control.Failure, Title: "a\r\nBcc: eve@evil.test\r\n\r\n<script>alert(1)</script>", Text: "<img src=x>", Subjects: []control.Subject{{Name: "<b>", Place: "<i>", Reason: "<u>"}}}
	got := h.after(20*time.Minute, evil)
	if len(got) != 1 || got[0].To != tenanttest.Email {
		t.Fatalf("got %v", got)
	}
	head, body, _ := strings.Cut(got[0].Raw, "\r\n\r\n")
	if strings.Contains(head, "\nBcc:") {
		t.Errorf("a header was let in:\n%s", head)
	}
	_, html, _ := strings.Cut(body, "text/html")
	for _, tag := range []string{"<script>", "<img", "<u>"} {
		if strings.Contains(strings.ReplaceAll(html, "=\r\n", ""), tag) {
			t.Errorf("%s is markup:\n%s", tag, html)
		}
	}
}

// received counts e-mails by who got them.
func received(all []mailtest.Taken, about string) map[string]int {
	to := map[string]int{}
	for _, one := range all {
		if strings.Contains(one.Raw, about) {
			to[one.To]++
		}
	}
	return to
}

// TestAttackAnAgentThatFloods: whoever has an agent's key can have the tenant write to administrators. That is bounded, whatever the
// agent says of itself, and each e-mail is.
func TestAttackAnAgentThatFloods(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	for n := range 480 {
		h.s.Clock.Advance(3 * time.Minute)
		says := halted
		says.Title, says.Text, says.Hint = strings.Repeat("long ", 5000), strings.Repeat("long ", 5000), strings.Repeat("long ", 5000)
		says.Subjects = []control.Subject{{Name: strings.Repeat("long ", 5000), Place: strings.Repeat("long ", 5000), Reason: strings.Repeat("long ", 5000)}}
		switch {
		case n%11 > 8:
			says = inSync
		case n/2%2 == 0:
			says.Code = control.DirectoryUnreachable
		}
		h.a.Renew(t)
		h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Conditions = []control.Condition{says} })
		for range 2 {
			for _, w := range h.all {
				if err := w.Look(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	all := h.post.Taken()
	if len(all) < 4 || len(all) > 25 {
		t.Errorf("%d e-mails in a day, want some", len(all))
	}
	for _, one := range all {
		if len(one.Raw) > 32<<10 {
			t.Errorf("an e-mail of %d bytes", len(one.Raw))
			break
		}
	}
	before := len(all)
	h.s.Clock.Advance(24 * time.Hour)
	if got := h.after(20*time.Minute, halted); len(got) != 1 {
		t.Errorf("the day after: %d e-mails (%d before), want that it is told again", len(got), before)
	}
}

// TestTroublesThatTakeTurnsAreTold: an agent that is ill all the time is not well because it is ill in another way every minute.
func TestTroublesThatTakeTurnsAreTold(t *testing.T) {
	h := newHouse(t)
	other := control.Condition{Code: control.DirectoryUnreachable, Severity: control.Failure, Title: "The directory does not answer"}
	sent := 0
	for range 10 {
		sent += len(h.after(time.Minute, halted)) + len(h.after(time.Minute, other))
	}
	if sent != 1 {
		t.Errorf("%d e-mails, want one", sent)
	}
}

// TestAClockThatIsSetBackSilencesNobody.
func TestAClockThatIsSetBackSilencesNobody(t *testing.T) {
	for _, minutes := range []time.Duration{1, 4} {
		h := newHouse(t)
		h.after(minutes*time.Minute, halted)
		h.s.Clock.Advance(-60 * 24 * time.Hour)
		if got := h.after(20*time.Minute, halted); len(got) != 1 {
			t.Errorf("ill for %d minutes, then 60 days back: %d e-mails, want one", minutes, len(got))
		}
		h.after(time.Minute, inSync)
		h.s.Clock.Advance(-60 * 24 * time.Hour)
		if got := h.after(20*time.Minute, inSync); len(got) != 1 {
			t.Errorf("well for a minute, then 60 days back: %d e-mails, want one", len(got))
		}
	}
}

// TestTheEndOfALongTroubleIsTriedAgain where the mail server is busy for a moment.
func TestTheEndOfALongTroubleIsTriedAgain(t *testing.T) {
	h := newHouse(t)
	if got := h.after(20*time.Minute, halted); len(got) != 1 {
		t.Fatalf("ill: %d e-mails", len(got))
	}
	h.s.Clock.Advance(30 * time.Hour)
	h.post.OnRecipient(func(string) error { return mailtest.Later("busy") })
	for range 20 {
		h.s.Clock.Advance(15 * time.Second)
		h.a.Renew(t)
		h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Conditions = []control.Condition{inSync} })
		_ = h.all[0].Look(t.Context())
	}
	h.post.OnRecipient(nil)
	if got := h.after(20*time.Minute, inSync); len(got) != 1 || !strings.Contains(got[0].Raw, "well again") {
		t.Errorf("well: %v", got)
	}
}

// TestAnAlarmOutlastsAMailServerThatIsAway for more than a day: the trouble is there still, and nobody knows.
func TestAnAlarmOutlastsAMailServerThatIsAway(t *testing.T) {
	h := newHouse(t)
	h.post.OnRecipient(func(string) error { return mailtest.Later("busy") })
	tries := 0
	for range 2 * 24 * 20 {
		h.s.Clock.Advance(3 * time.Minute)
		h.a.Renew(t)
		h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Conditions = []control.Condition{halted} })
		if h.all[0].Look(t.Context()) != nil {
			tries++
		}
	}
	if entries, err := h.s.Store().Entries(t.Context(), audit.Query{What: audit.AlarmSent, Limit: 100}); err != nil || len(entries) != 0 {
		t.Errorf("the audit log says that it was sent: %v (%v)", entries, err)
	}
	if tries < 10 || tries > 100 {
		t.Errorf("it was tried %d times in two days, want it tried now and then", tries)
	}
	h.post.OnRecipient(nil)
	if got := h.after(3*time.Hour, halted); len(got) != 1 {
		t.Errorf("the server is there again: %d e-mails, want one", len(got))
	}
}

// TestWhoIsPausedIsNotSaidToBeWell: an administrator who pauses an agent that is off knows.
func TestWhoIsPausedIsNotSaidToBeWell(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	if got := h.after(20 * time.Minute); len(got) != 1 {
		t.Fatalf("off: %d e-mails", len(got))
	}
	set := func(status control.Status) {
		t.Helper()
		if _, err := h.s.Configure(t.Context(), h.a.ID, func(s *tenant.Settings) error { s.Status = status; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set(control.StatusPaused)
	if got := h.after(time.Hour); len(got) != 0 {
		t.Errorf("paused: %v", got)
	}
	set(control.StatusEnabled)
	if got := h.after(time.Hour); len(got) != 1 || !strings.Contains(got[0].Raw, "Offline") {
		t.Errorf("off still, and not paused any more: %v", got)
	}
}

// TestASlowMailServerBringsNothingTwice: while one replica writes to many, another one must not take it for gone.
func TestASlowMailServerBringsNothingTwice(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	h.fourMore()
	busy := false
	h.post.OnRecipient(func(string) error {
		if busy {
			return nil
		}
		busy = true
		defer func() { busy = false }()
		h.s.Clock.Advance(2 * time.Minute)
		return h.all[1].Look(t.Context())
	})
	h.s.Clock.Advance(time.Minute)
	for range 2 {
		if err := h.all[0].Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.s.Clock.Advance(alarms.Patience)
	}
	_ = h.all[0].Look(t.Context())
	h.eachOnce(5, "Offline")
}

// TestATenantThatStopsWhileItWritesBringsNothingTwice.
func TestATenantThatStopsWhileItWritesBringsNothingTwice(t *testing.T) {
	h := newHouse(t)
	h.after(15*time.Second, inSync)
	h.fourMore()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	count := 0
	h.post.OnRecipient(func(string) error {
		if count++; count == 3 {
			stop()
		}
		return nil
	})
	h.s.Clock.Advance(time.Minute)
	if err := h.all[0].Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.s.Clock.Advance(alarms.Patience)
	if err := h.all[0].Look(ctx); err == nil {
		t.Fatal("it did not say that it was stopped")
	}
	h.after(10 * time.Minute)
	h.eachOnce(5, "Offline")
}

// TestWhoWasReachedIsNotLeftBehind: of two administrators one cannot be reached for a while, in which it turns.
func TestWhoWasReachedIsNotLeftBehind(t *testing.T) {
	h := newHouse(t)
	h.administrator("zoe@acme.test", tenant.RoleAdministrator, 0, nil)
	busy := func(to string) error {
		if to == "zoe@acme.test" {
			return mailtest.Later("busy")
		}
		return nil
	}
	pass := func(d time.Duration, says control.Condition) map[string]int {
		t.Helper()
		before := len(h.post.Taken())
		for range int(d / (15 * time.Second)) {
			h.s.Clock.Advance(15 * time.Second)
			h.a.Renew(t)
			h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Conditions = []control.Condition{says} })
			_ = h.all[0].Look(t.Context())
		}
		return received(h.post.Taken()[before:], "")
	}
	h.post.OnRecipient(busy)
	if got := pass(10*time.Minute, halted); got[tenanttest.Email] != 1 {
		t.Fatalf("ill: %v", got)
	}
	h.post.OnRecipient(nil)
	if got := pass(10*time.Minute, inSync); got[tenanttest.Email] != 1 {
		t.Errorf("well before all were told that it was ill: %v, want that who was told is told", got)
	}
	if got := pass(10*time.Minute, halted); len(got) != 2 {
		t.Fatalf("ill again: %v", got)
	}
	h.post.OnRecipient(busy)
	if got := pass(10*time.Minute, inSync); got[tenanttest.Email] != 1 {
		t.Fatalf("well again: %v", got)
	}
	h.post.OnRecipient(nil)
	if got := pass(20*time.Minute, halted); got[tenanttest.Email] != 1 {
		t.Errorf("ill before all were told that it was well: %v, want that who was told so is told", got)
	}
}

// TestAttackAnAgentsLinesInAnEMail: what an agent says makes no line of its own in the text of an e-mail, which could pass for the tenant's.
func TestAttackAnAgentsLinesInAnEMail(t *testing.T) {
	h := newHouse(t)
	const line = "\r\n\r\nTurn these e-mails off at https://evil.test"
	evil := control.Condition{
		Code: control.Halted, Severity: control.Failure, Title: "Title" + line, Text: "Text" + line, Hint: "Hint" + line,
		Subjects: []control.Subject{{Name: "Name" + line, Place: "Place" + line, Missing: []string{"mail" + line}}, {Name: "Name", Reason: "Reason" + line}},
	}
	h.a.Renew(t)
	h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Host.Name = "host" + line })
	for range 30 {
		h.s.Clock.Advance(15 * time.Second)
		h.a.Renew(t)
		h.a.Heartbeat(t, func(b *control.Heartbeat) { b.Host.Name, b.Conditions = "host"+line, []control.Condition{evil} })
		if err := h.all[0].Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := h.post.Taken()
	if len(got) != 1 {
		t.Fatalf("got %d e-mails", len(got))
	}
	if raw := strings.ReplaceAll(got[0].Raw, "=\r\n", ""); strings.Contains(raw, "\nTurn these e-mails off at https://evil") {
		t.Errorf("a line of the agent's:\n%s", raw)
	}
}
