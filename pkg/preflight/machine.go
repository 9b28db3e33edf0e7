package preflight

import (
	"context"
	"fmt"
	"net/url"

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
	AllowMember bool   // laboratories only
	Directory   string // URL of a domain controller; empty: not known yet
	DirectoryCA []byte // PEM
	Environ     func(string) string
}

// Checks gives every check, in the order in which to show them.
func Checks(s Settings) []Check {
	return []Check{
		{"domain-controller", "Domain controller", true, func(context.Context) Result { return s.role() }},
		{"elevated", "Elevated prompt", s.Facts.Role != host.NotApplicable, func(context.Context) Result { return s.elevated() }},
		{"system", "System", true, func(context.Context) Result { return s.system() }},
		{"disk", "Free disk", true, func(context.Context) Result { return s.disk() }},
		{"directory", "Directory", false, s.directory},
		{"proxy", "Proxy", false, func(context.Context) Result { return s.proxy() }},
		{"earlier", "Earlier set-up", false, s.earlier},
	}
}

func passed(detail string) Result { return Result{State: Passed, Detail: detail} }

func bad(state State, detail string, p *problem.Problem) Result {
	p.Op = "checking this machine"
	return Result{State: state, Detail: detail, Problem: p}
}

func (s Settings) role() Result {
	p := NotADomainController(s.Facts, s.AllowMember)
	switch {
	case p != nil:
		return bad(Failed, RoleWords(s.Facts.Role), p)
	case s.Facts.Role == host.DomainController:
		return passed(s.Facts.Name + ", of " + s.Facts.Domain)
	case s.Facts.Role == host.NotApplicable:
		return passed("not needed here: beside one will do")
	}
	return passed(RoleWords(s.Facts.Role) + ", allowed for laboratories")
}

// NotADomainController refuses a Windows machine that is no domain controller; nil: it may be set up.
func NotADomainController(facts host.Facts, allowMember bool) *problem.Problem {
	if allowMember || facts.Role == host.NotApplicable || facts.Role == host.DomainController {
		return nil
	}
	return &problem.Problem{
		Code: problem.Code(control.NotADomainController), Title: facts.Name + " is not a domain controller",
		Text: "On Windows the agent runs on a domain controller only. This machine is " + RoleWords(facts.Role) + ".",
		Hint: "Install and set up on a domain controller of the domain.", Op: "checking this machine",
	}
}

// RoleWords says what part a machine has that is no domain controller.
func RoleWords(role host.Role) string {
	if role == host.Member {
		return "a member of a domain"
	}
	return "in no domain"
}

func (s Settings) elevated() Result {
	if s.Facts.Elevated {
		return passed("yes")
	}
	if s.Facts.Role != host.NotApplicable {
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
			Code: problem.Unavailable, Title: "The free disk could not be found out", Text: err.Error() + ".", Hint: "See to it that 1 GiB is free for " + s.State + ".",
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

func (s Settings) proxy() Result {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		value := s.Environ(name)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			return bad(Warning, name, &problem.Problem{
				Code: problem.Invalid, Title: name + " cannot be read", Text: "It is no address, so nothing can go out by it.", Hint: "Write it as http://proxy.example.com:3128, or unset it.",
			})
		}
		return passed(u.Host + " (" + name + "; the service needs it set as well)")
	}
	return passed("none")
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
