package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/sqlite"
)

// bare is a console on an empty database.
func bare(t *testing.T) (*Console, store.Store) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/tenant.db", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return New(Options{Store: s, Desk: signin.NewDesk(s, time.Now), Agents: agents.New(s, bus.NewLocal(), time.Now), Now: time.Now}), s
}

// seat adds an administrator who is signed in, and gives the cookie.
func seat(ctx context.Context, tx store.Tx, a tenant.Administrator) (cookie string, err error) {
	if err := tx.AddAdministrator(ctx, a); err != nil {
		return "", err
	}
	return sitDown(ctx, tx, a, tenant.ForConsole)
}

// sitDown makes a session, and gives its token.
func sitDown(ctx context.Context, tx store.Tx, a tenant.Administrator, purpose tenant.SessionPurpose) (string, error) {
	token, hash := signin.NewToken()
	session := tenant.Session{Hash: hash, Administrator: a, Purpose: purpose, Created: time.Now(), Expires: time.Now().Add(time.Hour)}
	return token, tx.AddSession(ctx, session)
}

// byAPI reports whether a request that a page would make gets through when a program makes it.
func byAPI(c *Console, r *http.Request, token string) (reached bool) {
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	c.byToken(api.Operation{}, func(*view) error {
		reached = true
		return nil
	})(httptest.NewRecorder(), r)
	return reached
}

// TestAPIHasEveryRoute holds the operations to the console's routes: each is one, or is said why not.
func TestAPIHasEveryRoute(t *testing.T) {
	c, _ := bare(t)
	routes, found := c.routes(), map[string]bool{}
	for _, o := range api.Operations {
		if routes[o.Route] == nil {
			t.Errorf("the operation %s is no route", o.Route)
		}
		found[o.Route] = true
	}
	for route := range api.PagesOnly {
		if routes[route] == nil {
			t.Errorf("%s is said to be for pages only, and is no route", route)
		}
		found[route] = true
	}
	for route := range routes {
		if !found[route] {
			t.Errorf("%s is neither an operation nor said to be for pages only", route)
		}
	}
}

// TestAttackRoutesBeyondTheRole asks for every route as each role and as nobody. It goes through the console's own list, so
// that a new route is in it; a write that this test does not know is for administrators.
func TestAttackRoutesBeyondTheRole(t *testing.T) {
	c, s := bare(t)
	cookies, tokens := map[tenant.Role]string{"": ""}, map[tenant.Role]string{}
	if err := s.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.Create(t.Context(), tenant.Tenant{ID: "t", Name: "Acme", TokenKey: []byte("k")}, tenant.Organization{ID: 5, Name: "Acme"}); err != nil {
			return err
		}
		for i, role := range roles() {
			a := tenant.Administrator{ID: tenant.ID(70 + i), Email: string(role) + "@acme.test", PasswordHash: "x", Role: role}
			var err error
			if cookies[role], err = seat(t.Context(), tx, a); err != nil {
				return err
			}
			if tokens[role], err = sitDown(t.Context(), tx, a, tenant.ForAPI); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	routes, operations := c.routes(), map[string]api.Operation{}
	for _, o := range api.Operations {
		operations[o.Route] = o
	}
	if len(routes) < 55 {
		t.Fatalf("there are %d routes only", len(routes))
	}
	for pattern := range routes {
		method, path, _ := strings.Cut(pattern, " ")
		write := method == http.MethodPost
		owners := write && strings.HasPrefix(path, "/administrators")
		own := path == "/sign-out" || strings.HasPrefix(path, "/account/")
		for role, may := range map[tenant.Role]bool{
			"": false, tenant.RoleReader: !write || own, tenant.RoleAdministrator: !owners, tenant.RoleOwner: true,
		} {
			reached := false
			r := httptest.NewRequest(method, "/", nil)
			r.URL.Path = strings.NewReplacer("{id}", "77", "{name}", "x", "{$}", "").Replace(path)
			if cookies[role] != "" {
				r.AddCookie(&http.Cookie{Name: "passly", Value: cookies[role]})
			}
			w := httptest.NewRecorder()
			c.signedIn(func(*view) error {
				reached = true
				return nil
			})(w, r)
			if reached != may {
				t.Errorf("%s as %q: let through is %v, want %v (%d)", pattern, role, reached, may, w.Code)
			}
			if !may && w.Code != http.StatusForbidden && w.Code != http.StatusSeeOther && w.Code != http.StatusUnauthorized {
				t.Errorf("%s as %q: got %d", pattern, role, w.Code)
			}
			if _, is := operations[pattern]; is {
				if got := byAPI(c, r, tokens[role]); got != may {
					t.Errorf("%s by the API as %q: let through is %v, want %v", pattern, role, got, may)
				}
			}
		}
	}
	// Looking at one administrator, with its sessions, is for owners too.
	for role, want := range map[tenant.Role]int{tenant.RoleReader: 403, tenant.RoleAdministrator: 403, tenant.RoleOwner: 200} {
		r := httptest.NewRequest(http.MethodGet, "/administrators/"+tenant.ID(71).String(), nil)
		r.AddCookie(&http.Cookie{Name: "passly", Value: cookies[role]})
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("an administrator's page as %s: got %d, want %d", role, w.Code, want)
		}
	}
	if err := signin.MayAdminister(tenant.Administrator{}); problem.Of(err) == nil {
		t.Error("no role may administer")
	}
}
