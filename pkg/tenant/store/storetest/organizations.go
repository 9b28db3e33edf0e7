package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

func organizations(t *testing.T, b *bench) {
	ctx := t.Context()
	blue := tenant.Organization{Name: "Blue Heron", URLName: "blue-heron", Suffix: "heron.test", MinPassword: 14, MinStrength: tenant.MostStrength, MaxAge: 90, Licences: 20}
	b.write(t, func(tx store.Tx) error { return tx.AddOrganization(ctx, &blue) })
	var taken *tenant.Taken
	again := blue
	if err := b.Write(ctx, func(tx store.Tx) error { return tx.AddOrganization(ctx, &again) }); !errors.As(err, &taken) || taken.Value != "blue-heron" {
		t.Errorf("a URL name in use: got %v, want that it is taken", err)
	}
	all, err := b.Organizations(ctx)
	if err != nil || len(all) != 2 || all[0].URLName != "acme" || all[0].MinPassword != tenant.DefaultMinPassword || all[0].MinStrength != tenant.LeastStrength {
		t.Fatalf("the organizations: %+v (%v), want the first with its defaults", all, err)
	}
	if one, err := b.Organization(ctx, blue.ID); err != nil || cmp.Diff(blue, one) != "" {
		t.Errorf("the added one by its id: %v (-want +got)\n%s", err, cmp.Diff(blue, one))
	}
	if _, err := b.Organization(ctx, 12345); !problem.Is(err, problem.NotFound) {
		t.Errorf("one that is none: got %v, want not-found", err)
	}
	if diff := cmp.Diff(blue, all[1]); diff != "" {
		t.Errorf("the added one (-want +got)\n%s", diff)
	}
	changed := blue
	changed.Name, changed.URLName, changed.Suffix, changed.Licences, changed.MinPassword, changed.MinStrength, changed.MaxAge = "Heron", "else", "", 0, 20, tenant.LeastStrength, 0
	b.write(t, func(tx store.Tx) error { return tx.ReplaceOrganization(ctx, changed) })
	changed.URLName = blue.URLName // is fixed
	if all, err = b.Organizations(ctx); err != nil || cmp.Diff(changed, all[1]) != "" {
		t.Errorf("the changed one: %v (-want +got)\n%s", err, cmp.Diff(changed, all[1]))
	}
	user := b.add(t, b.user(b.one.ID, "ann"))[0]
	b.one.Organization = blue.ID
	b.write(t, func(tx store.Tx) error { return tx.ConfigureAgent(ctx, b.one) })
	if got, err := b.User(ctx, tenant.Scope{}, user.ID); err != nil || got.Organization != blue.ID {
		t.Errorf("a user of an agent that moved: %+v (%v), want it in the agent's organization", got, err)
	}
	remove := func(tx store.Tx) error { return tx.RemoveOrganization(ctx, blue.ID) }
	if err := b.Write(ctx, remove); !problem.Is(err, problem.Conflict) {
		t.Errorf("removing one with an agent: got %v, want a conflict", err)
	}
	b.one.Organization = b.org
	b.write(t, func(tx store.Tx) error { return tx.ConfigureAgent(ctx, b.one) })
	b.write(t, remove)
	if err := b.Write(ctx, remove); !problem.Is(err, problem.NotFound) {
		t.Errorf("removing it twice: got %v, want not-found", err)
	}
}

func narrowed(t *testing.T, b *bench) {
	ctx := t.Context()
	other := tenant.Organization{Name: "Other", URLName: "other", MinPassword: 12}
	b.write(t, func(tx store.Tx) error { return tx.AddOrganization(ctx, &other) })
	var given []tenant.User
	for i, name := range []string{"Émile", "ann", "Zoe", "bob", "Ann", "carl"} {
		u := b.user([]tenant.ID{b.one.ID, b.two.ID, 0}[i%3], fmt.Sprintf("u%d", 9-i))
		u.DisplayName = name
		if i >= 3 {
			u.Organization = other.ID
		}
		if i == 1 || i == 4 {
			u.State = tenant.Disabled
		}
		given = append(given, u)
	}
	b.add(t, given...)
	for _, row := range []struct {
		name string
		q    store.Query
		want string
	}{
		{"organization", store.Query{Organization: other.ID}, "bob Ann carl"},
		{"agent", store.Query{Agent: b.two.ID, NewestFirst: true}, "Ann ann"},
		{"local", store.Query{Source: store.Local}, "Zoe carl"},
		{"synced", store.Query{Source: store.Synced, Organization: other.ID}, "bob Ann"},
		{"by name, whatever the case", store.Query{Order: store.ByName}, "ann Ann bob carl Zoe Émile"},
		{"by name, from the end", store.Query{Order: store.ByName, Descending: true}, "Émile Zoe carl bob Ann ann"},
		{"by logon name, disabled ones among the others", store.Query{Order: store.ByUserName}, "carl Ann bob Zoe ann Émile"},
		{"by logon name, from the end, of an organization", store.Query{Order: store.ByUserName, Descending: true, Organization: other.ID}, "bob Ann carl"},
		{"by logon name, in a state", store.Query{Order: store.ByUserName, State: tenant.Disabled}, "Ann ann"},
	} {
		var got string
		for row.q.Limit = 2; ; {
			page, err := b.Users(ctx, tenant.Scope{}, row.q)
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			for _, u := range page {
				got, row.q.After = got+" "+u.DisplayName, u.ID
			}
			if len(page) < row.q.Limit {
				break
			}
		}
		if got = got[min(1, len(got)):]; got != row.want {
			t.Errorf("%s, two at a time: got %q, want %q", row.name, got, row.want)
		}
		if n, err := b.CountUsers(ctx, tenant.Scope{}, row.q.Unplaced()); err != nil || n != len(strings.Fields(row.want)) {
			t.Errorf("%s: counted %d (%v) of %q", row.name, n, err, got)
		}
	}
}
