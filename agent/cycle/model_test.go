package cycle_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// TestMain gives the model its default number of histories, many where everything is tested; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		histories := "150"
		if os.Getenv("CI") != "" {
			histories = "300"
		}
		_ = flag.Set("rapid.checks", histories)
	}
	os.Exit(m.Run())
}

// TestModel: random directories and random histories with random faults converge to the projection of the directory.
func TestModel(t *testing.T) { testModel(t, false) }

// TestModelWithDecisions: so they do where the guard holds, an administrator approves and rejects row by row or all at once, and
// runs are undone; and what is held or rejected stays until then.
func TestModelWithDecisions(t *testing.T) { testModel(t, true) }

func testModel(t *testing.T, decides bool) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "model-*")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := newModel(rt, dir)
		defer m.close()
		if m.decides = decides; decides {
			limit := control.Limit{Number: rapid.IntRange(0, 2).Draw(rt, "limit")}
			m.settings.Guard = control.Guard{Users: limit, Groups: limit, Memberships: limit}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 6).Draw(rt, "changes") {
				m.change()
			}
			if m.decides {
				m.decideOrUndo()
			}
			m.faulty()
		}
		m.settle()
		m.check()
	})
}

type model struct {
	*rapid.T
	dir      string
	world    *world
	tenant   *fakeTenant
	mirror   *mirror.Mirror
	settings control.Configuration
	units    []*thing
	users    []*thing
	groups   []*thing
	serial   int
	eligible map[directory.GUID]bool // was, at some moment, to be in the tenant
	decides  bool                    // the guard holds, and somebody decides and undoes
	undone   map[directory.GUID]bool // was put back in the tenant, at some moment
}

func newModel(t *rapid.T, dir string) *model {
	m := &model{T: t, dir: dir, world: newWorld(), tenant: newFakeTenant(), eligible: map[directory.GUID]bool{}, undone: map[directory.GUID]bool{}}
	m.world.byUSN, m.world.blind = rapid.Bool().Draw(t, "without DirSync"), rapid.Bool().Draw(t, "blind")
	m.units = []*thing{m.world.entries[m.world.root()]}
	for range 5 {
		m.newUnit()
	}
	m.settings = control.Configuration{
		Version: 1, Status: control.StatusEnabled,
		Incomplete: rapid.SampledFrom([]control.Incomplete{control.IncompleteHalt, control.IncompleteSkip}).Draw(t, "incomplete"),
		Guard:      control.Guard{Users: control.Limit{Percent: 100, Number: 1000}, Groups: control.Limit{Number: 1000}, Memberships: control.Limit{Number: 1000}},
	}
	for range rapid.IntRange(1, 10).Draw(t, "people") {
		m.newUser()
	}
	for range rapid.IntRange(0, 3).Draw(t, "groups") {
		m.newGroup()
	}
	m.open()
	m.choose()
	m.note()
	return m
}

func (m *model) open() {
	var err error
	m.mirror, err = mirror.Open(context.Background(), filepath.Join(m.dir, "mirror.db"), "a", time.Now)
	if err != nil {
		m.Fatal(err)
	}
}

func (m *model) close() { _ = m.mirror.Close() }

func pick[T any](m *model, label string, from []T) (T, bool) {
	if len(from) == 0 {
		var none T
		return none, false
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(m.T, label)], true
}

func alive(all []*thing) []*thing {
	return slices.DeleteFunc(slices.Clone(all), func(t *thing) bool { return t.deleted.value })
}

func (m *model) unit() *thing {
	u, _ := pick(m, "unit", alive(m.units))
	return u
}

func (m *model) newUnit() {
	m.units = append(m.units, m.world.create(directory.KindUnit, m.unit().guid, fmt.Sprint("unit", len(m.units))))
}

func (m *model) newUser() {
	m.serial++
	u := m.world.create(directory.KindUser, m.unit().guid, fmt.Sprint("user", m.serial))
	for _, name := range []string{directory.GivenName, directory.Surname, directory.Mail, directory.UserPrincipalName} {
		if rapid.IntRange(0, 14).Draw(m.T, "has "+name) > 0 {
			m.world.set(u, name, fmt.Sprintf("%s%d", name, m.serial))
		}
	}
	m.world.set(u, directory.UserAccountControl, "512")
	m.users = append(m.users, u)
}

