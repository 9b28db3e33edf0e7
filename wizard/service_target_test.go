package wizard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// serviceOptions are those of a wizard for a SCIM service of others, which takes the token token-of-scim only.
func (w *world) serviceOptions() Options {
	o := w.options()
	o.Prefilled.Service = &handoff.Service{Incomplete: control.IncompleteHalt, Guard: control.DefaultGuard}
	o.ExamineService = func(_ context.Context, s handoff.Service) error {
		if s.Token != "token-of-scim" {
			return &problem.Problem{Code: problem.CredentialsBad, Title: "scim.example.test refuses the token", Text: "It was expired."}
		}
		return nil
	}
	o.Units = func(context.Context, handoff.Directory) ([]directory.Entry, error) {
		return []directory.Entry{{DN: "DC=example,DC=test"}, {DN: "OU=Sales,DC=example,DC=test"}, {DN: "OU=Care,DC=example,DC=test"}}, nil
	}
	return o
}

var (
	answerService  = []string{"scim.example.test/v2", "tab", "token-of-scim", "enter"}
	answerAccount2 = []string{"ldaps://dc1.example.test", "tab", "svc@example.test", "tab", "dir-secret", "enter"}
	answerUnits    = []string{"ou=sales,DC=example,DC=test; OU=Care,DC=example,DC=test", "enter"}
)

func TestServiceGoldenScreens(t *testing.T) {
	for name, show := range map[string]func(*driver){
		"service":         func(*driver) {},
		"service-refused": func(d *driver) { d.press("scim.example.test/v2", "tab", "wrong", "enter") },
		"service-units":   func(d *driver) { d.through(answerService, answerAccount2) },
		"service-no-unit": func(d *driver) { d.through(answerService, answerAccount2).press("OU=None,DC=example,DC=test", "enter") },
		"service-summary": func(d *driver) { d.through(answerService, answerAccount2, answerUnits) },
		"service-done":    func(d *driver) { d.through(answerService, answerAccount2, answerUnits).press("enter") },
	} {
		for _, size := range [][2]int{{60, 24}, {120, 36}} {
			t.Run(fmt.Sprintf("%s-%d", name, size[0]), func(t *testing.T) {
				d := drive(t, (&world{}).serviceOptions())
				show(d)
				view := d.size(size[0], size[1])
				fits(t, view, size[0], size[1])
				golden(t, fmt.Sprintf("%s-%d.txt", name, size[0]), view)
				if strings.Contains(view, "token-of-scim") || strings.Contains(view, "dir-secret") {
					t.Error("a secret is on the screen")
				}
			})
		}
	}
}

func TestAServiceIsHandedOver(t *testing.T) {
	w := &world{}
	drive(t, w.serviceOptions()).through(answerService, answerAccount2, answerUnits).press("enter")
	got := w.gotEnrol
	if got.Service == nil || got.Service.URL != "https://scim.example.test/v2" || got.Service.Token != "token-of-scim" || len(got.Service.Units) != 2 ||
		got.Service.Guard != control.DefaultGuard || got.Token != "" || got.Tenant != "" || got.Directory.Password != "dir-secret" {
		t.Errorf("handed over: %#v, service %+v", got.Directory, got.Service)
	}
	if printed := fmt.Sprintf("%v %#v", *got.Service, *got.Service); strings.Contains(printed, "token-of-scim") {
		t.Errorf("a service prints its token: %s", printed)
	}
}

// An agent of a tenant is not moved into a service by a slip, nor one of a service to another.
func TestUnattendedMovesToAServiceOnPurposeOnly(t *testing.T) {
	tenants := handoff.Status{Enrolled: true, Tenant: "https://acme.my.passly.com", TenantName: "Acme"}
	service := handoff.Status{Enrolled: true, Target: handoff.TargetSCIM, Tenant: "https://other.example.test/v2", TenantName: "other.example.test"}
	same := handoff.Status{Enrolled: true, Target: handoff.TargetSCIM, Tenant: "https://scim.example.test/v2", TenantName: "scim.example.test"}
	for name, c := range map[string]struct {
		status handoff.Status
		again  bool
		moves  bool
	}{
		"from a tenant": {status: tenants}, "from a tenant, said so": {status: tenants, again: true, moves: true},
		"from another service": {status: service}, "the same service": {status: same, moves: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{enrolled: c.status}
			o := w.serviceOptions()
			a := Answers{
				Service: &handoff.Service{URL: "https://scim.example.test/v2", Token: "token-of-scim"}, DirectoryURL: "dc1", DirectoryAccount: "svc",
				DirectoryPassword: "dir-secret", AcceptTerms: true, Again: c.again,
			}
			var steps []string
			_, err := Unattended(t.Context(), o, a, func(s handoff.Step) { steps = append(steps, s.Name) })
			if moved := w.gotEnrol.Service != nil; moved != c.moves || (err == nil) != c.moves {
				t.Errorf("moved %v, want %v: %v", moved, c.moves, err)
			}
			if !c.moves && (!problem.Is(err, problem.Conflict) || !strings.Contains(problem.Of(err).Hint, "--scim-url")) {
				t.Errorf("got %+v", problem.Of(err))
			}
			if c.moves && (!slices.Contains(steps, StepTarget) || slices.Contains(steps, StepSignIn)) {
				t.Errorf("steps: %q", steps)
			}
		})
	}
}

