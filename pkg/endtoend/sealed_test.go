//go:build linux

package endtoend

import (
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// TestControllerWithoutACertificate is set up with its bare name, as an administrator writes it, and does all that another one does:
// the programs find out by themselves that there is no TLS, seal the connection, sync, and set and prove passwords.
func TestControllerWithoutACertificate(t *testing.T) {
	f := newWritingAt(t, samba.ForTest(t, samba.Options{NoTLS: true}), func(dc *samba.DC) []string {
		return []string{"--directory", strings.TrimPrefix(dc.PlainURL(), "ldap://")}
	})
	f.do(f.reset("Violet-2-tractor"))
	f.do(f.verify("Violet-2-tractor"))
	if err := f.verify(annsFirst); !problem.Is(err, directory.PasswordWrong) {
		t.Errorf("the former password: got %v", err)
	}
	ann, err := f.dc.Find("Sales", "ann")
	f.do(err)
	f.do(f.dc.Modify(t.Context(), ann, directory.Surname, "Bergson"))
	f.until("a change has arrived", 20*time.Second, func() bool {
		user, err := f.at.Store().User(t.Context(), tenant.Scope{}, f.ann.ID)
		return err == nil && user.FamilyName == "Bergson"
	})
	if status, err := f.status(); err != nil || !strings.HasPrefix(status.DirectoryURL, "ldap://") {
		t.Errorf("got %q, %v", status.DirectoryURL, err)
	}
	out, err := f.run("passly-sync", "doctor", "--state", f.state(), "--allow-member")
	for _, words := range []string{":389 and 88", "none; Kerberos seals the connection instead", "as the directory's"} {
		if !strings.Contains(out, words) {
			t.Errorf("doctor (%v) does not say %q:\n%s", err, words, out)
		}
	}
}
