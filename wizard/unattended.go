package wizard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// Names of the steps by which Unattended checks the answers.
const (
	StepMachine = "Look at this machine"
	StepTenant  = "Find the tenant"
	StepSignIn  = "Sign in to the tenant"
	StepAccount = "Check the service account"
	StepTarget  = "Look at the SCIM service"
	StepUnits   = "Check the organizational units"
	StepRunAs   = "Check as whom the service runs"
)

// Unattended sets up from given answers without a terminal, with the same checks and steps in the same order. report is
// told each step as it begins and ends.
func Unattended(ctx context.Context, o Options, a Answers, report func(handoff.Step)) (Result, error) {
	if err := complete(a, o.OwnAccount, len(o.withDefaults().Checks()) > 0); err != nil {
		return Result{}, err
	}
	s := &setup{Options: o.withDefaults(), token: a.EnrolmentToken}
	s.Prefilled = a
	defer s.signOut(ctx)
	if len(s.Checks()) > 0 {
		if err := during(report, StepMachine, func() (string, error) { return s.checkMachine(ctx) }); err != nil {
			return Result{}, err
		}
	}
	a = s.Prefilled
	if err := complete(a, o.OwnAccount, false); err != nil {
		return Result{}, err
	}
	if err := s.elsewhere(ctx, a); err != nil {
		return Result{}, err
	}
	if done, err := s.standing(ctx, a, report); done || err != nil {
		return s.result, err
	}
	answers := []func(context.Context, Answers, func(handoff.Step)) error{s.answerDomain, s.answerSignIn, s.answerAccount, s.answerRunAs}
	if s.toService() {
		answers = []func(context.Context, Answers, func(handoff.Step)) error{s.answerService, s.answerAccount, s.answerUnits, s.answerRunAs}
	}
	for _, do := range answers {
		if err := do(ctx, a, report); err != nil {
			return Result{}, err
		}
	}
	if err := s.perform(ctx, report); err != nil {
		return Result{}, err
	}
	return s.result, nil
}

// elsewhere refuses to move an enrolled agent to another tenant, or to another directory, unless it was asked for on purpose: a
// slip in a script must not take people's agent away.
func (s *setup) elsewhere(ctx context.Context, a Answers) error {
	status, err := s.Agent.Status(ctx)
	if err != nil || !status.Enrolled || a.Again {
		return nil // an agent that does not answer is started, and asked later
	}
	asked := a.Domain
	if a.Service != nil {
		if asked, err = scim.ServiceURL(a.Service.URL, a.Service.Plain); err != nil || status.Target == handoff.TargetSCIM && asked == status.Tenant {
			return nil // what cannot be read is said at its step
		}
	} else if bases, err := control.Candidates(a.Domain); err != nil || status.Target == "" && slices.Contains(bases, status.Tenant) {
		return nil
	}
	return &problem.Problem{
		Code: problem.Conflict, Title: "This machine's agent is enrolled with " + status.TenantName + " already",
		Text: "It is at " + status.Tenant + "; the answers name " + asked + ". Nothing was changed.",
		Hint: "To move it there, say so with --again. Otherwise correct " + placeFlag(a) + ".", Op: "setting up unattended",
	}
}

// placeFlag is the flag that names what is synced into.
func placeFlag(a Answers) string {
	if a.Service != nil {
		return "--scim-url"
	}
	return "--domain"
}

// refused reports whether the tenant no longer takes the agent's key, or its keyring does not have it: then enrolling anew is what
// mends it.
func refused(status handoff.Status) bool {
	return slices.ContainsFunc(status.Conditions, func(c control.Condition) bool {
		return c.Code == control.TenantCredentialsRefused || c.Code == control.CredentialsUnavailable
	})
}

