package preflight

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// Settings say what to look at.
type Settings struct {
	Facts       host.Facts
	State       string // state folder
	Agent       handoff.Host
	AllowMember bool    // laboratories only
	Directory   string  // URL of a domain controller; empty: not known yet
	DirectoryCA []byte  // PEM; empty: none was given
	Tenant      string  // base URL; empty: not known yet
	TenantCA    []byte  // PEM
	Service     Service // nil: no service manager, or not the right to use it
	Environ     func(string) string

	Resolver *net.Resolver    // nil: the system's
	Now      func() time.Time // nil: time.Now
	// Run runs a program of the system and gives what it printed; nil: it is run.
	Run func(ctx context.Context, program string, args ...string) ([]byte, error)
}

func (s Settings) withDefaults() Settings {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Run == nil {
		s.Run = func(ctx context.Context, program string, args ...string) ([]byte, error) {
			return exec.CommandContext(ctx, program, args...).CombinedOutput()
		}
	}
	return s
}

// Checks gives every check, in the order in which to show them.
func Checks(s Settings) []Check {
	l := &look{Settings: s.withDefaults()}
	still := func(look func() Result) func(context.Context) Result {
		return func(context.Context) Result { return look() }
	}
	return []Check{
		{"domain-controller", "Domain controller", true, l.role},
		{"elevated", "Elevated prompt", s.Facts.OS == host.Windows, still(l.elevated)},
		{"system", "System", true, still(l.system)},
		{"disk", "Free disk", true, still(l.disk)},
		{"names", "Names", false, l.names},
		{"ports", "Ports", false, l.ports},
		{"certificate", "Certificate", false, l.certificate},
		{"clock", "Clock", false, l.clock},
		{"proxy", "Proxy", false, l.proxy},
		{"service", "Service", false, l.installed},
		{"earlier", "Earlier set-up", false, l.earlier},
	}
}

func passed(detail string) Result { return Result{State: Passed, Detail: detail} }

func bad(state State, detail string, p *problem.Problem) Result {
	p.Op = "checking this machine"
	return Result{State: state, Detail: detail, Problem: p}
}

// said gives what a program printed, or else why it ended.
func said(out []byte, err error) string {
	if text := strings.TrimSpace(string(out)); text != "" {
		return text
	}
	return problem.Reason(err) + "."
}

func (l *look) role(ctx context.Context) Result {
	facts := l.Facts
	p := NotADomainController(facts, l.AllowMember)
	switch {
	case p != nil:
		return bad(Failed, RoleWords(facts.Role), p)
	case facts.Role == host.DomainController:
		r := passed(facts.Name + ", of " + facts.Domain)
		if facts.Controller != "" {
			r.Found.Directory, _ = l.find(ctx) // its authority is offered once it proved right
		}
		return r
	case facts.OS != host.Windows || facts.Role == host.NotApplicable:
		return l.beside(ctx)
	}
	return passed(RoleWords(facts.Role) + ", allowed for laboratories")
}

// NotADomainController refuses a Windows machine that is no domain controller; nil: it may be set up. Other systems may be
// beside one.
func NotADomainController(facts host.Facts, allowMember bool) *problem.Problem {
	if allowMember || facts.OS != host.Windows || facts.Role == host.NotApplicable || facts.Role == host.DomainController {
		return nil
	}
	if facts.Role == host.ReadOnlyController {
		return &problem.Problem{
			Code: problem.Code(control.NotADomainController), Title: facts.Name + " is a read-only domain controller",
			Text: "The agent's secrets cannot be kept here: Windows wants a writable domain controller to protect what a domain account's keyring holds. Passwords cannot be set here either, and what the directory hides from a read-only copy would be missing.",
			Hint: "Set up on a writable domain controller of " + facts.Domain + ". “nltest /dsgetdc:" + facts.Domain + " /writable” names one.", Op: "checking this machine",
		}
	}
	return &problem.Problem{
		Code: problem.Code(control.NotADomainController), Title: facts.Name + " is not a domain controller",
		Text: "On Windows the agent runs on a domain controller only. This machine is " + RoleWords(facts.Role) + ".",
		Hint: "Install and set up on a domain controller of the domain.", Op: "checking this machine",
	}
}

// RoleWords says what part a machine has that is no domain controller.
func RoleWords(role host.Role) string {
	switch role {
	case host.Member:
		return "a member of a domain"
	case host.ReadOnlyController:
		return "a read-only domain controller"
	}
	return "in no domain"
}

func (s Settings) elevated() Result {
	if s.Facts.Elevated {
		return passed("yes")
	}
	if s.Facts.OS == host.Windows {
		return bad(Failed, "no", &problem.Problem{
			Code: problem.Forbidden, Title: "This prompt is not elevated", Text: "The agent's service cannot be installed from here.",
			Hint: "Open the Start menu, type cmd, choose “Run as administrator”, and start setup there.",
		})
	}
	return bad(Warning, "no", &problem.Problem{
		Code: problem.Forbidden, Title: "This is not root", Text: "The agent's service cannot be installed; you will start the agent yourself.",
		Hint: "For a service, leave and run it with sudo.",
	})
}

// oldest is the build of Windows Server 2016.
const oldest = 14393

func (s Settings) system() Result {
	if s.Facts.Build != 0 && s.Facts.Build < oldest && !s.AllowMember {
		return bad(Failed, s.Facts.System, &problem.Problem{
			Code: problem.WrongVersion, Title: s.Facts.System + " is too old", Text: "Windows Server 2016 is the oldest that is supported.",
			Hint: "Set up on a domain controller with a newer system.",
		})
	}
	return passed(s.Facts.System)
}

// The mirror of 1,000,000 people takes about 600 MiB.
const (
	diskNeeded = 200 << 20
	diskWanted = 1 << 30
)

func (s Settings) disk() Result {
	free, err := host.Free(s.State)
	if err != nil {
		return bad(Warning, "", &problem.Problem{
			Code: problem.Unavailable, Title: "The free disk could not be found out", Text: problem.Reason(err) + ".", Hint: "See to it that 1 GiB is free for " + s.State + ".",
		})
	}
	return diskResult(free, s.State)
}

func diskResult(free uint64, folder string) Result {
	detail := fmt.Sprintf("%.1f GiB", float64(free)/(1<<30))
	p := &problem.Problem{
		Code: problem.Unavailable, Title: "Only " + detail + " are free", Text: "The agent keeps what it has read in " + folder + ".",
		Hint: "Make room: 1 GiB does for a million people.",
	}
	switch {
	case free < diskNeeded:
		return bad(Failed, detail, p)
	case free < diskWanted:
		return bad(Warning, detail, p)
	}
	return passed(detail)
}

func (s Settings) earlier(ctx context.Context) Result {
	status, err := s.Agent.Status(ctx)
	switch {
	case problem.Is(err, handoff.NotRunning):
		return passed("no agent runs")
	case err != nil:
		return bad(Warning, "", problem.Of(err))
	case status.Enrolled:
		return passed("an agent is enrolled with " + status.TenantName)
	}
	return passed("an agent runs and waits to be enrolled")
}
