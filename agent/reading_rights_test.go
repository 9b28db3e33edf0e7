package agent

import (
	"context"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/tenant"
)

// TestDirectoryThatRefusesDirSync refuses it while the agent works, and allows it again: hires, leavers and members arrive all the
// same, it is said in words with the commands that mend it, and a full pass is what each turn costs.
func TestDirectoryThatRefusesDirSync(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.directory.SetRefusesDirSync(53)
	s.hire(s.seeded.Units[0], "Ann One")
	s.awaitActive()
	c := s.await(control.DirectoryRightsMissing)
	for _, word := range []string{"uSNChanged", "another domain controller"} {
		if !strings.Contains(c.Text, word) {
			t.Errorf("the condition does not speak of %s: %q", word, c.Text)
		}
	}
	if c.Title != "The directory is read without DirSync" || c.Severity != control.Warning || strings.Contains(c.Text, "Deleted Objects") ||
		!strings.Contains(c.Hint, `dsacls "DC=acme,DC=test" /G "svc-sync@acme.test:CA;Replicating Directory Changes"`) || !strings.Contains(c.Hint, "samba-tool dsacl") {
		t.Errorf("the condition says %q, %q, %q", c.Title, c.Text, c.Hint)
	}
	full := strings.Count(s.log.String(), "reading the whole directory")
	ann := s.hire(s.seeded.Units[0], "Ann Two")
	s.awaitActive()
	if err := s.directory.Delete(context.Background(), ann); err != nil {
		t.Fatal(err)
	}
	s.awaitActive()
	if again := strings.Count(s.log.String(), "reading the whole directory"); again != full {
		t.Errorf("%d full passes for changes", again-full)
	}
	s.directory.SetRefusesDirSync(0)
	s.directory.CutConnections()
	s.hire(s.seeded.Units[0], "Ann Three")
	s.awaitActive()
	s.lifted(control.DirectoryRightsMissing)
	s.await(control.InSync)
}

// TestWithoutDirSyncAndBlind cannot see deletions either, which is said as well; units that are chosen then are read anew.
func TestWithoutDirSyncAndBlind(t *testing.T) {
	s := newStage(t)
	s.directory.SetRefusesDirSync(50)
	s.directory.SetHidesDeleted(true)
	s.enrol()
	units := s.seeded.Units
	s.choose(func(settings *tenant.Settings) { settings.Scope = units[:1] })
	s.await(control.InSync)
	c := s.await(control.DirectoryRightsMissing)
	for _, word := range []string{"uSNChanged", "CN=Deleted Objects", "once an hour"} {
		if !strings.Contains(c.Text, word) {
			t.Errorf("the condition does not speak of %s: %q", word, c.Text)
		}
	}
	for _, command := range []string{"Replicating Directory Changes, dsacls", "List deleted objects, dsacls"} {
		if !strings.Contains(c.Hint, command) {
			t.Errorf("the condition does not say how to grant it: %q", c.Hint)
		}
	}
	for _, e := range s.directory.Snapshot() {
		if e.Kind == directory.KindUser && strings.Contains(e.DN, "OU=Engineering") {
			if err := s.directory.Delete(context.Background(), e.GUID); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled()) // who was gone before its unit was chosen is not among them
	s.await(control.InSync)
	if got, err := s.tenant.CountUsers(context.Background(), ""); err != nil || got != s.enabled() {
		t.Errorf("users in the tenant: got %d and %v, want %d", got, err, s.enabled())
	}
}

// awaitActive waits until as many are active in the tenant as the directory has enabled.
func (s *stage) awaitActive() {
	s.Helper()
	s.until("who is enabled is active", func() bool {
		active, _, _, _ := s.counted()
		return active == s.enabled()
	})
}

// TestWithoutDirSyncALaggingControllerUndoesNothing has the own domain controller go away. Another one must be read whole, which waits
// until it knows what was read before.
func TestWithoutDirSyncALaggingControllerUndoesNothing(t *testing.T) {
	s := newStage(t)
	second, err := s.directory.Second()
	if err != nil {
		t.Fatal(err)
	}
	s.directory.SetRefusesDirSync(53)
	e := s.enrolment()
	e.Directory.Others = []string{second.URL()}
	if err := s.agent.Enrol(t.Context(), e, func(handoff.Step) {}); err != nil {
		t.Fatal(err)
	}
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.awaitActive()
	s.directory.SetFaults(adtest.Faults{Refuse: true, Lags: true})
	s.directory.CutConnections()
	s.hire(s.seeded.Units[0], "Ann Away")
	s.until("it is said that the other one may lag behind", func() bool {
		c := s.await(control.DirectoryUnreachable)
		return strings.Contains(c.Title, "may not have received yet")
	})
	if full := strings.Count(s.log.String(), "reading the whole directory"); full != 1 {
		t.Errorf("%d full passes, want the first one only", full)
	}
	s.directory.SetFaults(adtest.Faults{Refuse: true})
	s.awaitActive()
	if full := strings.Count(s.log.String(), "reading the whole directory"); full != 2 {
		t.Errorf("%d full passes, want one more for the other domain controller", full)
	}
	s.lifted(control.DirectoryUnreachable)
}
