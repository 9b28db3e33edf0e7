package service

import (
	"golang.org/x/sys/windows"
)

// directoryServices are those of a domain controller without which the agent has nothing to read, or nobody to sign in to: it starts
// after them, and does not run while they are stopped.
var directoryServices = []string{"NTDS", "Netlogon"}

// needed gives those of them that this machine has: a service that waits for one that does not exist never starts.
func needed(manager windows.Handle) (names []string) {
	for _, name := range directoryServices {
		text, err := windows.UTF16PtrFromString(name)
		if err != nil {
			continue
		}
		if handle, err := windows.OpenService(manager, text, windows.SERVICE_QUERY_STATUS); err == nil {
			_ = windows.CloseServiceHandle(handle)
			names = append(names, name)
		}
	}
	return names
}
