//go:build linux

package endtoend

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/samba"
)

// TestWithoutDirSync syncs from a real directory that refuses DirSync, with an account that may do no more than anybody: each kind of
// change arrives without reading everything, and it is said how the directory is read. Then DirSync is allowed.
func TestWithoutDirSync(t *testing.T) {
	plan := samba.Scene3000("example.test")
	l := newLab(t, samba.Options{Plan: plan, LacksReplication: true, RefusesDirSync: 53})
	l.readWithout(plan)
	c := l.awaitCondition(control.DirectoryRightsMissing)
	if c.Title != "The directory is read without DirSync" || !strings.Contains(c.Hint, "Replicating Directory Changes, samba-tool: samba-tool dsacl set") {
		t.Errorf("it is said like this: %+v", c)
	}
	if out, err := l.run("passly-sync", "doctor", "--state", l.state(), "--allow-member"); !strings.Contains(out, c.Title) || !strings.Contains(out, "uSNChanged") {
		t.Errorf("the doctor does not say it (%v):\n%s", err, out)
	}
	l.in("restart", l.restart)
	l.in("deltas", l.deltas)
	l.in("killed in deltas", l.killedInDeltas)
	l.dc.SetRefusesDirSync(0)
	l.until("DirSync is used again", 2*time.Minute, func() bool {
		_, lacks := l.condition(control.DirectoryRightsMissing)
		return !lacks
	})
	l.add("Engineering", "Cyd Carter")
	l.converge("a hire by DirSync")
}

// TestWithoutDirSyncAndBlind may not see what was deleted either: the hourly reconcile finds a leaver.
func TestWithoutDirSyncAndBlind(t *testing.T) {
	plan := samba.Scene3000("example.test")
	programs := jumping.build(t) // before the session, whose home has no build cache
	env := session(t)
	dc := samba.ForTest(t, samba.Options{Plan: plan, LacksReplication: true, HidesDeleted: true, RefusesDirSync: 50})
	l := (&lab{TB: t, source: dc, dir: t.TempDir(), bin: programs, env: env, ever: map[string]bool{}}).begin()
	l.readWithout(plan)
	if c := l.awaitCondition(control.DirectoryRightsMissing); !strings.Contains(c.Text, "uSNChanged") || !strings.Contains(c.Text, "CN=Deleted Objects") {
		t.Errorf("it is said like this: %+v", c)
	}
	before := l.fullPasses()
	gone := l.find("Engineering", "Bob Early")
	l.do(l.dc.Delete(context.Background(), gone))
	l.add("Engineering", "Cyd Carter")
	l.until("a hire arrives, a leaver is not seen", time.Minute, func() bool { return strings.Contains(l.difference(), gone.String()) && l.active("Cyd") })
	if again := l.fullPasses() - before; again != 0 {
		t.Errorf("%d full passes for changes", again)
	}
	l.do(os.WriteFile(l.clock("agent"), []byte((61 * time.Minute).String()), 0o600))
	l.until("an hour later everything is read", time.Minute, func() bool { return l.fullPasses() > before })
	l.do(os.Remove(l.clock("agent")))
	l.converge("a deletion that could not be seen")
}

// readWithout enrols the agent and has it read everything by pages.
func (l *lab) readWithout(plan samba.Plan) {
	l.Helper()
	l.web = l.signIn()
	l.setup()
	l.choose(chosen(l, plan)...)
	l.converge("the first sync")
	l.checkScene(plan)
	l.add("Engineering", "Bob Early")
	l.converge("a hire")
}

// fullPasses counts how often the agent read everything since it was started.
func (l *lab) fullPasses() int {
	return strings.Count(l.agent.log.String(), "reading the whole directory")
}

// active reports whether somebody of a first name is active in the tenant.
func (l *lab) active(given string) bool {
	for _, p := range l.held().users {
		if p.Given == given && p.Active {
			return true
		}
	}
	return false
}
