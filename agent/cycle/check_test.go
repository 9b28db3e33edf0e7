package cycle_test

import (
	"context"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// person is what the tenant should hold of a user, comparable.
type person struct{ Given, Family, Mail, Logon string }

// check compares the tenant with the projection.
func (m *model) check() {
	byGUID := map[directory.GUID]string{}
	for id, o := range m.tenant.objects {
		if other, twice := byGUID[o.guid]; twice {
			m.Fatalf("%s is in the tenant twice: %s and %s", o.guid, other, id)
		}
		byGUID[o.guid] = id
	}
	got, want := map[directory.GUID]person{}, map[directory.GUID]person{}
	for _, o := range m.tenant.objects {
		if o.kind != directory.KindUser {
			continue
		}
		if !m.eligible[o.guid] {
			m.Errorf("%s is in the tenant and never should have been", m.world.entries[o.guid].name.value)
		}
		if o.active {
			got[o.guid] = person{o.values.GivenName, o.values.Surname, o.values.Mail, o.values.LogonName}
		}
	}
	for _, u := range m.users {
		if m.world.wants(u, m.settings.Scope) {
			want[u.guid] = person{
				u.attrs[directory.GivenName].value, u.attrs[directory.Surname].value,
				u.attrs[directory.Mail].value, u.attrs[directory.UserPrincipalName].value,
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.Fatalf("active users (-want +got):\n%s", diff)
	}
	m.checkGroups(byGUID)
	m.checkFigures(got)
}

func (m *model) checkGroups(byGUID map[directory.GUID]string) {
	got, want := map[string][]string{}, map[string][]string{}
	for _, o := range m.tenant.objects {
		if o.kind == directory.KindGroup {
			got[o.values.Name] = slices.Sorted(maps.Keys(o.members))
		}
	}
	for _, g := range m.groups {
		if g.deleted.value || !m.world.inside(g, m.settings.Scope) {
			continue
		}
		var members []string
		for guid, link := range g.members {
			member := m.world.entries[guid]
			id, there := byGUID[guid]
			if link.value && there && !member.deleted.value && m.world.inside(member, m.settings.Scope) {
				members = append(members, id)
			}
		}
		slices.Sort(members)
		want[g.name.value] = members
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.Fatalf("groups and members (-want +got):\n%s", diff)
	}
}

// checkFigures holds the mirror's running figures against the tenant.
func (m *model) checkFigures(active map[directory.GUID]person) {
	counts, err := m.mirror.Counts(context.Background())
	if err != nil {
		m.Fatal(err)
	}
	var groups, memberships, users int
	for _, o := range m.tenant.objects {
		if o.kind == directory.KindGroup {
			groups++
			memberships += len(o.members)
		} else {
			users++
		}
	}
	got := []int{counts.People, counts.People + counts.Disabled, counts.Groups, counts.Memberships, counts.Waiting}
	want := []int{len(active), users, groups, memberships, 0}
	if diff := cmp.Diff(want, got); diff != "" {
		m.Fatalf("people, users, groups, memberships, waiting (-tenant +mirror):\n%s", diff)
	}
	if n, err := m.mirror.Count(context.Background(), directory.KindUser, plan.Update); n != 0 || err != nil {
		m.Fatalf("%d updates are left (%v)", n, err)
	}
}
