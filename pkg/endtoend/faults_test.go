//go:build linux

package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// unreachable: the directory, then the tenant, are away for a while; the agent says so and goes on by itself.
func (l *lab) unreachable() {
	l.do(l.dc.StopProcess())
	c := l.awaitCondition(control.DirectoryUnreachable)
	if c.Hint == "" || c.Text == "" {
		l.Fatalf("the condition says too little: %+v", c)
	}
	l.do(l.dc.Restart(context.Background()))
	l.add("Sales", "Ida Irving")
	l.converge("a hire after the directory came back")
	l.gone(control.DirectoryUnreachable)

	l.tenant.stop(l)
	l.add("Sales", "Jan Jansen")
	l.awaitCondition(control.TenantUnreachable)
	l.startTenant()
	l.converge("a hire while the tenant was away")
	l.gone(control.TenantUnreachable)
	l.noFullRead("an absence")
}

func (l *lab) gone(code control.ConditionCode) {
	l.Helper()
	l.until(string(code)+" is over", 60*time.Second, func() bool {
		_, still := l.condition(code)
		return !still
	})
}

// kills ends agent and tenant at random moments, and starts them again, until work is done.
func (l *lab) kills(times int, work func()) {
	l.Helper()
	seed := uint64(time.Now().UnixNano())
	l.Logf("seed of the kills: %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	for i := range times {
		time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
		if i%2 == 0 {
			l.agent.kill()
			l.agent = l.start("agent", "passly-sync", "agent", "--state", l.state())
			continue
		}
		l.tenant.kill()
		l.startTenant()
	}
	<-done
}

// killedInFullSync: a big unit joins the scope and the mirror is lost, so everything is read and much is added, while both
// sides are killed again and again.
func (l *lab) killedInFullSync() {
	l.agent.stop(l)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(l.state(), "mirror.db"+suffix))
	}
	l.startAgent()
	l.choose(append(l.scope, l.find("Contractors"))...)
	l.kills(8, func() {})
	l.converge("a full sync with kills")
}

// killedInDeltas: the directory goes on changing while both sides are killed.
func (l *lab) killedInDeltas() {
	ctx := context.Background()
	sales, alumni, everybody := l.find("Sales"), l.find("Alumni"), l.find("Sales", "Everybody")
	var failed error
	l.kills(8, func() {
		for i := range 40 {
			name := fmt.Sprintf("Kim Killed%02d", i)
			account := fmt.Sprintf("kim.k%02d", i)
			id, err := l.dc.AddUser(ctx, sales, name, []directory.Attribute{
				{Name: directory.GivenName, Value: "Kim"},
				{Name: directory.Surname, Value: name[4:]},
				{Name: directory.SAMAccountName, Value: account},
				{Name: directory.Mail, Value: account + "@example.test"},
				{Name: directory.UserPrincipalName, Value: account + "@example.test"},
				{Name: directory.UserAccountControl, Value: "544"},
			}...)
			steps := []func() error{
				func() error { return l.dc.AddMember(ctx, everybody, id) },
				func() error { return l.dc.Modify(ctx, id, directory.DisplayName, "Kim "+account) },
				func() error {
					if i%3 == 0 {
						return l.dc.Move(ctx, id, alumni)
					}
					return nil
				},
				func() error {
					if i%4 == 0 {
						return l.dc.Delete(ctx, id)
					}
					return nil
				},
			}
			for _, step := range steps {
				if err == nil {
					time.Sleep(20 * time.Millisecond)
					err = step()
				}
			}
			if err != nil {
				failed = err
				return
			}
			l.mayBeSeen(id)
		}
	})
	l.do(failed)
	l.converge("deltas with kills")
}

// mayBeSeen notes somebody who was in scope for a moment, and may rightly have been added.
func (l *lab) mayBeSeen(id directory.GUID) { l.ever[id.String()] = true }
