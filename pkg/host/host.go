// Package host tells facts on the machine that the program runs on: its name, its system, whether it is a domain
// controller, whether this process is elevated, and where the agent's files belong. It changes nothing and asks no
// network.
package host

import (
	"os"
	"runtime"
)

// Role is the machine's part in a domain.
type Role string

// The roles. Only Windows knows them; elsewhere it is NotApplicable, because any host next to a domain controller will do.
const (
	NotApplicable    Role = "not-applicable"
	Standalone       Role = "standalone"
	Member           Role = "member"
	DomainController Role = "domain-controller"
)

// Facts is what can be said without asking anyone else. What could not be found out is empty.
type Facts struct {
	Name     string // host name
	System   string // for people: "Debian GNU/Linux 12 (bookworm)", "Windows Server 2022 (build 20348)"
	Build    uint32 // Windows only
	Role     Role
	Domain   string // DNS name of the domain that the machine belongs to; Windows only
	Elevated bool   // root, or an elevated administrator
}

// Look collects the facts.
func Look() Facts {
	facts := Facts{System: runtime.GOOS, Role: NotApplicable}
	facts.Name, _ = os.Hostname()
	look(&facts)
	return facts
}
