package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

func addRuns(ctx context.Context, tx store.Tx, agent tenant.ID, runs ...control.Run) error {
	for _, run := range runs {
		if fresh, err := tx.AddRun(ctx, agent, run); err != nil || !fresh {
			return errors.Join(err, errors.New("the run "+run.ID+" was there before"))
		}
	}
	return nil
}

func again(t *testing.T, tx store.Tx, agent tenant.ID, run control.Run) error {
	t.Helper()
	fresh, err := tx.AddRun(t.Context(), agent, run)
	if fresh {
		t.Error("a run that is known counts as new")
	}
	return err
}

func auditLog(t *testing.T, b *bench) {
	first := b.now
	anna := audit.Actor{Kind: audit.Administrator, ID: 7, Name: "Anna@acme.test", From: "192.0.2.7"}
	entries := []audit.Entry{
		{Actor: anna, What: audit.AgentConfigured, Subject: audit.Subject{Kind: audit.AnAgent, ID: 9, Name: "Head office"}, Details: []audit.Detail{{Name: "name", Before: "dc1", After: "Head office"}}},
		{Actor: audit.Actor{Kind: audit.Agent, ID: 9, Name: "Head office"}, What: audit.RunReported, Subject: audit.Subject{Kind: audit.AnAgent, ID: 9, Name: "Head office"}},
		{What: audit.SignInRefused},
	}
	for _, e := range entries {
		b.write(t, func(tx store.Tx) error {
			return tx.Record(audit.As(t.Context(), audit.Actor{Kind: audit.Nobody, From: "198.51.100.1"}), e)
		})
		b.now = b.now.Add(24 * time.Hour)
	}
	sorry := errors.New("sorry")
	if err := b.Write(t.Context(), func(tx store.Tx) error { return errors.Join(tx.Record(t.Context(), entries[0]), sorry) }); !errors.Is(err, sorry) {
		t.Fatal(err)
	}
	got, err := b.Entries(t.Context(), audit.Query{})
	want := []audit.Entry{entries[2], entries[1], entries[0]}
	want[0].Actor = audit.Actor{Kind: audit.Nobody, From: "198.51.100.1"}
	for i := range want {
		want[i].At = first.Add(time.Duration(2-i) * 24 * time.Hour)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(audit.Entry{}, "Number")); err != nil || diff != "" {
		t.Fatalf("the log: %v (-want +got)\n%s", err, diff)
	}
	for _, row := range []struct {
		name string
		q    audit.Query
		want int
	}{
		{"a name in any case", audit.Query{Search: "anna@ACME"}, 1},
		{"a detail", audit.Query{Search: "dc1 → head"}, 1},
		{"an address", audit.Query{Search: "198.51.100"}, 1},
		{"two characters", audit.Query{Search: "dc"}, 1},
		{"what is no query", audit.Query{Search: `"a" OR *`}, 0},
		{"a kind of actor", audit.Query{Kind: audit.Agent}, 1},
		{"a code", audit.Query{What: audit.SignInRefused}, 1},
		{"a code and a text", audit.Query{What: audit.AgentConfigured, Search: "office"}, 1},
		{"the second day on", audit.Query{From: first.Add(24 * time.Hour)}, 2},
		{"one day", audit.Query{From: first.Add(24 * time.Hour), Until: first.Add(48 * time.Hour)}, 1},
		{"a day of the future", audit.Query{From: first.Add(999 * time.Hour)}, 0},
		{"a day before all", audit.Query{Until: first}, 0},
		{"a text and a day", audit.Query{Search: "head office", Until: first.Add(time.Hour)}, 1},
		{"older, by day", audit.Query{Until: first.Add(999 * time.Hour), Before: got[0].Number}, 2},
		{"what is older", audit.Query{Before: got[0].Number}, 2},
		{"a text, and older", audit.Query{Search: "office", Before: got[1].Number}, 1},
		{"at most", audit.Query{Limit: 2}, 2},
	} {
		if found, err := b.Entries(t.Context(), row.q); err != nil || len(found) != row.want {
			t.Errorf("%s: got %d (%v), want %d", row.name, len(found), err, row.want)
		}
	}
}

func administrators(t *testing.T, b *bench) {
	ctx := t.Context()
	ann := tenant.Administrator{ID: 70, Email: "ann@acme.test", Role: tenant.RoleOwner, Created: b.now, Alarms: true}
	session := tenant.Session{Hash: []byte("s1"), Administrator: ann, Purpose: tenant.ForConsole, Created: b.now, Expires: b.now.Add(time.Hour), Address: "192.0.2.1", Browser: "Firefox on Linux"}
	invitation := tenant.AdministratorInvitation{Hash: []byte("i1"), Administrator: 70, Expires: b.now.Add(time.Hour)}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddAdministrator(ctx, ann), tx.AddSession(ctx, session), tx.PutAdministratorInvitation(ctx, tenant.AdministratorInvitation{Hash: []byte("i0"), Administrator: 70, Expires: b.now}),
			tx.PutAdministratorInvitation(ctx, invitation), tx.PutAdministratorCodes(ctx, 70, [][]byte{[]byte("old")}), tx.PutAdministratorCodes(ctx, 70, [][]byte{[]byte("c1"), []byte("c2")}),
			tx.SetAdministratorPassword(ctx, 70, "hash"), tx.SignedIn(ctx, 70, b.now))
	})
	ann.PasswordHash, ann.LastSignIn = "hash", b.now
	if got, err := b.Administrators(ctx); err != nil || cmp.Diff([]tenant.Administrator{ann}, got) != "" {
		t.Errorf("administrators: %v\n%s", err, cmp.Diff([]tenant.Administrator{ann}, got))
	}
	session.Administrator = tenant.Administrator{ID: 70, Email: ann.Email, Role: ann.Role, Created: ann.Created}
	if got, err := b.Sessions(ctx, 70); err != nil || cmp.Diff([]tenant.Session{session}, got) != "" {
		t.Errorf("sessions: %v\n%s", err, cmp.Diff([]tenant.Session{session}, got))
	}
	if _, err := b.AdministratorInvitation(ctx, []byte("i0")); !problem.Is(err, problem.NotFound) {
		t.Errorf("a replaced invitation: got %v, want not-found", err)
	}
	if got, err := b.AdministratorInvitation(ctx, []byte("i1")); err != nil || cmp.Diff(invitation, got) != "" {
		t.Errorf("the invitation: %+v (%v)", got, err)
	}
	for _, use := range []struct {
		code string
		want bool
	}{{"old", false}, {"c1", true}, {"c1", false}} {
		b.write(t, func(tx store.Tx) error {
			there, err := tx.UseAdministratorCode(ctx, 70, []byte(use.code))
			if there != use.want {
				t.Errorf("the code %s: got %v, want %v", use.code, there, use.want)
			}
			return err
		})
	}
	if n, err := b.CountAdministratorCodes(ctx, 70); err != nil || n != 1 {
		t.Errorf("%d codes are left (%v), want 1", n, err)
	}
	b.write(t, func(tx store.Tx) error { return tx.EndAdministratorInvitation(ctx, 70) })
	if err := b.Write(ctx, func(tx store.Tx) error { return tx.EndAdministratorInvitation(ctx, 70) }); !problem.Is(err, problem.NotFound) {
		t.Errorf("ending an invitation twice: got %v, want not-found", err)
	}
	b.write(t, func(tx store.Tx) error { return tx.RemoveAdministrator(ctx, 70) })
	if _, err := b.Session(ctx, []byte("s1")); !problem.Is(err, problem.NotFound) {
		t.Errorf("the session of who was removed: got %v, want not-found", err)
	}
}
