package handoff

import (
	"fmt"
	"net"
	"unsafe"

	"golang.org/x/sys/windows"

	"passlysync/pkg/problem"
	"passlysync/pkg/service"
)

// system is the well-known SID of LocalSystem.
const system = "S-1-5-18"

// checkAgent makes sure that a password goes to the agent's service, whatever account that runs as, or to an agent of this
// account or of the system.
func checkAgent(conn net.Conn, _ string) error {
	handle, ok := conn.(interface{ Fd() uintptr })
	if !ok {
		return fmt.Errorf("checking the local channel: %T is no pipe", conn)
	}
	var process uint32
	if err := windows.GetNamedPipeServerProcessId(windows.Handle(handle.Fd()), &process); err != nil {
		return fmt.Errorf("asking who serves the local channel: %w", err)
	}
	if process == serviceProcess(service.Name) && process != 0 {
		return nil
	}
	server, err := accountOf(process)
	if err != nil {
		return err
	}
	own, err := ownAccount()
	if err != nil {
		return err
	}
	if server == system || server == own {
		return nil
	}
	return &problem.Problem{
		Code: problem.Forbidden, Title: "The other end of the local channel belongs to another account",
		Text: "It runs as " + server + ". Nothing was sent.", Hint: "Check which account the agent's service runs as.",
		Op: "checking the local channel",
	}
}

// serviceProcess gives the process id of a service that runs; 0: none. The service manager knows it for sure, and only
// administrators can say there what a service is; the process itself need not be opened, which an account of its own may not allow.
func serviceProcess(name string) uint32 {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0
	}
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return 0
	}
	defer func() { _ = windows.CloseServiceHandle(manager) }()
	handle, err := windows.OpenService(manager, text, windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return 0
	}
	defer func() { _ = windows.CloseServiceHandle(handle) }()
	var status windows.SERVICE_STATUS_PROCESS
	size, needed := uint32(unsafe.Sizeof(status)), uint32(0)
	if windows.QueryServiceStatusEx(handle, windows.SC_STATUS_PROCESS_INFO, (*byte)(unsafe.Pointer(&status)), size, &needed) != nil {
		return 0
	}
	return status.ProcessId
}

func accountOf(process uint32) (string, error) {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, process)
	if err != nil {
		return "", fmt.Errorf("looking at the agent's process: %w", err)
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	var token windows.Token
	if err := windows.OpenProcessToken(handle, windows.TOKEN_QUERY, &token); err != nil {
		return "", fmt.Errorf("looking at the agent's account: %w", err)
	}
	defer func() { _ = token.Close() }()
	user, err := token.GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("looking at the agent's account: %w", err)
	}
	return user.User.Sid.String(), nil
}
