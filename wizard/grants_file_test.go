package wizard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/needs"
)

// lackingWorld lacks a right that sync needs, so that its screen comes.
func lackingWorld() *world {
	return &world{rights: []directory.Right{{
		Name: directory.ListDeletedObjects, Title: "List deleted objects", Means: "Deletions are found late.",
		Grant: []directory.Grant{{Tool: "dsacls", Commands: []string{"dsacls /G"}}},
	}}}
}

// Setup runs as root, in a folder that may be somebody else's.
func TestSavingTheGrantsNeverTouchesWhatIsThere(t *testing.T) {
	needs.SymbolicLinks.On(t)
	t.Chdir(t.TempDir())
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, "passly-sync-rights.txt"); err != nil {
		t.Fatal(err)
	}
	d := drive(t, lackingWorld().options()).through(answerDomain, answerSignIn, answerAccount)
	d.press("w").sees("What the account may do")
	if got, _ := os.ReadFile(precious); string(got) != "as it was" {
		t.Errorf("the link was followed: its target is now %q", got)
	}
	for _, want := range []string{"passly-sync-rights-2.txt", "passly-sync-rights-3.txt"} {
		whole := filepath.Join(folder, want)
		got, err := os.ReadFile(whole)
		if err != nil || !strings.Contains(string(got), "dsacls /G") {
			t.Fatalf("%s: got %q, %v", want, got, err)
		}
		if said := d.m.screens[d.m.at].(*rights).said; said != "Written to "+whole {
			t.Errorf("it is said %q, want the whole path %s", said, whole)
		}
		d.press("w")
	}
}
