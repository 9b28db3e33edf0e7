package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// mint makes a token as an administrator does in the console.
func mint(t *testing.T, v visitor) string {
	t.Helper()
	answer := v.post(t, "/directory-sync/enrolment-token", nil)
	found := regexp.MustCompile(`id="token"[^>]*>([\w-]{40,})<`).FindStringSubmatch(answer.Body)
	if answer.Status != 200 || found == nil || answer.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("making a token: %d %v %.600s", answer.Status, answer.Header, answer.Body)
	}
	return found[1]
}

func enrolWith(t *testing.T, s *tenanttest.Server, token string, key byte) int {
	t.Helper()
	public := make([]byte, 32)
	public[0] = key
	return s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(token, "dc1", public)).Status
}

func TestTokenFromTheConsoleEnrolsOnce(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	if page := v.get(t, "/directory-sync").Body; !strings.Contains(page, `href="/directory-sync/enrolment-token"`) {
		t.Error("the list does not lead to the page")
	}
	token := mint(t, v)
	for _, page := range []string{"/directory-sync/enrolment-token", "/directory-sync"} {
		if again := v.get(t, page); strings.Contains(again.Body, token) {
			t.Errorf("%s shows the token again", page)
		}
	}
	s.Clock.Advance(59 * time.Minute)
	if status := enrolWith(t, s, token, 1); status != 200 {
		t.Errorf("after 59 minutes: got %d, want it to enrol", status)
	}
	if status := enrolWith(t, s, token, 2); status != http.StatusForbidden {
		t.Errorf("a second agent: got %d, want 403", status)
	}
	late := mint(t, v)
	s.Clock.Advance(time.Hour)
	if status := enrolWith(t, s, late, 3); status != http.StatusForbidden {
		t.Errorf("after an hour: got %d, want 403", status)
	}
}

func TestAttackMintingATokenFromElsewhere(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	if answer := v.post(t, "/directory-sync/enrolment-token", nil, "Sec-Fetch-Site", "cross-site"); answer.Status != http.StatusForbidden {
		t.Errorf("from another site: got %d, want 403", answer.Status)
	}
	if answer := post(t, s, "/directory-sync/enrolment-token", nil); answer.Status != http.StatusSeeOther {
		t.Errorf("without a session: got %d, want to be sent to sign in", answer.Status)
	}
}

// TestBrowserMintsAToken goes from the list to the token.
func TestBrowserMintsAToken(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/directory-sync", "No agent yet")
	look(t, ctx, "agents-none")
	browsertest.Step(t, ctx, "opening the page", browsertest.Click("#unattended"), browsertest.WaitText("60 minutes"))
	look(t, ctx, "unattended")
	browsertest.Step(t, ctx, "making a token", browsertest.Click("#mint"), browsertest.WaitText("It is shown this once."), browsertest.WaitText("--enrolment-token-file token"))
	look(t, ctx, "unattended-token")
	if command := evaluate(t, ctx, `document.querySelector("#command").innerText`); !strings.Contains(command, "--domain "+strings.TrimPrefix(s.URL, "http://")+" ") {
		t.Errorf("the command is %q", command)
	}
	if status := enrolWith(t, s, evaluate(t, ctx, `document.querySelector("#token").innerText`), 1); status != 200 {
		t.Errorf("what the page shows: got %d, want it to enrol", status)
	}
}
