package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

func policies(t *testing.T, b *bench) {
	ctx := t.Context()
	p := tenant.ProvisioningPolicy{Name: "Contractors", State: tenant.Provisioned, Mail: true, BuiltIn: true}
	b.write(t, func(tx store.Tx) error { return tx.AddPolicy(ctx, &p) })
	p.TwoFactor = true
	b.one.Policy = p.ID
	b.write(t, func(tx store.Tx) error { return errors.Join(tx.ReplacePolicy(ctx, p), tx.ConfigureAgent(ctx, b.one)) })
	all, err := b.Policies(ctx)
	if want := append(tenant.BuiltInPolicies(), p); err != nil || cmp.Diff(want, all) != "" || p.BuiltIn || p.ID <= tenant.FullOnboardingPolicyID {
		t.Errorf("the policies: %v (-want +got)\n%s", err, cmp.Diff(want, all))
	}
	if err := b.Write(ctx, func(tx store.Tx) error { return tx.RemovePolicy(ctx, p.ID) }); err == nil {
		t.Error("a policy that an agent has was removed")
	}
	b.one.Policy = tenant.DefaultPolicyID
	b.write(t, func(tx store.Tx) error { return errors.Join(tx.ConfigureAgent(ctx, b.one), tx.RemovePolicy(ctx, p.ID)) })
	for what, do := range map[string]func(tx store.Tx) error{
		"removing it twice":   func(tx store.Tx) error { return tx.RemovePolicy(ctx, p.ID) },
		"removing a built-in": func(tx store.Tx) error { return tx.RemovePolicy(ctx, tenant.DefaultPolicyID) },
		"changing a built-in": func(tx store.Tx) error { return tx.ReplacePolicy(ctx, tenant.BuiltInPolicies()[0]) },
	} {
		if err := b.Write(ctx, do); !problem.Is(err, problem.NotFound) {
			t.Errorf("%s: got %v, want not-found", what, err)
		}
	}
}

func provisioning(t *testing.T, b *bench) {
	ctx := t.Context()
	states := []tenant.State{tenant.Created, tenant.Provisioned, tenant.Active, tenant.Disabled}
	var users []tenant.User
	for _, s := range states {
		u := b.user(b.one.ID, string(s))
		u.State = s
		users = append(users, u)
	}
	users = b.add(t, users...)
	ids := []tenant.ID{users[0].ID, users[1].ID, users[2].ID, users[3].ID, 12345}
	for _, again := range []bool{false, true} { // the second time changes nothing
		b.write(t, func(tx store.Tx) error {
			got, err := tx.ProvisionUsers(ctx, ids, !again) // what is required is not taken back
			if diff := cmp.Diff(ids[:2], got); diff != "" {
				t.Errorf("provisioned (-want +got)\n%s", diff)
			}
			return err
		})
	}
	for i, want := range []tenant.State{tenant.Provisioned, tenant.Provisioned, tenant.Active, tenant.Disabled} {
		u, err := b.User(ctx, tenant.Scope{}, users[i].ID)
		if changed := i < 2; err != nil || u.State != want || u.TwoFactor != changed || (u.Version == 2) != changed {
			t.Errorf("who was %s: got %+v (%v)", states[i], u, err)
		}
	}
}

