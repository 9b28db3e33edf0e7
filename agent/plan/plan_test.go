package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// whole is a user that is to be added; edits make it something else.
func whole(edits ...func(*User)) User {
	u := User{
		GivenName: "Ann", Surname: "Adams", Mail: "ann@example.test", LogonName: "ann@example.test", Control: 512,
		Person: true, Place: Inside,
	}
	for _, edit := range edits {
		edit(&u)
	}
	return u
}

func TestJudgeUser(t *testing.T) {
	held := whole().Values()
	in := Standing{Added: true, Values: held, Active: true}
	off := Standing{Added: true, Values: held}
	for _, row := range []struct {
		name     string
		user     User
		standing Standing
		todo     Todo
		flag     Flag
		active   bool
	}{
		{"new and complete", whole(), Standing{}, Add, Clear, true},
		{"new and out of scope", whole(func(u *User) { u.Place = Outside }), Standing{}, Nothing, Clear, false},
		{"new and not placed yet", whole(func(u *User) { u.Place = Unknown }), Standing{}, Nothing, Unplaced, false},
		{"new and disabled", whole(func(u *User) { u.Control = 514 }), Standing{}, Nothing, Clear, false},
		{"new and no person", whole(func(u *User) { u.Person = false }), Standing{}, Nothing, Clear, false},
		{"new without mail", whole(func(u *User) { u.Mail = "" }), Standing{}, Nothing, Incomplete, true},
		{"new with a blank name", whole(func(u *User) { u.Surname = " \t" }), Standing{}, Nothing, Incomplete, true},
		{"new, incomplete and disabled", whole(func(u *User) { u.Mail, u.Control = "", 514 }), Standing{}, Nothing, Clear, false},
		{"new with a name that is taken", whole(func(u *User) { u.Shadowed = true }), Standing{}, Nothing, Conflicting, true},
		{"new and refused by the tenant", whole(func(u *User) { u.Refusal = Refused }), Standing{}, Nothing, Refused, true},
		{"unchanged", whole(), in, Nothing, Clear, true},
		{"renamed", whole(func(u *User) { u.Surname = "Zane" }), in, Update, Clear, true},
		{"lost its mail", whole(func(u *User) { u.Mail = "" }), in, Nothing, Incomplete, true},
		{"lost its mail and changed", whole(func(u *User) { u.Mail, u.Surname = "", "Zane" }), in, Nothing, Incomplete, true},
		{"disabled", whole(func(u *User) { u.Control = 514 }), in, Disable, Clear, false},
		{"deleted", whole(func(u *User) { u.Deleted = true }), in, Disable, Clear, false},
		{"deleted, place unknown", whole(func(u *User) { u.Deleted, u.Place = true, Unknown }), in, Disable, Clear, false},
		{"moved out", whole(func(u *User) { u.Place = Outside }), in, Disable, Clear, false},
		{"became something else", whole(func(u *User) { u.Person = false }), in, Disable, Clear, false},
		{"place unknown changes nothing", whole(func(u *User) { u.Place, u.Surname = Unknown, "Zane" }), in, Nothing, Unplaced, true},
		{"enabled again", whole(), off, Update, Clear, true},
		{"enabled again, incomplete", whole(func(u *User) { u.Mail = "" }), off, Update, Incomplete, true},
		{"enabled again, name taken", whole(func(u *User) { u.Shadowed = true }), off, Nothing, Conflicting, false},
		{"enabled again, refused", whole(func(u *User) { u.Refusal = Conflicting }), off, Nothing, Conflicting, false},
		{"expired", whole(func(u *User) { u.Expires = Filetime(now) }), in, Disable, Clear, false},
		{"expires in a second", whole(func(u *User) { u.Expires = Filetime(now.Add(time.Second)) }), in, Nothing, Clear, true},
		{"never expires", whole(func(u *User) { u.Expires = never }), in, Nothing, Clear, true},
		{"what the tenant holds is unknown", whole(), Standing{Added: true, Active: true}, Update, Clear, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := JudgeUser(row.user, row.standing, now)
			if v.Todo != row.todo || v.Flag != row.flag || v.Active != row.active {
				t.Errorf("got %q %q active=%v, want %q %q active=%v", v.Todo, v.Flag, v.Active, row.todo, row.flag, row.active)
			}
		})
	}
}

