package sqlite_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/sqlite"
)

// TestAcknowledgedWritesSurviveKill lets a child process write and tell of each write, kills it, and looks for all that it
// told of.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	if path := os.Getenv("PASSLY_TEST_KILL"); path != "" {
		writeForEver(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "tenant.db")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAcknowledgedWritesSurviveKill$")
	child.Env = append(os.Environ(), "PASSLY_TEST_KILL="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var told []string
	for lines := bufio.NewScanner(out); len(told) < 300 && lines.Scan(); {
		told = append(told, lines.Text())
		if len(told) == 200 {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // killed
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, text := range told {
		id, err := tenant.ParseID(text)
		if err != nil {
			continue // cut off by the kill
		}
		if _, err := s.User(t.Context(), tenant.Scope{}, id); err != nil {
			t.Errorf("the acknowledged user %s: %v", text, err)
		}
	}
	if len(told) < 200 {
		t.Errorf("the child told of %d writes, want 200", len(told))
	}
}

func writeForEver(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		users := []tenant.User{{UserName: fmt.Sprint("u", i), State: tenant.Created}}
		if err := s.Write(t.Context(), func(tx store.Tx) error { _, err := tx.AddUsers(t.Context(), users); return err }); err != nil {
			t.Fatal(err)
		}
		fmt.Println(users[0].ID)
	}
}
