package controlserver_test

import (
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/tenanttest"
)

func signInWith(t *testing.T, s *tenanttest.Server, password, code string) tenanttest.Answer {
	t.Helper()
	return s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: tenanttest.Email, Password: password, Code: code})
}

func TestSignInAsksForACode(t *testing.T) {
	s := tenanttest.Start(t)
	secret := s.TurnOnCodes(t)
	wantProblem(t, "no code", signInWith(t, s, tenanttest.Password, ""), 401, control.NeedsCode)
	code := s.Code(t, secret, 0)
	var session control.Session
	signInWith(t, s, tenanttest.Password, code[:3]+" "+code[3:]).Into(t, &session)
	if answer := s.Do(t, "POST", control.EnrolmentTokensPath, session.Session, nil); answer.Status != 200 {
		t.Errorf("an enrolment token for it: got %d %s", answer.Status, answer.Body)
	}
	wantProblem(t, "the same code again", signInWith(t, s, tenanttest.Password, code), 401, control.CodeExpired)
}

func TestCodesThatDoNotCount(t *testing.T) {
	s := tenanttest.Start(t)
	secret := s.TurnOnCodes(t)
	s.Clock.Advance(20 * time.Minute) // so that no old code was used
	for _, row := range []struct {
		name, code string
		want       problem.Code
	}{
		{"wrong", wrongCode(t, s, secret), control.CodeWrong},
		{"letters", "abcdef", control.CodeWrong},
		{"of two minutes ago", s.Code(t, secret, 2*time.Minute), control.CodeExpired},
		{"of ten minutes ago", s.Code(t, secret, 10*time.Minute), control.CodeWrong},
	} {
		wantProblem(t, row.name, signInWith(t, s, tenanttest.Password, row.code), 401, row.want)
	}
	if answer := signInWith(t, s, tenanttest.Password, s.Code(t, secret, 30*time.Second)); answer.Status != 200 {
		t.Errorf("the code before: got %d %s, want it to count", answer.Status, answer.Body)
	}
}

// wrongCode is none that counts or counted lately.
func wrongCode(t *testing.T, s *tenanttest.Server, secret string) string {
	t.Helper()
	for _, code := range []string{"000000", "111111", "222222"} {
		right := false
		for ago := -time.Minute; ago < 10*time.Minute; ago += 30 * time.Second {
			right = right || s.Code(t, secret, ago) == code
		}
		if !right {
			return code
		}
	}
	t.Fatal("three codes are right at once")
	return ""
}

func TestAttackCodesTellNothingBeforeThePassword(t *testing.T) {
	s := tenanttest.Start(t)
	plain := signInWith(t, s, "wrong", "")
	secret := s.TurnOnCodes(t)
	for name, code := range map[string]string{"without a code": "", "with the right one": s.Code(t, secret, 0)} {
		if got := signInWith(t, s, "wrong", code); got.Body != plain.Body || got.Status != plain.Status {
			t.Errorf("a wrong password %s: got %s, want %s", name, got.Body, plain.Body)
		}
	}
	if answer := signInWith(t, s, tenanttest.Password, s.Code(t, secret, 0)); answer.Status != 200 {
		t.Errorf("the code was used up by a wrong password: %d %s", answer.Status, answer.Body)
	}
}

func TestAttackGuessingCodes(t *testing.T) {
	s := tenanttest.Start(t)
	secret := s.TurnOnCodes(t)
	s.Clock.Advance(time.Hour)
	var refused bool
	for range 20 {
		s.Clock.Advance(31 * time.Second) // as fast as passwords may be tried
		answer := signInWith(t, s, tenanttest.Password, wrongCode(t, s, secret))
		refused = refused || answer.Status == 429
	}
	if !refused {
		t.Error("twenty guesses in ten minutes were all looked at")
	}
	// The question for the code must not pay for guesses.
	s.Clock.Advance(time.Hour)
	var last tenanttest.Answer
	for range 6 {
		last = signInWith(t, s, tenanttest.Password, "")
	}
	wantProblem(t, "asking without end", last, 429, problem.TooMany)
}

func TestTurningCodesOnAndOff(t *testing.T) {
	s := tenanttest.Start(t)
	ctx, secret := t.Context(), signin.NewSecret()
	attempt := func(password, code string) signin.Attempt {
		return signin.Attempt{Email: tenanttest.Email, Password: password, Code: code}
	}
	for _, row := range []struct {
		name    string
		attempt signin.Attempt
		secret  string
		want    problem.Code
	}{
		{"a wrong password", attempt("wrong", s.Code(t, secret, 0)), secret, problem.CredentialsBad},
		{"a wrong code", attempt(tenanttest.Password, wrongCode(t, s, secret)), secret, control.CodeWrong},
		{"another secret", attempt(tenanttest.Password, s.Code(t, secret, 0)), "AAAA", problem.Invalid},
		{"no secret", attempt(tenanttest.Password, s.Code(t, secret, 0)), strings.Repeat("!", 32), problem.Invalid},
	} {
		if _, err := s.Desk().TurnOn(ctx, row.attempt, row.secret); !problem.Is(err, row.want) {
			t.Errorf("turning on with %s: got %v, want %s", row.name, err, row.want)
		}
	}
	secret = s.TurnOnCodes(t)
	if _, err := s.Desk().TurnOn(ctx, attempt(tenanttest.Password, s.Code(t, secret, 0)), secret); !problem.Is(err, problem.Conflict) {
		t.Errorf("turning on twice: got %v, want a conflict", err)
	}
	if err := s.Desk().TurnOff(ctx, attempt(tenanttest.Password, "")); !problem.Is(err, control.CodeWrong) {
		t.Errorf("turning off without a code: got %v, want code-wrong", err)
	}
	if err := s.Desk().TurnOff(ctx, attempt(tenanttest.Password, s.Code(t, secret, 0))); err != nil {
		t.Errorf("turning off: %v", err)
	}
	if answer := signInWith(t, s, tenanttest.Password, ""); answer.Status != 200 {
		t.Errorf("signing in after: got %d, want no code to be asked", answer.Status)
	}
}
