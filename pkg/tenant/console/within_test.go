package console

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// TestAttackAdministratorOfAnotherOrganization asks for every route as an administrator of one organization, once for the
// own things and once for another's. It goes through the console's own list: a new route is in it, and is for the whole tenant
// until within says otherwise.
func TestAttackAdministratorOfAnotherOrganization(t *testing.T) {
	c, s := bare(t)
	own, others, cookie := twoOrganizations(t, s)
	var token string
	if err := s.Write(t.Context(), func(tx store.Tx) (err error) {
		ida, err := tx.Administrator(t.Context(), "ida@acme.test")
		if err == nil {
			token, err = sitDown(t.Context(), tx, ida, tenant.ForAPI)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for pattern := range c.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		section := strings.Split(strings.Trim(path, "/"), "/")[0]
		_, ofThings := own[section]
		ofTenant := section == "audit" || section == "audit.csv" || section == "administrators" || section == "settings" ||
			method == http.MethodPost && section == "provisioning" || section == "organizations" && (method == http.MethodPost || path == "/organizations/new") || path == "/"
		for _, things := range []map[string]tenant.ID{own, others} {
			may := !ofTenant
			if ofThings && strings.Contains(path, "{id}") && things[section] == others[section] {
				may = false
			}
			reached := false
			r := httptest.NewRequest(method, "/", nil)
			r.URL.Path = strings.NewReplacer("{id}", things[section].String(), "{name}", "x", "{$}", "").Replace(path)
			if strings.Contains(path, "{id}") {
				r.SetPathValue("id", things[section].String())
			}
			if path == "/" {
				r.URL.Path = "/elsewhere"
			}
			r.AddCookie(&http.Cookie{Name: "passly", Value: cookie})
			w := httptest.NewRecorder()
			c.signedIn(func(*view) error {
				reached = true
				return nil
			})(w, r)
			if reached != may {
				t.Errorf("%s (%s): let through is %v, want %v (%d)", pattern, r.URL.Path, reached, may, w.Code)
			}
			if got := byAPI(c, r, token); got != may {
				t.Errorf("%s (%s) by the API: let through is %v, want %v", pattern, r.URL.Path, got, may)
			}
			if !may && w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
				t.Errorf("%s (%s): got %d, want 403 or 404", pattern, r.URL.Path, w.Code)
			}
		}
	}
}

// twoOrganizations makes two with an agent, a user and a group each, and an administrator of the first; it gives the ids by the
// console's sections, and the administrator's cookie.
func twoOrganizations(t *testing.T, s store.Store) (own, others map[string]tenant.ID, cookie string) {
	t.Helper()
	ctx := t.Context()
	err := s.Write(ctx, func(tx store.Tx) error {
		first, second := tenant.Organization{ID: 5, Name: "Acme"}, tenant.Organization{Name: "Other", URLName: "other"}
		if err := tx.Create(ctx, tenant.Tenant{ID: "t", Name: "Acme", TokenKey: []byte("k")}, first); err != nil {
			return err
		}
		if err := tx.AddOrganization(ctx, &second); err != nil {
			return err
		}
		for _, one := range []struct {
			in     tenant.Organization
			things *map[string]tenant.ID
		}{{first, &own}, {second, &others}} {
			agent := tenant.NewAgent(tx.NewID(), one.in.ID, control.Enrol{PublicKey: make([]byte, 32), Host: control.HostFacts{Name: one.in.Name}}, time.Now())
			users := []tenant.User{{Organization: one.in.ID, Agent: agent.ID, UserName: one.in.Name, State: tenant.Created}}
			group := tenant.Group{Organization: one.in.ID, DisplayName: one.in.Name}
			outcome, err := tx.AddUsers(ctx, users)
			if err := errors.Join(err, outcome[0], tx.AddAgent(ctx, agent), tx.AddGroup(ctx, &group)); err != nil {
				return err
			}
			*one.things = map[string]tenant.ID{"users": users[0].ID, "groups": group.ID, "directory-sync": agent.ID, "organizations": one.in.ID}
		}
		a := tenant.Administrator{ID: 70, Email: "ida@acme.test", PasswordHash: "x", Role: tenant.RoleAdministrator, Organization: first.ID}
		var err error
		cookie, err = seat(ctx, tx, a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return own, others, cookie
}
