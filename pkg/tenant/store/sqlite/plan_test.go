package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// TestQueryPlans says what each list of users reads: the rows that it shows, or those with a value, or (where nothing
// better is worth its cost when users are added) all of them.
func TestQueryPlans(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tenant.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const (
		byName = "MULTI-INDEX OR; INDEX 1; SEARCH users USING INDEX users_user_name (user_name_key=?); INDEX 2; SEARCH users USING INDEX users_user_name_disabled (user_name_key=?); USE TEMP B-TREE FOR ORDER BY"
		byMail = "MULTI-INDEX OR; INDEX 1; SEARCH users USING INDEX users_mail (mail_key=?); INDEX 2; SEARCH users USING INDEX users_mail_disabled (mail_key=?); USE TEMP B-TREE FOR ORDER BY"
	)
	for _, row := range []struct {
		name, filter string
		in           tenant.Scope
		q            store.Query
		want         string
	}{
		{"newest first", "", tenant.Scope{}, store.Query{NewestFirst: true}, "SCAN users"},
		{"what follows", "", tenant.Scope{}, store.Query{After: 9, NewestFirst: true}, "SEARCH users USING INTEGER PRIMARY KEY (rowid<?)"},
		{"a state", "", tenant.Scope{}, store.Query{State: tenant.Active, NewestFirst: true}, "SEARCH users USING INDEX users_state (state=?)"},
		{"a search reads every name, no user", "", tenant.Scope{}, store.Query{Search: "ann", NewestFirst: true}, "SCAN users USING INDEX users_search"},
		{"a search that goes on", "", tenant.Scope{}, store.Query{Search: "ann", After: 9, NewestFirst: true}, "SEARCH users USING INDEX users_search (id<?)"},
		{"a search in a state", "", tenant.Scope{}, store.Query{Search: "ann", State: tenant.Active}, "SCAN users USING INDEX users_search"},
		{"an agent's people", "", tenant.Scope{Agent: 3}, store.Query{}, "SCAN users"},
		{"an agent's people, further on", "", tenant.Scope{Agent: 3}, store.Query{After: 9}, "SEARCH users USING INTEGER PRIMARY KEY (rowid>?)"},
		{"an external id", `externalId eq "x"`, tenant.Scope{Agent: 3}, store.Query{}, "SEARCH users USING INDEX users_external (agent=? AND external_id=?)"},
		{"a logon name", `userName eq "x"`, tenant.Scope{}, store.Query{}, byName},
		{"an agent's logon name", `userName eq "x"`, tenant.Scope{Agent: 3}, store.Query{}, byName},
		{"an e-mail", `emails[value eq "x"]`, tenant.Scope{}, store.Query{}, byMail},
		{"an e-mail in a state", `emails eq "x"`, tenant.Scope{}, store.Query{State: tenant.Active}, byMail},
		{"a part of a logon name reads all", `userName co "x"`, tenant.Scope{}, store.Query{}, "SCAN users"},
		{"an organization", "", tenant.Scope{}, store.Query{Organization: 3, After: 9, NewestFirst: true}, "SEARCH users USING INDEX users_organization (organization=? AND rowid<?)"},
		{"people of one agent, newest first", "", tenant.Scope{}, store.Query{Agent: 3, NewestFirst: true}, "SEARCH users USING INDEX users_agent (agent=?)"},
		{"Local users", "", tenant.Scope{}, store.Query{Source: store.Local, NewestFirst: true}, "SEARCH users USING INDEX users_agent (agent=?)"},
		{"synced users", "", tenant.Scope{}, store.Query{Source: store.Synced, NewestFirst: true}, "SCAN users"},
		{"a search in an organization", "", tenant.Scope{}, store.Query{Search: "ann", Organization: 3}, "SCAN users USING INDEX users_search"},
		{"by name", "", tenant.Scope{}, store.Query{Order: store.ByName}, "SCAN users USING INDEX users_name"},
		{"by name, further on, of an organization", "", tenant.Scope{}, store.Query{Order: store.ByName, After: 9, Organization: 3}, "SEARCH users USING INDEX users_name (name_key>?)"},
		{"by logon name", "", tenant.Scope{}, store.Query{Order: store.ByUserName, Descending: true}, "SCAN users USING INDEX users_user_name; SCAN users USING INDEX users_user_name_disabled"},
		{"by logon name, in a state", "", tenant.Scope{}, store.Query{Order: store.ByUserName, State: tenant.Active}, "SCAN users USING INDEX users_user_name"},
		{"sorted by logon name reads all", "", tenant.Scope{}, store.Query{SortBy: "userName"}, "SCAN users; USE TEMP B-TREE FOR ORDER BY"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.filter != "" {
				if row.q.Filter, err = scim.ParseFilter(row.filter); err != nil {
					t.Fatal(err)
				}
			}
			row.q.Limit = 51
			if got := plan(t, s, row.in, row.q); got != row.want {
				t.Errorf("reads by %q, want %q", got, row.want)
			}
		})
	}
}

// plan is how SQLite finds the users of a query, step by step.
func plan(t *testing.T, s *Store, in tenant.Scope, q store.Query) string {
	t.Helper()
	if q.Order == "" {
		query, args, err := usersTable.choose(in, q)
		return explained(t, s, usersTable.from(q)+query, args, err)
	}
	var plans []string
	for _, p := range partsOf(q) {
		query, args, err := sortedPart(in, q, "m", p)
		plans = append(plans, explained(t, s, query, args, err))
	}
	return strings.Join(plans, "; ")
}

func explained(t *testing.T, s *Store, from string, args []any, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := list(t.Context(), s.session, "EXPLAIN QUERY PLAN SELECT "+userSelect+" FROM "+from, args, func(row scanner) (step string, err error) {
		var ignored int
		return step, row.Scan(&ignored, &ignored, &ignored, &step)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}
