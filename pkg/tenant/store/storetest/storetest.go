// Package storetest is the suite that every store.Store has to pass, whatever its engine.
package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Open gives a store; with the same path the same one again. The suite closes it.
type Open func(t *testing.T, path string, now func() time.Time) store.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, *bench){
		"users are added, and each that cannot be says why": usersAdded,
		"a disabled leaver frees his names":                 leaverFreesNames,
		"names pass from one to another":                    namesPass,
		"one agent does not see another's objects":          scoped,
		"members cost what is named":                        members,
		"members are called as their pages call them":       memberNames,
		"an attempt fails alone":                            attempt,
		"a failed transaction leaves nothing":               rollback,
		"lists are paged by key, filtered and sorted":       lists,
		"what was written is there after opening again":     durable,
		"agents, heartbeats, runs and assertions":           agentRecords,
		"what was chosen is kept, version by version":       revisions,
		"a removed agent's people stay, or are disabled":    agentRemoved,
		"sessions and enrolment tokens":                     signIn,
		"what an administrator has ends at once":            endAccess,
		"a tenant is disabled and enabled":                  disable,
		"device sign-ins are decided once and end once":     deviceSignIns,
		"custom policies":                                   policies,
		"organizations, and who is in them":                 organizations,
		"lists of an organization, agent or source, sorted": narrowed,
		"users are provisioned":                             provisioning,
		"a message is sent once":                            messagesOnce,
		"a message waits for its user":                      messagesWait,
		"accounts, sessions and recovery codes of people":   persons,
		"invitations are used once":                         invitations,
		"the audit log is found through and only grows":     auditLog,
		"administrators, their sessions and codes":          administrators,
		"alarms are written by who read them last":          alarms,
		"what runs changed, as it was then":                 runRows,
		"runs are undone and forgotten":                     runsForgotten,
	} {
		t.Run(name, func(t *testing.T) { test(t, newBench(t, open)) })
	}
}

// bench is a store with a tenant and two agents in it.
type bench struct {
	store.Store
	open     Open
	path     string
	now      time.Time
	org      tenant.ID
	one, two tenant.Agent
}

func newBench(t *testing.T, open Open) *bench {
	t.Helper()
	b := &bench{open: open, path: t.TempDir() + "/store", now: time.UnixMilli(1_800_000_000_000).UTC()}
	b.Store = open(t, b.path, b.clock)
	t.Cleanup(func() { _ = b.Store.Close() })
	b.write(t, func(tx store.Tx) error {
		b.org = tx.NewID()
		first := tenant.Organization{ID: b.org, Name: "Acme", Created: b.now}
		if err := tx.Create(t.Context(), tenant.Tenant{ID: "t1", Name: "Acme", Created: b.now, TokenKey: []byte("key")}, first); err != nil {
			return err
		}
		for _, a := range []*tenant.Agent{&b.one, &b.two} {
			*a = tenant.NewAgent(tx.NewID(), b.org, control.Enrol{PublicKey: make([]byte, 32), Host: control.HostFacts{Name: "dc"}}, b.now)
			if err := tx.AddAgent(t.Context(), *a); err != nil {
				return err
			}
		}
		return nil
	})
	return b
}

func (b *bench) clock() time.Time { return b.now }

func (b *bench) write(t *testing.T, do func(store.Tx) error) {
	t.Helper()
	if err := b.Write(t.Context(), do); err != nil {
		t.Fatalf("writing: %v", err)
	}
}

func (b *bench) user(agent tenant.ID, name string) tenant.User {
	return tenant.User{
		Agent: agent, Organization: b.org, ExternalID: "x-" + name, UserName: name + "@example.test", GivenName: name, FamilyName: "Ödegård",
		DisplayName: name + " Ödegård", Mail: name + "@example.test", MailType: "work", SAMAccountName: name, State: tenant.Created,
	}
}

// add adds users and gives them as they then are.
func (b *bench) add(t *testing.T, users ...tenant.User) []tenant.User {
	t.Helper()
	b.write(t, func(tx store.Tx) error {
		outcome, err := tx.AddUsers(t.Context(), users)
		return errors.Join(append(outcome, err)...)
	})
	return users
}

