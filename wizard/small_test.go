package wizard

import (
	"strings"
	"testing"
)

// A tenant can call itself what it likes: it moves nothing off the screen.
func TestForeignNamesPushNothingOffTheScreen(t *testing.T) {
	w := &world{tenantName: "Acme" + strings.Repeat("\n\n", 40) + strings.Repeat("very long ", 500)}
	d := drive(t, w.options()).through(answerDomain)
	if screen := d.size(80, 24); !strings.Contains(screen, "E-mail") || !strings.Contains(screen, "Sign in to Acme") {
		t.Errorf("the fields are not to be seen:\n%s", screen)
	}
	d.through(answerSignIn, answerAccount)
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		screen := d.size(size[0], size[1])
		for _, words := range []string{"Ready to set up", "svc@example.test", "terms of use"} {
			if !strings.Contains(screen, words) {
				t.Errorf("%d × %d: %q is not to be seen:\n%s", size[0], size[1], words, screen)
			}
		}
	}
}

// Nobody accepts what cannot be seen.
func TestEnterCountsOnlyWhereEverythingIsSeen(t *testing.T) {
	w := &world{}
	d := drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount)
	for _, size := range [][2]int{{59, 24}, {80, 19}, {20, 5}} {
		if screen := d.size(size[0], size[1]); !strings.Contains(strings.Join(strings.Fields(screen), " "), "too small") {
			t.Errorf("%d × %d: it is not said:\n%s", size[0], size[1], screen)
		}
		if d.press("enter"); w.gotEnrol.Token != "" {
			t.Fatalf("%d × %d: Enter was taken for a yes", size[0], size[1])
		}
	}
	d.sees("Ready to set up").press("enter").sees("The agent is enrolled")
}
