package tenanttest

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"passlysync/pkg/tenant/signin"
)

// TurnOnCodes gives the administrator one-time codes and returns their secret.
func (s *Server) TurnOnCodes(t testing.TB) string {
	t.Helper()
	secret := signin.NewSecret()
	a := signin.Attempt{Email: Email, Password: Password, Code: s.Code(t, secret, 0)}
	if _, err := s.Desk().TurnOn(t.Context(), a, secret); err != nil {
		t.Fatalf("turning on one-time codes: %v", err)
	}
	s.Clock.Advance(time.Minute) // that code was used
	return secret
}

// Code is what an authenticator shows, or showed some time ago.
func (s *Server) Code(t testing.TB, secret string, ago time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, s.Clock.Now().Add(-ago))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
