package wizard

import (
	"context"
	"fmt"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

// Names of the steps by which Unattended checks the answers.
const (
	StepTenant  = "Find the tenant"
	StepSignIn  = "Sign in to the tenant"
	StepAccount = "Check the service account"
)

// Unattended sets up from given answers without a terminal, with the same checks and steps in the same order. report is
// told each step as it begins and ends.
func Unattended(ctx context.Context, o Options, a Answers, report func(handoff.Step)) (Result, error) {
	if err := complete(a); err != nil {
		return Result{}, err
	}
	s := &setup{Options: o.withDefaults(), token: a.EnrolmentToken}
	defer s.signOut(ctx)
	for _, do := range []func(context.Context, Answers, func(handoff.Step)) error{
		s.answerDomain, s.answerSignIn, s.answerAccount,
	} {
		if err := do(ctx, a, report); err != nil {
			return Result{}, err
		}
	}
	if err := s.perform(ctx, report); err != nil {
		return Result{}, err
	}
	return s.result, nil
}

// complete tells everything that is missing at once.
func complete(a Answers) error {
	var missing []string
	need := func(ok bool, flag string) {
		if !ok {
			missing = append(missing, flag)
		}
	}
	need(a.Domain != "", "--domain")
	if a.EnrolmentToken == "" {
		need(a.Email != "" && a.Password != "", "--enrolment-token-file (or --email and --password-file)")
	}
	need(a.DirectoryURL != "", "--directory")
	need(a.DirectoryAccount != "", "--directory-user")
	need(a.DirectoryPassword != "", "--directory-password-file")
	need(a.AcceptTerms, "--accept-terms")
	if len(missing) == 0 {
		return nil
	}
	return &problem.Problem{
		Code: MissingAnswer, Title: "Unattended setup needs every answer, and some are missing",
		Text: "Missing: " + strings.Join(missing, ", ") + ".",
		Hint: "Add them, or run “passly-sync setup” in a terminal without --unattended.", Op: "setting up unattended",
	}
}

func (s *setup) answerDomain(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	return during(tell, StepTenant, func() (string, error) {
		p, err := s.find(ctx, a.Domain, a.TenantCAFile)
		if err != nil {
			return "", fmt.Errorf("finding the tenant: %w", err)
		}
		s.found(p)
		return p.discovery.TenantName, nil
	})
}

func (s *setup) answerSignIn(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	if a.EnrolmentToken != "" {
		return nil
	}
	return during(tell, StepSignIn, func() (string, error) {
		session, err := s.tenant.SignIn(ctx, s.base, control.SignIn{Email: a.Email, Password: a.Password, Code: a.Code})
		s.session = session
		return session.Name, err
	})
}

func (s *setup) answerAccount(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	return during(tell, StepAccount, func() (words string, err error) {
		s.directory, words, err = s.look(ctx, a)
		return words, err
	})
}
