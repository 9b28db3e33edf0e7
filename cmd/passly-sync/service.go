package main

import (
	"context"
	"os"

	"passlysync/pkg/host"
	"passlysync/pkg/service"
	"passlysync/wizard"
)

// wizardService is nil where the person has to start the agent.
func (c SetupCmd) wizardService(facts host.Facts, paths host.Paths) wizard.Service {
	if s := c.service(facts, paths); s != nil {
		return s
	}
	return nil
}

// service is nil where there is no service manager, or no right to use it.
func (c SetupCmd) service(facts host.Facts, paths host.Paths) *agentService {
	program, err := os.Executable()
	if err != nil || !facts.Elevated {
		return nil
	}
	s := agentService{program: program, state: paths.State, allowMember: c.AllowMember, as: wizard.RunAs{Vault: c.Vault}}
	if _, err := s.manager(s.as); err != nil {
		return nil
	}
	return &s
}

// agentService is the agent's service, as the wizard and the checks know it.
type agentService struct {
	program, state string
	allowMember    bool
	as             wizard.RunAs // as last installed
}

func (s *agentService) manager(as wizard.RunAs) (*service.Manager, error) {
	vault := as.Vault
	if vault == "" {
		vault = "keyring"
	}
	args := []string{"agent", "--state", s.state, "--vault", vault}
	if s.allowMember {
		args = append(args, "--allow-member")
	}
	environment, _ := service.ProxyEnvironment(os.Getenv) // the checks tell what was held back
	return service.Open(service.Settings{
		Program: s.program, Args: args, State: s.state, Account: as.Account, Password: as.Password, Environment: environment,
	})
}

// Standing says whether it is installed, and how.
func (s *agentService) Standing(ctx context.Context) (service.Installation, bool) {
	m, err := s.manager(s.as)
	if err != nil {
		return service.Installation{}, false
	}
	return m.Installed(ctx)
}

// Installed says as whom it runs.
func (s *agentService) Installed(ctx context.Context) (wizard.RunAs, bool, error) {
	found, there := s.Standing(ctx)
	return wizard.RunAs{Account: found.Account, Vault: found.Vault}, there, nil
}

// Accepts is nil for an account that it can run under.
func (s *agentService) Accepts(_ context.Context, as wizard.RunAs) error {
	m, err := s.manager(as)
	if err != nil {
		return err
	}
	return m.Accepts()
}

// Caution is what a person should know before it runs under an account.
func (s *agentService) Caution(_ context.Context, as wizard.RunAs) string {
	m, err := s.manager(as)
	if err != nil {
		return ""
	}
	return m.Caution()
}

// Install installs it under an account, with its credentials in a kind of vault.
func (s *agentService) Install(ctx context.Context, as wizard.RunAs) error {
	s.as = as
	return s.ask(func(m *service.Manager) error { return m.Install(ctx) })
}

// Start starts it.
func (s *agentService) Start(ctx context.Context) error {
	return s.ask(func(m *service.Manager) error { return m.Start(ctx) })
}

// Remove takes it out of the system.
func (s *agentService) Remove(ctx context.Context) error {
	return s.ask(func(m *service.Manager) error { return m.Remove(ctx) })
}

func (s *agentService) ask(do func(*service.Manager) error) error {
	m, err := s.manager(s.as)
	if err != nil {
		return err
	}
	return do(m)
}
