package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

const hint = "Run setup from an elevated prompt, and look at the service “passly-sync” in services.msc."

// localSystem is the account of a service that names none, as the service manager spells it.
const localSystem = "LocalSystem"

// Manager manages the agent's Windows service.
type Manager struct {
	settings  Settings
	authority authority
}

// Open gives the service manager of this machine.
func Open(settings Settings) (*Manager, error) {
	m, err := mgr.Connect()
	if err != nil {
		return nil, failed("looked for", err.Error(), err)
	}
	return &Manager{settings, authority{windows.NewLazySystemDLL("advapi32.dll")}}, m.Disconnect()
}

// Accepts is nil: whether an account can be used shows when the service starts.
func (m *Manager) Accepts() error { return nil }

// Install creates the service; one that is there gets the new command line and account, and is restarted where it runs under
// another one.
func (m *Manager) Install(ctx context.Context) error {
	if err := host.GiveState(m.settings.State, m.settings.Account); err != nil {
		return failed("installed", "The state folder could not be given to the service's account: "+problem.Reason(err)+".", err)
	}
	if err := m.letLogOn(); err != nil {
		return err
	}
	before, installed := m.Installed(ctx)
	do := m.create
	if installed {
		do = func() error { return m.repoint(before.Account) }
	}
	if err := do(); err != nil {
		return failed("installed", err.Error(), err)
	}
	if err := errors.Join(open(recovers), open(restrict), setEnvironment(m.settings.Environment), addSource()); err != nil {
		return failed("installed", err.Error(), err)
	}
	if !installed || !before.Running || before.Account == m.settings.Account {
		return nil
	}
	if err := m.Stop(ctx); err != nil {
		return err
	}
	return m.Start(ctx)
}

// letLogOn sees to it that the service's account may log on as a service, and does: Windows tells neither before the start.
func (m *Manager) letLogOn() error {
	if m.settings.Account == "" {
		return nil
	}
	sid, _, use, err := windows.LookupSID("", m.settings.Account)
	if use == windows.SidTypeGroup || use == windows.SidTypeAlias {
		err = errors.New("it is a group, of which everybody would get the right")
	}
	if err == nil {
		err = m.authority.grant(sid, logOnAsService)
	}
	if err != nil {
		return failed("installed", "Its account "+m.settings.Account+" could not be given the right to log on as a service: "+problem.Reason(err)+".", err)
	}
	if m.settings.Password == "" {
		return nil // a managed account's password nobody knows; one that is in force already was proven when it was set
	}
	return m.authority.prove(m.settings.Account, m.settings.Password)
}

func (m *Manager) create() error {
	scm, err := mgr.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = scm.Disconnect() }()
	service, err := scm.CreateService(Name, m.settings.Program, mgr.Config{
		DisplayName: "Passly Directory Sync", StartType: mgr.StartAutomatic, DelayedAutoStart: true,
		Description:      "Synchronizes people and groups of this Active Directory domain with Passly.",
		ServiceStartName: m.settings.Account, Password: m.settings.Password, Dependencies: needed(scm.Handle),
	}, m.settings.Args...)
	if err != nil {
		return err
	}
	return service.Close()
}

// repoint gives the service that is there another command line, and another account where it is not the one from before. It
// uses ChangeServiceConfig itself: mgr's UpdateConfig reads back what not every system can tell.
func (m *Manager) repoint(before string) error {
	command := windows.ComposeCommandLine(append([]string{m.settings.Program}, m.settings.Args...))
	path, err := windows.UTF16PtrFromString(command)
	if err != nil {
		return err
	}
	account, password, err := m.credentials(before)
	if err != nil {
		return err
	}
	scm, err := mgr.Connect()
	if err != nil {
		return err
	}
	waitsFor, err := multiString(needed(scm.Handle)...)
	if err = errors.Join(err, scm.Disconnect()); err != nil {
		return err
	}
	return open(func(s *mgr.Service) error {
		return windows.ChangeServiceConfig(s.Handle, windows.SERVICE_NO_CHANGE, windows.SERVICE_NO_CHANGE,
			windows.SERVICE_NO_CHANGE, path, nil, nil, &waitsFor[0], account, password, nil)
	})
}

// credentials gives account and password for ChangeServiceConfig, where nil leaves what is there: an empty password would
// overwrite the one that the service manager keeps. A managed account must be given none, the system's own an empty one.
func (m *Manager) credentials(before string) (account, password *uint16, err error) {
	if m.settings.Account == before && m.settings.Password == "" {
		return nil, nil, nil
	}
	name := m.settings.Account
	if name == "" {
		name = localSystem
	}
	if account, err = windows.UTF16PtrFromString(name); err != nil {
		return nil, nil, err
	}
	if strings.HasSuffix(name, "$") {
		return account, nil, nil
	}
	password, err = windows.UTF16PtrFromString(m.settings.Password)
	return account, password, err
}

// addSource has the event log know the agent. EventCreate.exe, of Windows itself, has a message for every id up to 1000 that says
// just what was reported.
func addSource() error {
	err := eventlog.InstallAsEventCreate(Name, eventlog.Error|eventlog.Warning|eventlog.Info)
	if err != nil && !strings.Contains(err.Error(), "exists") {
		return fmt.Errorf("adding the source to the event log: %w", err)
	}
	return nil
}

// setEnvironment gives the service variables of its own, where the service manager looks for them.
func setEnvironment(environment []string) error {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+Name, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("opening the service's registry key: %w", err)
	}
	defer func() { _ = key.Close() }()
	const value = "Environment"
	if len(environment) > 0 {
		return key.SetStringsValue(value, environment)
	}
	if err := key.DeleteValue(value); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return nil
}

// Installed says what is installed, and whether anything is.
func (*Manager) Installed(context.Context) (i Installation, ok bool) {
	err := open(func(s *mgr.Service) error {
		config, err := queryConfig(s)
		if err != nil {
			return err
		}
		command, err := windows.DecomposeCommandLine(windows.UTF16PtrToString(config.BinaryPathName))
		if err != nil {
			return err
		}
		account := windows.UTF16PtrToString(config.ServiceStartName)
		if account == localSystem {
			account = ""
		}
		status, err := s.Query()
		i = installation(command, account, status.State == svc.Running)
		return err
	})
	return i, err == nil
}

// queryConfig asks in the plain way, which every system answers. What comes is at most 8 KiB (QueryServiceConfigW).
func queryConfig(s *mgr.Service) (*windows.QUERY_SERVICE_CONFIG, error) {
	const configSize = int(unsafe.Sizeof(windows.QUERY_SERVICE_CONFIG{}))
	buffer := make([]windows.QUERY_SERVICE_CONFIG, (8<<10)/configSize)
	var needed uint32
	err := windows.QueryServiceConfig(s.Handle, &buffer[0], uint32(len(buffer)*configSize), &needed)
	return &buffer[0], err
}

// Start starts the service and waits until it runs.
func (m *Manager) Start(ctx context.Context) error {
	err := open(func(s *mgr.Service) error {
		if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return err
		}
		return reach(ctx, s, svc.Running)
	})
	return notStarted(err)
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
	_ = eventlog.Remove(Name) // what was logged stays readable
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return nil
	}
	return err
}

func (*Manager) with(doing string, do func(*mgr.Service) error) error {
	if err := open(do); err != nil {
		return failed(doing, err.Error(), err)
	}
	return nil
}

// open does something with the service that is there.
func open(do func(*mgr.Service) error) error {
	scm, err := mgr.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = scm.Disconnect() }()
	service, err := scm.OpenService(Name)
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	return do(service)
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