// messagesOnce walks through a message's life.
func messagesOnce(t *testing.T, b *bench) {
	ctx := t.Context()
	ann, bob := b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob")
	ann.State, bob.State = tenant.Provisioned, tenant.Provisioned
	users := b.add(t, ann, bob)
	ann, bob = users[0], users[1]
	queue := func(want int, ids ...tenant.ID) {
		t.Helper()
		b.write(t, func(tx store.Tx) error {
			n, err := tx.QueueMessages(ctx, tenant.EnrolmentMessage, ids)
			if n != want {
				t.Errorf("queued %d, want %d", n, want)
			}
			return err
		})
	}
	claim := func(who string) (got []tenant.Message) {
		t.Helper()
		b.write(t, func(tx store.Tx) (err error) {
			got, err = tx.ClaimMessages(ctx, who, b.now, b.now.Add(time.Minute), 10)
			return err
		})
		return got
	}
	settle := func(m tenant.Message) error {
		return b.Write(ctx, func(tx store.Tx) error { return tx.SettleMessage(ctx, m) })
	}
	due := func(want bool) {
		t.Helper()
		if got, err := b.MessagesDue(ctx, b.now); err != nil || got != want {
			t.Errorf("due: got %v (%v), want %v", got, err, want)
		}
	}
	queue(2, ann.ID, bob.ID)
	queue(0, bob.ID, ann.ID)
	bob.SetActive(false)
	b.write(t, func(tx store.Tx) error { return tx.ReplaceUser(ctx, &bob) })
	due(true)
	first := claim("one")
	if len(first) != 1 || first[0].User != ann.ID || first[0].Round != 1 {
		t.Fatalf("claimed %+v, want ann's only: bob is disabled", first)
	}
	due(false)
	if again := claim("two"); len(again) != 0 {
		t.Errorf("another claimed %+v meanwhile", again)
	}
	b.now = b.now.Add(2 * time.Minute) // the one who claimed it died
	second := claim("two")
	if len(second) != 1 {
		t.Fatalf("after the claim ran out: got %+v", second)
	}
	m := first[0]
	if err := settle(m); !problem.Is(err, problem.NotFound) {
		t.Errorf("settling a lost claim: got %v, want not-found", err)
	}
	m = second[0]
	m.Attempts, m.Due, m.Problem = 1, b.now.Add(time.Hour), &problem.Problem{Code: problem.Unavailable, Title: "Busy", Hint: "Wait."}
	if err := settle(m); err != nil {
		t.Fatal(err)
	}
	if troubled, err := b.MessagesWith(ctx, tenant.MessagePending, true, 10); err != nil || len(troubled) != 1 || cmp.Diff(m.Problem, troubled[0].Problem) != "" {
		t.Errorf("troubled: got %+v (%v)", troubled, err)
	}
	due(false)
	b.now = b.now.Add(time.Hour)
	m = claim("two")[0]
	m.State, m.Sent, m.Problem = tenant.MessageSent, b.now, nil
	if err := settle(m); err != nil {
		t.Fatal(err)
	}
	queue(0, ann.ID)
	due(false)
	b.write(t, func(tx store.Tx) error { return tx.RequeueMessage(ctx, tenant.EnrolmentMessage, ann.ID) })
	b.write(t, func(tx store.Tx) error { return tx.RequeueMessage(ctx, tenant.EnrolmentMessage, ann.ID) })
	if got, err := b.Message(ctx, ann.ID, tenant.EnrolmentMessage); err != nil || got.Round != 2 || got.State != tenant.MessagePending {
		t.Errorf("queued anew twice: got %+v (%v), want round 2", got, err)
	}
	bob.SetActive(true)
	b.write(t, func(tx store.Tx) error { return errors.Join(tx.ReplaceUser(ctx, &bob), tx.EndMessages(ctx, ann.ID)) })
	if left := claim("one"); len(left) != 1 || left[0].User != bob.ID {
		t.Errorf("claimed %+v, want bob's, who is back", left)
	}
	b.write(t, func(tx store.Tx) error { return tx.RemoveUser(ctx, tenant.Scope{}, bob.ID) })
	if counts, err := b.CountMessages(ctx); err != nil || len(counts) != 0 {
		t.Errorf("counted %v (%v), want none", counts, err)
	}
}

// messagesWait finds that links and notices of a password are for who is Active, and enrolment for who is Provisioned.
func messagesWait(t *testing.T, b *bench) {
	ctx := t.Context()
	u := b.add(t, b.user(b.one.ID, "ann"))[0]
	all := []tenant.MessagePurpose{tenant.EnrolmentMessage, tenant.ResetMessage, tenant.ChangedNotice, tenant.WasResetNotice, tenant.GivenNotice}
	b.write(t, func(tx store.Tx) error {
		var queued error
		for _, purpose := range all {
			queued = errors.Join(queued, tx.RequeueMessage(ctx, purpose, u.ID))
		}
		return queued
	})
	for _, state := range []tenant.State{tenant.Created, tenant.Disabled, tenant.Provisioned, tenant.Active} {
		u.State = state
		got := map[tenant.MessagePurpose]bool{}
		b.write(t, func(tx store.Tx) error {
			if err := tx.ReplaceUser(ctx, &u); err != nil {
				return err
			}
			claimed, err := tx.ClaimMessages(ctx, string(state), b.now, b.now.Add(time.Minute), 10)
			for _, m := range claimed {
				got[m.Purpose] = true
			}
			return err
		})
		for _, purpose := range all {
			if want := purpose.For() == state; got[purpose] != want {
				t.Errorf("%s of somebody who is %s: sent is %v, want %v", purpose, state, got[purpose], want)
			}
		}
	}
}

