package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/tenanttest"
)

// TestServeSendsEachEMailOnce serves twice from one database.
func TestServeSendsEachEMailOnce(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{Auth: true})
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, password := write("ca.pem", m.CA), write("password", []byte(mailtest.Password+"\n"))
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	for run, name := range []string{"ann", "bob"} {
		a.AddPerson(t, name)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan string)
		go func() {
			code, out, errs := try(t, ctx, "serve", "--state", s.State, "--listen", "127.0.0.1:0", "--public-url", "https://acme.test/", "--smtp-from", "passly@acme.test",
				"--smtp", fmt.Sprintf("smtp://%s@%s:%d", mailtest.User, m.Host, m.Port), "--smtp-password-file", password, "--smtp-ca", ca)
			ended <- fmt.Sprint(code, out, errs)
		}()
		for end := time.Now().Add(20 * time.Second); len(m.Taken()) <= run && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		}
		stop()
		said := <-ended
		if !strings.HasPrefix(said, "0") || strings.Contains(said, mailtest.Password) || strings.Contains(said, "/enrol/") {
			t.Errorf("serve: %s", said)
		}
		taken := m.Taken()
		if len(taken) != run+1 || taken[run].To != name+"@acme.test" || !strings.Contains(taken[run].Raw, "https://acme.test/enrol/") {
			t.Fatalf("after run %d: %+v\n%s", run, taken, said)
		}
	}
}
