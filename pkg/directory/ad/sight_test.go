package ad_test

import (
	"fmt"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
)

// TestAttackHiddenDisabling: where an account may not see who is disabled, a leaver must not pass for somebody who works here.
func TestAttackHiddenDisabling(t *testing.T) {
	for name, o := range map[string]adtest.Options{"object security": {LacksReplication: true}, "without DirSync": {RefusesDirSync: 53}} {
		t.Run(name, func(t *testing.T) {
			s, r := people(t, 10, o)
			_, cursor := everybody(t, r)
			s.SetFaults(adtest.Faults{Unreadable: directory.UserAccountControl})
			if _, _, err := drain(t.Context(), r, directory.Cursor{}); !problem.Is(err, directory.RightsMissing) {
				t.Errorf("nobody can be judged: got %v", err)
			}
			leaver := directory.Attribute{Name: directory.UserAccountControl, Value: "514"}
			user, err := s.AddUser(t.Context(), s.Root(), "Leaver", leaver)
			must(t, err)
			entries, _, err := drain(t.Context(), r, cursor)
			must(t, err)
			fetched, err := r.Fetch(t.Context(), []directory.GUID{user})
			must(t, err)
			for _, e := range append(entries, fetched...) {
				if e.GUID == user {
					t.Errorf("who may be disabled was reported: %+v", e)
				}
			}
		})
	}
}

// hideRestrictions takes reading the account restrictions of users from an account.
const hideRestrictions = "(OD;CIIO;RP;4c164200-20c0-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"

// TestAttackHiddenDisablingInARealDomain has a real domain hide it, in one unit and then everywhere.
func TestAttackHiddenDisablingInARealDomain(t *testing.T) {
	for name, code := range map[string]int{"object security": 0, "without DirSync": 53} {
		t.Run(name, func(t *testing.T) {
			dc := samba.ForTest(t, samba.Options{RefusesDirSync: code})
			ctx := t.Context()
			shown, err := dc.AddUnit(ctx, dc.Root(), "Open")
			must(t, err)
			closed, err := dc.AddUnit(ctx, dc.Root(), "Closed")
			must(t, err)
			ann, err := dc.AddUser(ctx, shown, "Ann")
			must(t, err)
			bob, err := dc.AddUser(ctx, closed, "Bob")
			must(t, err)
			must(t, dc.SetDisabled(ctx, bob, true))
			_, sid, err := dc.AddAccount(ctx, shown, "hardly")
			must(t, err)
			s := settings(dc)
			s.Account = "hardly@" + dc.Domain()
			must(t, dc.AddRule(ctx, "OU=Closed,"+dc.BaseDN(), fmt.Sprintf(hideRestrictions, sid)))
			all, _ := everybody(t, open(t, s))
			if _, there := all[ann]; !there {
				t.Error("who can be judged is missing")
			}
			if e, there := all[bob]; there {
				t.Errorf("who may be disabled was reported: %+v", e)
			}
			must(t, dc.AddRule(ctx, dc.BaseDN(), fmt.Sprintf(hideRestrictions, sid)))
			if _, _, err := drain(ctx, open(t, s), directory.Cursor{}); !problem.Is(err, directory.RightsMissing) {
				t.Errorf("nobody can be judged: got %v", err)
			}
		})
	}
}