func TestExpiryTellsWhenToLookAgain(t *testing.T) {
	at := now.Add(36 * time.Hour)
	v := JudgeUser(whole(func(u *User) { u.Expires = Filetime(at) }), Standing{}, now)
	if !v.Due.Equal(at) {
		t.Errorf("due: got %v, want %v", v.Due, at)
	}
}

func TestMissingUsesEverydayNames(t *testing.T) {
	got := strings.Join(User{}.Missing(), ", ")
	if want := "first name, last name, e-mail, user logon name"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJudgeGroup(t *testing.T) {
	group := Group{Name: "Sales", Plain: true, Place: Inside}
	in := Standing{Added: true, Values: group.Values()}
	for _, row := range []struct {
		name     string
		edit     func(*Group)
		standing Standing
		want     Todo
	}{
		{"new", func(*Group) {}, Standing{}, Add},
		{"new, outside", func(g *Group) { g.Place = Outside }, Standing{}, Nothing},
		{"unchanged", func(*Group) {}, in, Nothing},
		{"renamed", func(g *Group) { g.Name = "Vertrieb" }, in, Update},
		{"moved out", func(g *Group) { g.Place = Outside }, in, Remove},
		{"deleted", func(g *Group) { g.Deleted = true }, in, Remove},
		{"a system's own", func(g *Group) { g.Plain = false }, in, Remove},
		{"not placed yet", func(g *Group) { g.Place = Unknown }, in, Nothing},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := group
			row.edit(&g)
			if v := JudgeGroup(g, row.standing); v.Todo != row.want {
				t.Errorf("got %q, want %q", v.Todo, row.want)
			}
		})
	}
}

func TestHashTellsListsApart(t *testing.T) {
	seen := map[Hash]string{}
	for _, list := range [][]string{{}, {""}, {"", ""}, {"a", "b"}, {"ab"}, {"", "ab"}, {"a", "", "b"}, {"b", "a"}} {
		text := fmt.Sprintf("%q", list)
		h := HashOf(list...)
		if other, twice := seen[h]; twice || h == 0 {
			t.Errorf("%s and %s have the hash %d", text, other, h)
		}
		seen[h] = text
	}
}

func TestPrecedenceIsAnOrder(t *testing.T) {
	all := []Claimant{{Holds: true, Added: true, Order: 9}, {Added: true, Order: 3}, {Added: true, Order: 5}, {Order: 1}, {Order: 2}}
	for i, a := range all {
		for j, b := range all {
			if got, want := a.Precedes(b), i < j; got != want {
				t.Errorf("%+v before %+v: got %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestGuard(t *testing.T) {
	limit := control.Limit{Number: 20, Percent: 10}
	for _, row := range []struct{ standing, want int }{{0, 20}, {199, 20}, {210, 21}, {100_000, 10_000}} {
		if got := Allowed(limit, row.standing); got != row.want {
			t.Errorf("allowed of %d: got %d, want %d", row.standing, got, row.want)
		}
	}
	approved := []control.Approval{{Kind: control.RemoveUsers, Digest: "d"}}
	for _, row := range []struct {
		count  int
		digest string
		kind   control.RemovalKind
		want   bool
	}{
		{20, "x", control.RemoveUsers, true},
		{21, "x", control.RemoveUsers, false},
		{21, "d", control.RemoveUsers, true},
		{21, "d", control.RemoveGroups, false},
	} {
		h := control.Held{Kind: row.kind, Count: row.count, Allowed: Allowed(control.Limit{Number: 20}, 0), Digest: row.digest}
		if got := !h.Over() || slices.Contains(approved, h.Approval()); got != row.want {
			t.Errorf("%+v passes: got %v", row, got)
		}
	}
}
