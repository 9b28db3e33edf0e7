package wizard

import (
	"strings"
	"testing"
)

// A password is taken whole or not at all.
func TestPasswordIsNeverCut(t *testing.T) {
	w := &world{}
	long := strings.Repeat("x", 2000)
	d := drive(t, w.options()).through(answerDomain).press("ada@acme.test", "enter", long)
	d.press(strings.Repeat("y", 1000)).sees("Password is too long", "was not taken")
	if d.press("enter").sees("Step 3 of 3"); w.gotSignIn.Password != long {
		t.Errorf("got a password of %d characters, want 2000", len(w.gotSignIn.Password))
	}
}

// The key that shows a password is told while one types it, also on a narrow terminal.
func TestKeyThatShowsAPasswordIsToldAtThePassword(t *testing.T) {
	d := drive(t, (&world{device: undecided}).options()).through(answerDomain).press("ada@acme.test", "enter")
	for _, width := range []int{60, 80} {
		if screen := d.size(width, 24); !strings.Contains(screen, "ctrl+r show") {
			t.Errorf("%d columns, sign-in: it is not told:\n%s", width, screen)
		}
	}
	d.press("pass-word", "enter", "dc1.example.test", "enter", "svc@example.test", "enter")
	if screen := d.size(60, 24); !strings.Contains(screen, "ctrl+r show") {
		t.Errorf("service account: it is not told:\n%s", screen)
	}
}