func (m *model) newGroup() {
	m.serial++
	m.groups = append(m.groups, m.world.create(directory.KindGroup, m.unit().guid, fmt.Sprint("group", m.serial)))
}

func (m *model) choose() {
	var scope []directory.GUID
	for _, u := range m.units[1:] {
		if rapid.Bool().Draw(m.T, "chosen") {
			scope = append(scope, u.guid)
		}
	}
	m.settings.Scope = scope
	if err := m.mirror.SetScope(context.Background(), scope); err != nil {
		m.Fatal(err)
	}
}

// change makes one random change of the directory, or of what was chosen.
func (m *model) change() {
	user, anyone := pick(m, "user", alive(m.users))
	group, anything := pick(m, "group", alive(m.groups))
	switch what := rapid.IntRange(0, 17).Draw(m.T, "change"); {
	case what == 0:
		m.newUnit()
	case what == 1 || what == 2:
		m.newUser()
	case what == 3:
		m.newGroup()
	case what == 4:
		m.moveUnit()
	case what == 5:
		m.choose()
	case what == 6 && anything:
		m.world.move(group, m.unit().guid)
	case what == 7 && anything:
		m.world.rename(group, fmt.Sprint(group.name.value, "'"))
	case what == 8 && anything && rapid.Bool().Draw(m.T, "really"):
		m.world.remove(group)
	case (what == 9 || what == 10) && anything:
		if member, ok := pick(m, "member", alive(append(slices.Clone(m.users), m.groups...))); ok {
			m.world.link(group, member.guid, rapid.Bool().Draw(m.T, "join"))
		}
	case what == 11 && anyone:
		m.world.move(user, m.unit().guid)
	case what == 12 && len(alive(m.users)) < len(m.users) && rapid.Bool().Draw(m.T, "restore"):
		m.restore()
	case what == 12 && len(alive(m.users)) > 1 && rapid.Bool().Draw(m.T, "really"):
		m.eligible[user.guid] = m.eligible[user.guid] || m.world.blind // nobody can know before the reconcile
		m.world.remove(user)
	case what == 13 && anyone:
		m.world.set(user, directory.UserAccountControl, rapid.SampledFrom([]string{"512", "514"}).Draw(m.T, "control"))
	case what == 14 && anyone:
		m.swap(user)
	case what == 15 && anyone:
		m.world.touch(user) // by what concerns nobody
	case what > 15 && anyone:
		m.edit(user)
	}
	m.note()
}

// swap has two people take each other's e-mail or logon name.
func (m *model) swap(user *thing) {
	other, _ := pick(m, "swaps with", alive(m.users))
	name := rapid.SampledFrom([]string{directory.Mail, directory.UserPrincipalName}).Draw(m.T, "name")
	mine, hers := user.attrs[name].value, other.attrs[name].value
	m.world.set(user, name, hers)
	m.world.set(other, name, mine)
}

func (m *model) moveUnit() {
	unit, _ := pick(m, "moved", m.units[1:])
	if m.empty(unit) && rapid.Bool().Draw(m.T, "remove") {
		m.world.remove(unit)
	}
	if unit.deleted.value {
		return
	}
	to := m.unit()
	for at := to.guid; at != (directory.GUID{}); at = m.world.entries[at].parent.value {
		if at == unit.guid {
			return // not below itself
		}
	}
	m.world.move(unit, to.guid)
}

// restore brings back somebody who was deleted, with what a person has.
func (m *model) restore() {
	gone := slices.DeleteFunc(slices.Clone(m.users), func(t *thing) bool { return !t.deleted.value })
	user, _ := pick(m, "restored", gone)
	m.world.restore(user)
	m.world.move(user, m.unit().guid)
	for _, name := range []string{directory.GivenName, directory.Surname, directory.Mail, directory.UserPrincipalName} {
		m.serial++
		m.world.set(user, name, fmt.Sprintf("%s%d", name, m.serial))
	}
	m.world.set(user, directory.UserAccountControl, "512")
	if group, ok := pick(m, "group of the restored", alive(m.groups)); ok {
		m.world.link(group, user.guid, true)
	}
}