func usersAdded(t *testing.T, b *bench) {
	b.add(t, b.user(b.one.ID, "ann"))
	batch := make([]tenant.User, 120)
	for i := range batch {
		batch[i] = b.user(b.one.ID, fmt.Sprintf("u%d", i))
	}
	batch[7].UserName = "ANN@example.test"
	batch[60].Mail = "U3@EXAMPLE.test"
	batch[110].ExternalID = "x-ann"
	var outcome []error
	b.write(t, func(tx store.Tx) (err error) {
		outcome, err = tx.AddUsers(t.Context(), batch)
		return err
	})
	want := map[int]string{7: "userName", 60: "emails", 110: "externalId"}
	for i, err := range outcome {
		var taken *tenant.Taken
		if got := errors.As(err, &taken); got != (want[i] != "") || got && taken.Attribute != want[i] {
			t.Errorf("user %d: got %v, want a refusal of %q", i, err, want[i])
		}
	}
	if n, err := b.CountUsers(t.Context(), tenant.Scope{}, store.Query{}); err != nil || n != 118 {
		t.Errorf("got %d users, %v; want 118", n, err)
	}
	full := b.user(b.one.ID, "full")
	full.FormattedName, full.OtherMail = "Dr. Full", []tenant.Email{{Value: "other@example.test", Type: "home"}}
	added := b.add(t, full)[0]
	got, err := b.User(t.Context(), tenant.Scope{Agent: b.one.ID}, added.ID)
	if diff := cmp.Diff(added, got); err != nil || diff != "" {
		t.Errorf("reading it back: %v (-want +got)\n%s", err, diff)
	}
}

func leaverFreesNames(t *testing.T, b *bench) {
	leaver := b.add(t, b.user(b.one.ID, "ann"))[0]
	leaver.SetActive(false)
	b.write(t, func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &leaver) })
	again := b.user(b.one.ID, "ann")
	again.ExternalID = "x-other"
	b.add(t, again)
	leaver.SetActive(true)
	err := b.Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &leaver) })
	var taken *tenant.Taken
	if !errors.As(err, &taken) || taken.Attribute != "userName" {
		t.Errorf("enabling a user whose name is taken: got %v, want userName taken", err)
	}
}

