//go:build linux

package endtoend

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/tenant/writeback"
)

// inMemory looks for a text through all that a process can write to, and says where it found it: its address, and what stands
// around it.
func inMemory(t testing.TB, pid int, what []byte) (found []string) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	looked := 0
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to uint64
		var rights string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); n != 3 || !strings.HasPrefix(rights, "rw") {
			continue
		}
		part := make([]byte, to-from)
		n, _ := memory.ReadAt(part, int64(from)) // what is not there cannot be read
		looked += n
		for at := 0; ; {
			i := bytes.Index(part[at:n], what)
			if i < 0 {
				break
			}
			at += i
			found = append(found, fmt.Sprintf("%#x: %q", from+uint64(at), part[max(0, at-48):min(n, at+len(what)+32)]))
			at += len(what)
		}
	}
	if looked < 1<<20 {
		t.Fatalf("only %d bytes of the process could be looked at", looked)
	}
	return found
}

// forms are those in which a password may lie in memory: as it was typed, as a form sends it, and as the directory takes it.
func forms(password string) map[string][]byte {
	var wide []byte
	for _, c := range []byte(password) {
		wide = append(wide, c, 0)
	}
	return map[string][]byte{"as it is": []byte(password), "in UTF-16": wide}
}

// TestAttackMemoryOfTheAgent looks for passwords in the memory of an agent that set and verified them.
func TestAttackMemoryOfTheAgent(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	env := session(t)
	s := tenanttest.Start(t)
	l := &lab{TB: t, source: dc, dc: dc, dir: t.TempDir(), bin: build(t), env: env}
	l.startAgent()
	t.Cleanup(func() { l.agent.kill() })
	sales, err := dc.AddUnit(t.Context(), dc.Root(), "Sales")
	l.do(err)
	_, err = dc.AddUser(t.Context(), sales, "ann", directory.Attribute{Name: directory.SAMAccountName, Value: "ann"},
		directory.Attribute{Name: directory.GivenName, Value: "Ann"}, directory.Attribute{Name: directory.Surname, Value: "Berg"},
		directory.Attribute{Name: directory.Mail, Value: "ann@acme.test"}, directory.Attribute{Name: directory.UserPrincipalName, Value: "ann@example.test"},
		directory.Attribute{Name: directory.UserAccountControl, Value: "544"})
	l.do(err)
	account, password := dc.Admin()
	l.must("passly-sync", "setup", "--unattended", "--accept-terms", "--state", l.state(), "--domain", s.URL,
		"--enrolment-token-file", l.file("token", s.EnrolmentToken(t)+"\n"), "--directory", dc.URL(), "--directory-ca", dc.CAFile(), "--directory-user", account,
		"--directory-password-file", l.file("directory-password", password+"\n"))
	agents, err := s.Agents(t.Context())
	l.do(err)
	_, err = s.Configure(t.Context(), agents[0].ID, func(c *tenant.Settings) error {
		c.Scope, c.PasswordPolicy = []directory.GUID{sales}, control.PasswordTwoWay
		return nil
	})
	l.do(err)
	var ann tenant.User
	l.until("ann is in the tenant", 20*time.Second, func() bool {
		is := scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: "ann@acme.test"}
		users, err := s.Store().Users(t.Context(), tenant.Scope{}, store.Query{Filter: is})
		if err == nil && len(users) == 1 {
			ann = users[0]
		}
		return ann.ID != 0
	})
	// The words are put together here, so that no program has them as they are.
	first, second := secretly("Violet", 1), secretly("Violet", 2)
	_, err = s.Passwords().Set(t.Context(), writeback.Request{User: ann, New: []byte(first)})
	l.do(err)
	l.do(s.Passwords().Verify(t.Context(), ann, []byte(first), "192.0.2.1:1"))
	_, err = s.Passwords().Set(t.Context(), writeback.Request{User: ann, New: []byte(second)})
	l.do(err)
	l.do(s.Passwords().Verify(t.Context(), ann, []byte(second), "192.0.2.1:1"))
	for _, secret := range []string{first, second} {
		for form, text := range forms(secret) {
			for _, where := range inMemory(t, l.agent.command.Process.Pid, text) {
				t.Errorf("%s, %s: %s", secret, form, where)
			}
		}
	}
	if len(inMemory(t, l.agent.command.Process.Pid, []byte(filepath.Base(l.dir)))) == 0 {
		t.Error("what surely is in its memory was not found")
	}
}

func secretly(word string, n int) string { return fmt.Sprintf("%s-%d%s", word, 4710+n, "-tractor") }
