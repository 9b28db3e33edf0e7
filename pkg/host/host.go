// Package host tells facts on the machine that the program runs on: its name, its system, whether it is a domain
// controller, whether this process is elevated, and where the agent's files belong. It changes nothing and asks no
// network.
package host

import (
	"os"
	"runtime"
	"strings"
)

// Role is the machine's part in a domain.
type Role string

// The roles. Elsewhere than on Windows a machine is a Samba domain controller or NotApplicable, because any host next to a
// domain controller will do.
const (
	NotApplicable    Role = "not-applicable"
	Standalone       Role = "standalone"
	Member           Role = "member"
	DomainController Role = "domain-controller"
	// ReadOnlyController is a domain controller whose directory is a read-only replica, without the secrets of most accounts.
	ReadOnlyController Role = "read-only-domain-controller"
)

// Windows is Facts.OS of a Windows machine.
const Windows = "windows"

// Facts is what can be said without asking anyone else. What could not be found out is empty.
type Facts struct {
	Name     string // host name
	OS       string // as runtime.GOOS has it
	System   string // for people: "Debian GNU/Linux 12 (bookworm)", "Windows Server 2022 (build 20348)"
	Build    uint32 // Windows only
	Role     Role
	Domain   string // DNS name of the domain that the machine is a domain controller of, or on Windows belongs to
	Elevated bool   // root, or an elevated administrator

	// Controller is the DNS name of the domain controller that this machine is.
	Controller string
	// DirectoryCA is the file (PEM) with the authority of this domain controller's certificate: Samba's.
	DirectoryCA string
	// SearchDomains are the DNS domains in which this machine looks for short names, its own first. Not on Windows.
	SearchDomains []string
}

// Look collects the facts.
func Look() Facts {
	facts := Facts{OS: runtime.GOOS, System: runtime.GOOS, Role: NotApplicable}
	facts.Name, _ = os.Hostname()
	look(&facts)
	if facts.Role == DomainController && facts.Controller == "" {
		facts.Controller = controllerName(facts.Name, facts.Domain)
	}
	return facts
}

// controllerName gives the DNS name of a machine in a domain.
func controllerName(name, domain string) string {
	if name == "" || domain == "" {
		return ""
	}
	short, _, _ := strings.Cut(name, ".")
	return strings.ToLower(short + "." + domain)
}