// namesPass has three users pass their names on in a circle, which goes only together.
func namesPass(t *testing.T, b *bench) {
	users := b.add(t, b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob"), b.user(b.one.ID, "cy"))
	turn := func(tx store.Tx) error {
		for i := range users {
			next := users[(i+1)%len(users)]
			u := users[i]
			u.UserName, u.Mail = next.UserName, next.Mail
			if err := tx.ReplaceUser(t.Context(), &u); err != nil {
				return err
			}
		}
		return nil
	}
	var taken *tenant.Taken
	if err := b.Write(t.Context(), turn); !errors.As(err, &taken) {
		t.Errorf("one after the other: %v, want a name taken", err)
	}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.FreeNames(t.Context(), []tenant.ID{users[0].ID, users[1].ID, users[2].ID}), turn(tx))
	})
	for i, u := range users {
		next := users[(i+1)%len(users)]
		is := scim.Compare{Path: scim.Path{Name: "userName"}, Op: scim.Equal, Value: next.UserName}
		found, err := b.Users(t.Context(), tenant.Scope{}, store.Query{Filter: is})
		if err != nil || len(found) != 1 || found[0].ID != u.ID || found[0].Mail != next.Mail {
			t.Errorf("%s is now %+v (%v), want what %s was", next.UserName, found, err, u.UserName)
		}
	}
	err := b.Write(t.Context(), func(tx store.Tx) error { return tx.FreeNames(t.Context(), []tenant.ID{77}) })
	if !problem.Is(err, problem.NotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

func scoped(t *testing.T, b *bench) {
	u := b.add(t, b.user(b.one.ID, "ann"))[0]
	stranger := tenant.Scope{Agent: b.two.ID}
	if _, err := b.User(t.Context(), stranger, u.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("reading another agent's user: got %v, want not-found", err)
	}
	if n, _ := b.CountUsers(t.Context(), stranger, store.Query{}); n != 0 {
		t.Errorf("another agent counts %d users, want 0", n)
	}
	if err := b.Write(t.Context(), func(tx store.Tx) error { return tx.RemoveUser(t.Context(), stranger, u.ID) }); !problem.Is(err, problem.NotFound) {
		t.Errorf("removing another agent's user: got %v, want not-found", err)
	}
	err := b.Write(t.Context(), func(tx store.Tx) error {
		g := tenant.Group{Agent: b.two.ID, Organization: b.org, DisplayName: "Theirs"}
		if err := tx.AddGroup(t.Context(), &g); err != nil {
			return err
		}
		_, err := tx.AddMembers(t.Context(), stranger, g.ID, []tenant.ID{u.ID})
		return err
	})
	var unknown *tenant.UnknownMember
	if !errors.As(err, &unknown) || unknown.ID != u.ID.String() {
		t.Errorf("another agent's user as a member: got %v, want it unknown", err)
	}
	// The same externalId may be used by both: each names its own directory's entry.
	other := b.user(b.two.ID, "bob")
	other.ExternalID = "x-ann"
	b.add(t, other)
}

func attempt(t *testing.T, b *bench) {
	sorry := errors.New("sorry")
	b.write(t, func(tx store.Tx) error {
		err := tx.Attempt(t.Context(), func() error {
			g := tenant.Group{Agent: b.one.ID, Organization: b.org, DisplayName: "Gone"}
			if err := tx.AddGroup(t.Context(), &g); err != nil {
				return err
			}
			return sorry
		})
		if !errors.Is(err, sorry) {
			t.Errorf("got %v, want the attempt's own error", err)
		}
		g := tenant.Group{Agent: b.one.ID, Organization: b.org, DisplayName: "Kept"}
		return tx.AddGroup(t.Context(), &g)
	})
	groups, err := b.Groups(t.Context(), tenant.Scope{}, store.Query{})
	if err != nil || len(groups) != 1 || groups[0].DisplayName != "Kept" {
		t.Errorf("got %v (%v), want only Kept", groups, err)
	}
}

func rollback(t *testing.T, b *bench) {
	sorry := errors.New("sorry")
	err := b.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.AddUsers(t.Context(), []tenant.User{b.user(b.one.ID, "ann")}); err != nil {
			return err
		}
		return sorry
	})
	if !errors.Is(err, sorry) {
		t.Errorf("got %v, want the transaction's own error", err)
	}
	if n, _ := b.CountUsers(t.Context(), tenant.Scope{}, store.Query{}); n != 0 {
		t.Errorf("%d users are left of it, want 0", n)
	}
}

