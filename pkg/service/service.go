// Package service runs the agent as a service of the operating system: systemd on Linux, the service control manager on
// Windows. It installs, starts, stops and removes it (Manager), and tells the service manager how the running agent is
// (Notifier). It knows nothing of what the service does.
//
// Changing the machine's services needs root or an elevated administrator; the errors say so in words.
package service

import (
	"passlysync/pkg/problem"
)

// Name is the service's name on every system: the unit passly-sync.service, the Windows service passly-sync.
const Name = "passly-sync"

// NoManager is the code of the problem that there is no service manager to ask.
const NoManager problem.Code = "no-service-manager"

// Settings say what to run and how.
type Settings struct {
	Program string   // absolute path
	Args    []string // never a secret: everybody on the machine can read them
	State   string   // state folder, the only place that the service may write to
	Account string   // empty: root, or LocalSystem
}

func failed(doing, text string, err error) error {
	return &problem.Problem{
		Code: problem.Internal, Title: "The service could not be " + doing, Text: text,
		Hint: hint, Op: "managing the service", Err: err,
	}
}