// empty reports whether nothing stands in a unit, so that the directory would let it be deleted.
func (m *model) empty(unit *thing) bool {
	for _, other := range m.world.entries {
		if other.parent.value == unit.guid && !other.deleted.value {
			return false
		}
	}
	return true
}

// edit changes a user's attribute: to something new, to nothing, or to what another user has.
func (m *model) edit(user *thing) {
	name := rapid.SampledFrom([]string{directory.GivenName, directory.Mail, directory.UserPrincipalName}).Draw(m.T, "attribute")
	m.serial++
	value := fmt.Sprintf("%s%d", name, m.serial)
	switch other, ok := pick(m, "same as", alive(m.users)); rapid.IntRange(0, 3).Draw(m.T, "edit") {
	case 0:
		value = ""
	case 1:
		if ok && other.attrs[name].value != "" {
			value = strings.ToUpper(other.attrs[name].value)
		}
	}
	m.world.set(user, name, value)
}

// note remembers who may be in the tenant.
func (m *model) note() {
	for _, u := range m.users {
		if m.world.wants(u, m.settings.Scope) && u.complete() {
			m.eligible[u.guid] = true
		}
	}
}

// faulty runs a cycle in which something may go wrong.
func (m *model) faulty() {
	switch rapid.IntRange(0, 9).Draw(m.T, "fault") {
	case 0:
		m.world.cutAfter = rapid.IntRange(0, 12).Draw(m.T, "cut")
	case 1:
		m.world.refuse = true
	case 2:
		m.tenant.fail, m.tenant.lost = rapid.IntRange(0, 6).Draw(m.T, "fail"), rapid.Bool().Draw(m.T, "lost")
	case 3: // killed and started again
		m.close()
		m.open()
	case 4: // the mirror is lost
		m.close()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(filepath.Join(m.dir, "mirror.db"+suffix))
		}
		m.open()
		if err := m.mirror.SetScope(context.Background(), m.settings.Scope); err != nil {
			m.Fatal(err)
		}
	case 5:
		m.world.closesAfter = rapid.IntRange(0, 12).Draw(m.T, "closes")
	case 6:
		m.world.byUSN = !m.world.byUSN
	case 7:
		m.world.blind = !m.world.blind
	}
	m.world.pageSize = rapid.IntRange(1, 7).Draw(m.T, "page")
	r := m.cycle()
	m.world.cutAfter, m.world.closesAfter, m.world.refuse, m.tenant.fail = -1, -1, false, -1
	if m.decides {
		m.checkHeld(r)
	}
}

func (m *model) decideOrUndo() {
	switch rapid.IntRange(0, 3).Draw(m.T, "administrator") {
	case 0, 1:
		m.decide()
	case 2:
		m.undo()
	}
}

func (m *model) cycle() cycle.Result {
	m.mirror.Distrust(m.settings.Compare)
	c := &cycle.Cycle{Mirror: m.mirror, Target: m.tenant, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	return c.Run(context.Background(), m.world, m.settings)
}

// settle completes what is incomplete and parts those who share a name, so that the projection is plain, and runs cycles until nothing
// more is sent.
func (m *model) settle() {
	for _, u := range alive(m.users) {
		for _, name := range []string{directory.GivenName, directory.Surname, directory.Mail, directory.UserPrincipalName} {
			value := u.attrs[name].value
			taken := slices.ContainsFunc(alive(m.users), func(other *thing) bool {
				return other != u && strings.EqualFold(other.attrs[name].value, value)
			})
			if value == "" || taken {
				m.serial++
				m.world.set(u, name, fmt.Sprintf("%s%d", name, m.serial))
			}
		}
	}
	m.note()
	if m.world.blind { // the reconcile finds who is gone
		if err := m.mirror.Forget(context.Background()); err != nil {
			m.Fatal(err)
		}
	}
	if err := m.mirror.RetryRefused(context.Background()); err != nil { // of names that were free again before anything else changed
		m.Fatal(err)
	}
	for range 12 {
		if r := m.cycle(); r.Err() != nil {
			m.Fatalf("a cycle without faults failed: %v", r.Err())
		} else if !(m.decides && m.approveRest()) && !r.Changed() && r.Run.Rejected == 0 {
			return
		}
		if err := m.mirror.RetryRefused(context.Background()); err != nil {
			m.Fatal(err)
		}
	}
	m.Fatal("the cycles never came to rest")
}
