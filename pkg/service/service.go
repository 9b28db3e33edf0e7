// Package service runs the agent as a service of the operating system: systemd on Linux, the service control manager on
// Windows. It installs, starts, stops and removes it (Manager), says whether it is there (Installation), and tells the service
// manager how the running agent is (Notifier). It knows nothing of what the service does.
//
// Changing the machine's services needs root or an elevated administrator; the errors say so in words. What everybody on the
// machine can read, unit files and command lines, never holds a secret.
package service

import (
	"slices"
	"strings"

	"passlysync/pkg/problem"
)

// Name is the service's name on every system: the unit passly-sync.service, the Windows service passly-sync.
const Name = "passly-sync"

// Codes of problems that only this package makes.
const (
	NoManager problem.Code = "no-service-manager" // there is none to ask
	NoAccount problem.Code = "no-such-account"    // the account that the service shall run under does not exist
)

// Settings say what to run and how.
type Settings struct {
	Program string   // absolute path
	Args    []string // never a secret: everybody on the machine can read them
	State   string   // state folder, the only place that the service may write to
	Account string   // empty: root, or LocalSystem
	// Password is that of a domain account on Windows; empty where there is none, as with a group managed service account.
	Password string
	// Environment is NAME=value for the service, see ProxyEnvironment; never a secret.
	Environment []string
}

// String and GoString keep the password out of anything that prints the settings.
func (s Settings) String() string   { return "service " + s.Program + " as " + s.Account }
func (s Settings) GoString() string { return s.String() }

// Installation is what is installed on this machine.
type Installation struct {
	Program string
	Args    []string
	Account string // empty: root, or LocalSystem
	Vault   string // where its credentials are: the value of --vault among its arguments
	State   string // its state folder: the value of --state
	Running bool
	// EnvironmentFile reports that the administrator gives it further variables, such as a proxy with a password: systemd.
	EnvironmentFile bool
}

// installation completes what a command line says.
func installation(command []string, account string, running bool) Installation {
	i := Installation{Account: account, Running: running}
	if len(command) > 0 {
		i.Program, i.Args = command[0], command[1:]
	}
	i.Vault, i.State = i.flag("--vault"), i.flag("--state")
	return i
}

func (i Installation) flag(name string) string {
	if at := slices.Index(i.Args, name); at >= 0 && at+1 < len(i.Args) {
		return i.Args[at+1]
	}
	for _, arg := range i.Args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
	}
	return ""
}

func failed(doing, text string, err error) *problem.Problem {
	return &problem.Problem{
		Code: problem.Internal, Title: "The service could not be " + doing, Text: text,
		Hint: hint, Op: "managing the service", Err: err,
	}
}