func TestPlainServiceSaysWhatIsLeftOut(t *testing.T) {
	w, out := &world{}, &strings.Builder{}
	o := w.serviceOptions()
	o.Out = out
	o.In = strings.NewReader("scim.example.test/v2\n\nwrong\n\n\ntoken-of-scim\nldaps://dc1\nsvc@example.test\n\ndir-secret\nOU=None\nOU=Sales,DC=example,DC=test\n\nyes\n")
	if _, err := Plain(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range append([]string{"refuses the token", "There is no organizational unit OU=None", "Left out: "}, handoff.WithoutTenant...) {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it never says %q:\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "token-of-scim") || w.gotEnrol.Service == nil || len(w.gotEnrol.Service.Units) != 1 {
		t.Errorf("handed over %+v\n%s", w.gotEnrol.Service, out)
	}
}

// TestAnOAuthClientIsHandedOver asks for it on the screen and line by line; half of one is refused.
func TestAnOAuthClientIsHandedOver(t *testing.T) {
	want := scim.OAuth{TokenURL: "https://login.example.test/token", ClientID: "the client", Scope: "scim"}
	check := func(t *testing.T, w *world, shown string) {
		t.Helper()
		got := w.gotEnrol.Service
		if got == nil || got.OAuth == nil || *got.OAuth != want || got.Token != "token-of-scim" {
			t.Errorf("handed over %+v", got)
		}
		if !strings.Contains(shown, "the client from login.example.test") || strings.Contains(shown, "token-of-scim") {
			t.Errorf("shown:\n%s", shown)
		}
	}
	t.Run("screen", func(t *testing.T) {
		w := &world{}
		d := drive(t, w.serviceOptions())
		client := []string{"scim.example.test/v2", "tab", "token-of-scim", "tab", "login.example.test/token", "enter"}
		d.press(client...)
		if view := d.size(80, 30); !strings.Contains(view, "The client ID is empty") {
			t.Errorf("half a client is taken:\n%s", view)
		}
		w = &world{}
		d = drive(t, w.serviceOptions())
		d.press(append(client[:5:5], "tab", "the client", "tab", "scim", "enter")...)
		d.through(answerAccount2, answerUnits)
		shown := d.size(120, 36)
		d.press("enter")
		check(t, w, shown)
	})
	t.Run("plain", func(t *testing.T) {
		w, out := &world{}, &strings.Builder{}
		o := w.serviceOptions()
		o.Out = out
		o.In = strings.NewReader("scim.example.test/v2\nlogin.example.test/token\nthe client\nscim\ntoken-of-scim\nldaps://dc1\nsvc@example.test\n\ndir-secret\nOU=Sales,DC=example,DC=test\n\nyes\n")
		if _, err := Plain(t.Context(), o); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		check(t, w, out.String())
	})
	t.Run("unattended", func(t *testing.T) {
		w := &world{}
		a := Answers{
			Service: &handoff.Service{URL: "https://scim.example.test/v2", Token: "token-of-scim", OAuth: &scim.OAuth{TokenURL: want.TokenURL, ClientID: want.ClientID, Scope: "scim"}}, DirectoryURL: "dc1", DirectoryAccount: "svc",
			DirectoryPassword: "dir-secret", AcceptTerms: true,
		}
		if _, err := Unattended(t.Context(), w.serviceOptions(), a, func(handoff.Step) {}); err != nil {
			t.Fatal(err)
		}
		check(t, w, "the client from login.example.test")
		a.Service = &handoff.Service{URL: a.Service.URL, OAuth: &scim.OAuth{Scope: "scim"}}
		_, err := Unattended(t.Context(), w.serviceOptions(), a, func(handoff.Step) {})
		for _, flag := range []string{"--scim-oauth-token-url", "--scim-oauth-client-id", "--scim-oauth-secret-file"} {
			if p := problem.Of(err); p == nil || !strings.Contains(p.Text, flag) {
				t.Errorf("%s is not missed: %v", flag, err)
			}
		}
	})
}
