package tenanttest

import (
	"strings"
	"testing"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
)

// OtherOwner is the e-mail of the owner whom ChangeAdministrator adds: a tenant keeps one.
const OtherOwner = "otto@acme.test"

// AddAdministrator adds somebody with the password Password.
func (s *Server) AddAdministrator(t testing.TB, email string, role tenant.Role) tenant.Administrator {
	t.Helper()
	var a tenant.Administrator
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error {
		a = tenant.Administrator{ID: tx.NewID(), Email: email, PasswordHash: hash, Role: role, Created: s.Clock.Now()}
		return tx.AddAdministrator(t.Context(), a)
	}); err != nil {
		t.Fatalf("adding an administrator: %v", err)
	}
	return a
}

// AddOrganization adds one, by its URL name.
func (s *Server) AddOrganization(t testing.TB, urlName string) tenant.Organization {
	t.Helper()
	o := tenant.Organization{Name: strings.ToUpper(urlName[:1]) + urlName[1:], URLName: urlName, MinPassword: tenant.DefaultMinPassword}
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.AddOrganization(t.Context(), &o) }); err != nil {
		t.Fatalf("adding an organization: %v", err)
	}
	return o
}

// ChangeAdministrator edits the administrator as the command line does.
func (s *Server) ChangeAdministrator(t testing.TB, edit func(*tenant.Administrator)) {
	t.Helper()
	if _, err := s.Store().Administrator(t.Context(), OtherOwner); err != nil {
		s.AddAdministrator(t, OtherOwner, tenant.RoleOwner)
	}
	if err := serve.ChangeAdministrator(t.Context(), serve.Options{State: s.State}, Email, edit); err != nil {
		t.Fatalf("changing the administrator: %v", err)
	}
}
