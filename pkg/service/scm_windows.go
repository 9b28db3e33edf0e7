package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

const hint = "Run setup from an elevated prompt, and look at the service “passly-sync” in services.msc."

// Manager manages the agent's Windows service.
type Manager struct{ settings Settings }

// Open gives the service manager of this machine.
func Open(settings Settings) (*Manager, error) {
	m, err := mgr.Connect()
	if err != nil {
		return nil, failed("looked for", err.Error(), err)
	}
	return &Manager{settings}, m.Disconnect()
}

// Install creates the service; one that is there gets the new command line.
func (m *Manager) Install(_ context.Context) error {
	scm, err := mgr.Connect()
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	defer func() { _ = scm.Disconnect() }()
	existing, err := scm.OpenService(Name)
	if err == nil {
		defer func() { _ = existing.Close() }()
		return m.repoint(existing)
	}
	service, err := scm.CreateService(Name, m.settings.Program, mgr.Config{
		DisplayName: "Passly Directory Sync", StartType: mgr.StartAutomatic, DelayedAutoStart: true,
		Description:      "Synchronizes people and groups of this Active Directory domain with Passly.",
		ServiceStartName: m.settings.Account,
	}, m.settings.Args...)
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	return service.Close()
}

func (m *Manager) repoint(service *mgr.Service) error {
	command := windows.ComposeCommandLine(append([]string{m.settings.Program}, m.settings.Args...))
	path, err := windows.UTF16PtrFromString(command)
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	err = windows.ChangeServiceConfig(service.Handle, windows.SERVICE_NO_CHANGE, windows.SERVICE_NO_CHANGE,
		windows.SERVICE_NO_CHANGE, path, nil, nil, nil, nil, nil, nil)
	if err != nil {
		return failed("installed", err.Error(), err)
	}
	return nil
}

// Start starts the service and waits until it runs.
func (m *Manager) Start(ctx context.Context) error {
	return m.with("started", func(s *mgr.Service) error {
		if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return err
		}
		return reach(ctx, s, svc.Running)
	})
}

// Stop stops the service and waits until it ended.
func (m *Manager) Stop(ctx context.Context) error {
	return m.with("stopped", func(s *mgr.Service) error {
		if _, err := s.Control(svc.Stop); err != nil && !errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
			return err
		}
		return reach(ctx, s, svc.Stopped)
	})
}

// Remove stops the service and deletes it; what is not there is no error.
func (m *Manager) Remove(ctx context.Context) error {
	err := m.with("removed", func(s *mgr.Service) error {
		_, _ = s.Control(svc.Stop)
		return errors.Join(reach(ctx, s, svc.Stopped), s.Delete())
	})
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return nil
	}
	return err
}

func (m *Manager) with(doing string, do func(*mgr.Service) error) error {
	scm, err := mgr.Connect()
	if err != nil {
		return failed(doing, err.Error(), err)
	}
	defer func() { _ = scm.Disconnect() }()
	service, err := scm.OpenService(Name)
	if err != nil {
		return failed(doing, err.Error(), err)
	}
	defer func() { _ = service.Close() }()
	if err := do(service); err != nil {
		return failed(doing, err.Error(), err)
	}
	return nil
}

// reach waits until the service is in the state, at most half a minute.
func reach(ctx context.Context, s *mgr.Service, want svc.State) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		status, err := s.Query()
		if err != nil {
			return err
		}
		if status.State == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the service: %w", ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