// standing serves a machine that is enrolled as the answers want it: run again, setup only makes sure that the passwords are
// those given. No token is used up. A service that is to run under another account is enrolled anew: a keyring belongs to one
// account, and the agent's key never leaves it.
func (s *setup) standing(ctx context.Context, a Answers, tell func(handoff.Step)) (bool, error) {
	status, err := s.Agent.Status(ctx)
	bases, unread := control.Candidates(a.Domain)
	same := a.Service == nil && status.Target == "" && err == nil && unread == nil && status.Enrolled && !a.Again && !refused(status) && slices.Contains(bases, status.Tenant) &&
		slices.Contains([]string{DirectoryURL(a.DirectoryURL), SealedURL(a.DirectoryURL)}, status.DirectoryURL) && status.DirectoryAccount == strings.TrimSpace(a.DirectoryAccount)
	if !same || !s.runsAsAnswered(ctx, a.ServiceAccount) {
		return false, nil
	}
	if err := s.renewServicePassword(ctx, a, tell); err != nil {
		return true, err
	}
	ca, err := readCA(a.DirectoryCAFile)
	if err != nil {
		return true, err
	}
	s.directory = handoff.Directory{URL: status.DirectoryURL, CA: ca, Account: status.DirectoryAccount, Password: a.DirectoryPassword, Keytab: a.DirectoryKeytab}
	err = s.changeAccount(ctx, tell)
	s.result = Result{
		Tenant: status.Tenant, TenantName: status.TenantName, Console: status.Console, Agent: status,
		Words: "The agent is enrolled with " + status.TenantName + " already. Go on at " + status.Console,
	}
	return true, err
}

// renewServicePassword gives the service manager the password of the service's account, where there is one among the answers.
func (s *setup) renewServicePassword(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	if s.Service == nil || a.ServiceAccount == "" || a.ServicePassword == "" {
		return nil
	}
	now, there, err := s.Service.Installed(ctx)
	if err != nil || !there {
		return err
	}
	s.runAs = RunAs{Account: now.Account, Password: a.ServicePassword}
	_, err = s.prepareService(ctx, tell)
	return err
}

// complete tells everything that is missing at once. The checks of the machine may find the directory.
func complete(a Answers, ownAccount, mayBeFound bool) error {
	var missing []string
	need := func(ok bool, flag string) {
		if !ok {
			missing = append(missing, flag)
		}
	}
	if a.Service != nil {
		need(a.Service.URL != "", "--scim-url")
		if o := a.Service.OAuth; o == nil {
			need(a.Service.Token != "", "--scim-token-file")
		} else {
			need(o.TokenURL != "", "--scim-oauth-token-url")
			need(o.ClientID != "", "--scim-oauth-client-id")
			need(a.Service.Token != "", "--scim-oauth-secret-file")
		}
	} else {
		need(a.Domain != "", "--domain")
	}
	if a.EnrolmentToken == "" && a.Service == nil {
		need(a.Email != "" && a.Password != "", "--enrolment-token-file (or --email and --password-file)")
	}
	need(a.DirectoryURL != "" || mayBeFound, "--directory")
	own := ownAccount && a.DirectoryAccount == ""
	need(own || a.DirectoryAccount != "", "--directory-user")
	need(own || a.DirectoryPassword != "" || len(a.DirectoryKeytab) > 0, "--directory-password-file (or --directory-keytab-file)")
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

func (s *setup) answerService(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	return during(tell, StepTarget, func() (string, error) {
		found, err := s.askService(ctx, *a.Service, a.TenantCAFile)
		if err != nil {
			return "", fmt.Errorf("looking at the SCIM service: %w", err)
		}
		s.answeredService(found)
		return found.URL, nil
	})
}

func (s *setup) answerUnits(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	return during(tell, StepUnits, func() (string, error) {
		return s.unitsWords(), s.knownUnits(ctx, a.Service.Units)
	})
}

func (s *setup) answerSignIn(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	if a.EnrolmentToken != "" {
		return nil
	}
	return during(tell, StepSignIn, func() (string, error) {
		session, err := s.tenant.SignIn(ctx, s.base, control.SignIn{Email: a.Email, Password: a.Password, Code: a.Code})
		s.signedIn(session)
		return session.Name, err
	})
}

func (s *setup) answerAccount(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	return during(tell, StepAccount, func() (_ string, err error) {
		s.directory, s.access, err = s.look(ctx, a)
		return s.access.Domain.Words(), err
	})
}

// answerRunAs proves as whom the service is to run, where there is a service manager.
func (s *setup) answerRunAs(ctx context.Context, a Answers, tell func(handoff.Step)) error {
	if s.Service == nil {
		return nil
	}
	return during(tell, StepRunAs, func() (string, error) {
		var managed []directory.ServiceAccount
		if s.Managed != nil && a.ServiceAccount != "" && a.ServicePassword == "" {
			var err error
			if managed, err = s.Managed(ctx, s.directory); err != nil {
				return "", err
			}
		}
		who, as := s.whoIs(managed, a.ServiceAccount)
		as.Password = a.ServicePassword
		s.runAs, s.caution = as, s.Service.Caution(ctx, as)
		return strings.TrimSuffix(s.runsAs()+". "+s.caution, ". "), s.mayRunAs(ctx, who, as)
	})
}
