package onboarding_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/serve"
)

// TestKilledTenantRepeatsAtMostTheOneUnderWay runs the tenant in processes of its own and kills each while the mail server
// holds a message that it took and did not confirm yet.
func TestKilledTenantRepeatsAtMostTheOneUnderWay(t *testing.T) {
	if state := os.Getenv("PASSLY_TEST_STATE"); state != "" {
		workUntilKilled(t, state)
		return
	}
	const people, kills = 45, 4
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	for i := range people {
		a.AddPerson(t, fmt.Sprintf("p%02d", i))
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, m.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	for run := range kills + 1 {
		ctx, kill := context.WithCancel(t.Context())
		child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledTenantRepeatsAtMostTheOneUnderWay$") // killed when ctx ends
		child.Env = append(os.Environ(), "PASSLY_TEST_STATE="+s.State, "PASSLY_TEST_SMTP="+m.URL(), "PASSLY_TEST_CA="+ca, "PASSLY_TEST_HOUR="+strconv.Itoa(run))
		var count atomic.Int32
		gone := make(chan struct{})
		m.OnData(func(string) error {
			if count.Add(1) == 7 && run < kills {
				kill()
				<-gone // nobody is left to be told
			}
			return nil
		})
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if run == kills {
			waitForAll(t, m, people)
			kill()
		}
		_ = child.Wait() // killed
		close(gone)
	}
	counts, ids := taken(t, m)
	total := 0
	for to, n := range counts {
		total += n
		if len(ids[to]) != 1 {
			t.Errorf("%s: the Message-IDs are %v", to, ids[to])
		}
	}
	if len(counts) != people || total > people+kills {
		t.Errorf("%d people got %d e-mails, want %d and at most one more for each of %d kills", len(counts), total, people, kills)
	}
}

func waitForAll(t *testing.T, m *mailtest.Server, people int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if counts, _ := taken(t, m); len(counts) == people {
			return
		}
	}
	t.Error("the others never came")
}

// workUntilKilled serves with a clock that is some hours on, so that the claims of the process before have run out.
func workUntilKilled(t *testing.T, state string) {
	t.Helper()
	hours, err := strconv.Atoi(os.Getenv("PASSLY_TEST_HOUR"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(os.Getenv("PASSLY_TEST_CA"))
	if err != nil {
		t.Fatal(err)
	}
	smtp := server(t, os.Getenv("PASSLY_TEST_SMTP"), ca)
	now := func() time.Time { return time.Now().Add(time.Duration(hours) * time.Hour) }
	opened, err := serve.Open(t.Context(), serve.Options{State: state, Now: now, SMTP: smtp, MailFrom: "passly@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	opened.Work(t.Context())
}
