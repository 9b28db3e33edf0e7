package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
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
	token, hash := signin.NewToken()
	session := tenant.Session{Hash: hash, Administrator: a, Purpose: tenant.ForConsole, Created: time.Now(), Expires: time.Now().Add(time.Hour)}
	return token, errors.Join(tx.AddAdministrator(ctx, a), tx.AddSession(ctx, session))
}

// TestAttackRoutesBeyondTheRole asks for every route as each role and as nobody. It goes through the console's own list, so
// that a new route is in it; a write that this test does not know is for administrators.
func TestAttackRoutesBeyondTheRole(t *testing.T) {
	c, s := bare(t)
	cookies := map[tenant.Role]string{"": ""}
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
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	routes := c.routes()
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