func lists(t *testing.T, b *bench) {
	var all []tenant.User
	for i := range 25 {
		all = append(all, b.user(b.one.ID, fmt.Sprintf("u%02d", 24-i)))
	}
	all[3].State = tenant.Active
	all = b.add(t, all...)
	for _, newest := range []bool{false, true} {
		var got []tenant.ID
		q := store.Query{Limit: 10, NewestFirst: newest}
		for {
			page, err := b.Users(t.Context(), tenant.Scope{}, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page {
				got = append(got, u.ID)
				q.After = u.ID
			}
			if len(page) < q.Limit {
				break
			}
		}
		if len(got) != 25 || (got[0] == all[0].ID) == newest {
			t.Errorf("newest first %v: paged through %d users beginning with %s", newest, len(got), got[0])
		}
	}
	for _, row := range []struct {
		name, filter string
		q            store.Query
		want         int
	}{
		{"equal, in any case", `userName eq "U07@EXAMPLE.test"`, store.Query{}, 1},
		{"or", `externalId eq "x-u01" or emails[value eq "u02@example.test"]`, store.Query{}, 2},
		{"not", `not (userName sw "u0")`, store.Query{}, 15},
		{"extension", scim.PasslySchema + `:samAccountName co "u1"`, store.Query{}, 10},
		{"ends with", `userName ew "9@example.test"`, store.Query{}, 2},
		{"present and active", `name.givenName pr and active eq true`, store.Query{}, 25},
		{"time", `meta.created gt "2001-01-01T00:00:00Z"`, store.Query{}, 25},
		{"nobody", `id eq "nonsense"`, store.Query{}, 0},
		{"search for a part", "", store.Query{Search: "U1"}, 10},
		{"search is no pattern", "", store.Query{Search: "%"}, 0},
		{"state", "", store.Query{State: tenant.Active}, 1},
	} {
		if row.filter != "" {
			f, err := scim.ParseFilter(row.filter)
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			row.q.Filter = f
		}
		found, err := b.Users(t.Context(), tenant.Scope{}, row.q)
		n, countErr := b.CountUsers(t.Context(), tenant.Scope{}, row.q)
		if err != nil || countErr != nil || len(found) != row.want || n != row.want {
			t.Errorf("%s: got %d, counted %d (%v, %v), want %d", row.name, len(found), n, err, countErr, row.want)
		}
	}
	sorted, err := b.Users(t.Context(), tenant.Scope{}, store.Query{SortBy: "userName", Offset: 5, Limit: 2})
	if err != nil || len(sorted) != 2 || sorted[0].UserName != "u05@example.test" {
		t.Errorf("sorted: got %v (%v)", sorted, err)
	}
}

func durable(t *testing.T, b *bench) {
	before := b.add(t, b.user(b.one.ID, "ann"))[0]
	if err := b.Store.Close(); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(-time.Hour) // the clock may have stepped back meanwhile
	b.Store = b.open(t, b.path, b.clock)
	got, err := b.User(t.Context(), tenant.Scope{}, before.ID)
	if diff := cmp.Diff(before, got); err != nil || diff != "" {
		t.Errorf("after opening again: %v (-want +got)\n%s", err, diff)
	}
	if after := b.add(t, b.user(b.one.ID, "bob"))[0]; after.ID <= before.ID {
		t.Errorf("the new id %s is not later than %s", after.ID, before.ID)
	}
}

func agentRecords(t *testing.T, b *bench) {
	ctx := t.Context()
	a := b.one
	settings := a.Settings()
	settings.Name = "Head office"
	if err := a.Configure(settings); err != nil {
		t.Fatal(err)
	}
	a.Heartbeat.Counts.People, a.HeardAt = 7, b.now
	run := control.Run{ID: "r1", Kind: control.RunFull, Started: b.now, Finished: b.now.Add(time.Second), UsersAdded: 3}
	late := control.Run{ID: "r2", Kind: control.RunDelta, Started: b.now.Add(time.Minute), Finished: b.now.Add(time.Minute)}
	b.write(t, func(tx store.Tx) error {
		twice := run
		twice.UsersAdded = 99
		return errors.Join(tx.ConfigureAgent(ctx, a), tx.Heard(ctx, a.ID, a.Heartbeat, a.HeardAt),
			addRuns(ctx, tx, a.ID, run, late), again(t, tx, a.ID, twice))
	})
	if got, err := b.Agent(ctx, a.ID); err != nil || cmp.Diff(a, got, cmpopts.EquateEmpty()) != "" {
		t.Errorf("the agent: %v (-want +got)\n%s", err, cmp.Diff(a, got, cmpopts.EquateEmpty()))
	}
	departures(t, b, a.ID)
	want := []tenant.Run{{Run: late, Agent: a.ID, Reported: true}, {Run: run, Agent: a.ID, Reported: true}}
	if got, err := b.Runs(ctx, a.ID, tenant.Run{}, 10); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("the runs: %v (-want +got)\n%s", err, cmp.Diff(want, got))
	}
	for i, want := range []bool{true, false} {
		b.write(t, func(tx store.Tx) error {
			fresh, err := tx.UseAssertion(ctx, a.ID, "jti", b.now.Add(time.Minute), b.now)
			if fresh != want {
				t.Errorf("use %d of an assertion: fresh is %v, want %v", i+1, fresh, want)
			}
			return err
		})
	}
}