func persons(t *testing.T, b *bench) {
	ctx := t.Context()
	u := b.user(b.one.ID, "ann")
	u.State, u.TwoFactor = tenant.Active, true
	u = b.add(t, u)[0]
	a := tenant.Account{User: u.ID, PasswordHash: "h", SecondFactor: "S", CodeStep: 7, PendingFactor: "P", Activated: b.now, PasswordSet: b.now.Add(time.Hour), MustChange: true}
	session := tenant.PersonSession{Hash: []byte("s1"), User: u, Purpose: tenant.ForOwnPages, Created: b.now, Expires: b.now.Add(time.Hour)}
	other := session
	other.Hash = []byte("s2")
	b.write(t, func(tx store.Tx) error {
		early := a
		early.CodeStep = 3
		return errors.Join(tx.PutAccount(ctx, a), tx.PutAccount(ctx, early), tx.AddPersonSession(ctx, session), tx.AddPersonSession(ctx, other),
			tx.PutRecoveryCodes(ctx, u.ID, [][]byte{[]byte("old")}), tx.PutRecoveryCodes(ctx, u.ID, [][]byte{[]byte("a"), []byte("b")}))
	})
	if got, err := b.Account(ctx, u.ID); err != nil || cmp.Diff(a, got) != "" {
		t.Errorf("the account: %v (-want +got)\n%s", err, cmp.Diff(a, got))
	}
	if got, err := b.PersonSession(ctx, session.Hash); err != nil || cmp.Diff(session, got) != "" {
		t.Errorf("the session: %v (-want +got)\n%s", err, cmp.Diff(session, got))
	}
	b.write(t, func(tx store.Tx) error {
		var got [5]bool
		var all [5]error
		got[0], all[0] = tx.UsePersonCode(ctx, u.ID, 7)
		got[1], all[1] = tx.UsePersonCode(ctx, u.ID, 8)
		got[2], all[2] = tx.UseRecoveryCode(ctx, u.ID, []byte("a"))
		got[3], all[3] = tx.UseRecoveryCode(ctx, u.ID, []byte("a"))
		got[4], all[4] = tx.UseRecoveryCode(ctx, u.ID, []byte("old"))
		if want := [5]bool{false, true, true, false, false}; got != want {
			t.Errorf("using codes: got %v, want %v", got, want)
		}
		return errors.Join(append(all[:], tx.EndPersonSessions(ctx, u.ID, session.Hash))...)
	})
	if n, err := b.CountRecoveryCodes(ctx, u.ID); err != nil || n != 1 {
		t.Errorf("%d recovery codes are left (%v), want 1", n, err)
	}
	if _, err := b.PersonSession(ctx, other.Hash); !problem.Is(err, problem.NotFound) {
		t.Errorf("the other session: got %v, want not-found", err)
	}
	u.SetActive(false)
	b.write(t, func(tx store.Tx) error { return tx.ReplaceUser(ctx, &u) })
	if _, err := b.PersonSession(ctx, session.Hash); !problem.Is(err, problem.NotFound) {
		t.Errorf("a disabled user's session: got %v, want not-found", err)
	}
	b.write(t, func(tx store.Tx) error { return tx.RemoveUser(ctx, tenant.Scope{}, u.ID) })
	if _, err := b.Account(ctx, u.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("a removed user's account: got %v, want not-found", err)
	}
}

func invitations(t *testing.T, b *bench) {
	ctx := t.Context()
	u := b.add(t, b.user(b.one.ID, "ann"))[0]
	one := tenant.Invitation{Hash: []byte("i1"), User: u.ID, Purpose: tenant.ToReset, Address: "ann@example.test", Created: b.now, Expires: b.now.Add(tenant.InvitationLife)}
	two := one
	two.Hash = []byte("i2")
	reset, enrol := tenant.Ask{Purpose: tenant.ToReset, Address: "ann@example.test"}, tenant.Ask{Purpose: tenant.ToEnrol, Address: "ann@example.test"}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddInvitation(ctx, one), tx.AddInvitation(ctx, two), tx.UseInvitation(ctx, one.Hash, b.now))
	})
	if err := b.Write(ctx, func(tx store.Tx) error { return tx.UseInvitation(ctx, one.Hash, b.now) }); !problem.Is(err, problem.NotFound) {
		t.Errorf("using an invitation twice: got %v, want not-found", err)
	}
	if got, err := b.Invitation(ctx, two.Hash); err != nil || cmp.Diff(two, got) != "" {
		t.Errorf("the other: %v (-want +got)\n%s", err, cmp.Diff(two, got))
	}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.EndInvitations(ctx, u.ID, b.now), tx.AskForInvitation(ctx, tenant.Ask{Purpose: tenant.ToReset, Address: "ANN@example.test"}, b.now), tx.AskForInvitation(ctx, reset, b.now), tx.AskForInvitation(ctx, enrol, b.now))
	})
	if got, err := b.Invitation(ctx, two.Hash); err != nil || !got.Used.Equal(b.now) {
		t.Errorf("after ending all: %+v (%v)", got, err)
	}
	for _, want := range [][]tenant.Ask{{enrol, reset}, nil} {
		if due, err := b.MessagesDue(ctx, b.now); err != nil || due != (want != nil) {
			t.Errorf("due: got %v (%v)", due, err)
		}
		b.write(t, func(tx store.Tx) error {
			got, err := tx.TakeAsks(ctx, 10)
			slices.SortFunc(got, func(a, b tenant.Ask) int { return strings.Compare(string(a.Purpose), string(b.Purpose)) })
			if cmp.Diff(want, got) != "" {
				t.Errorf("asked: got %v, want %v", got, want)
			}
			return err
		})
	}
}
