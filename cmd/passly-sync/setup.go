package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"passlysync/agent"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
	"passlysync/pkg/terminal"
	"passlysync/wizard"
)

// SetupCmd is the wizard, or with --unattended the same from given answers. Secrets come from files or standard input (-).
type SetupCmd struct {
	Domain                string `help:"Passly domain: acme, acme.my.passly.com or an address." placeholder:"DOMAIN"`
	CA                    string `name:"ca" help:"Certificates to trust for the tenant, beside the system's (PEM)." placeholder:"FILE"`
	Email                 string `help:"E-mail of the tenant's administrator." placeholder:"E-MAIL"`
	PasswordFile          string `help:"File with the administrator's password; - reads standard input." placeholder:"FILE"`
	EnrolmentTokenFile    string `help:"File with an enrolment token, instead of signing in; - reads standard input." placeholder:"FILE"`
	Directory             string `help:"Address of a domain controller: ldaps://dc1.example.com." placeholder:"URL"`
	DirectoryCA           string `name:"directory-ca" help:"Certificates to trust for the directory, beside the system's (PEM)." placeholder:"FILE"`
	DirectoryUser         string `help:"Account that reads the directory: user@domain, DOMAIN\\name or a DN." placeholder:"ACCOUNT"`
	DirectoryPasswordFile string `name:"directory-password-file" help:"File with that account's password; - reads standard input." placeholder:"FILE"`
	AcceptTerms           bool   `help:"Accept Passly's terms of use (needed with --unattended)."`
	Unattended            bool   `help:"Ask nothing: every answer is given by flags."`
	JSON                  bool   `name:"json" help:"With --unattended: print steps and result as JSON, one object a line."`
	State                 string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Vault                 string `help:"Where the agent keeps its credentials: ${enum}." enum:"keyring,file,systemd" default:"keyring"`
	AllowMember           bool   `help:"Laboratories only: allow a Windows machine that is no domain controller."`
}

// Run sets up.
func (c SetupCmd) Run(ctx context.Context, streams Streams) error {
	facts := host.Look()
	if err := allowed(facts, c.AllowMember); err != nil {
		return err
	}
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	answers, err := c.answers(streams.In)
	if err != nil {
		return err
	}
	if answers.DirectoryURL == "" && facts.Domain != "" {
		answers.DirectoryURL = "ldaps://" + strings.ToLower(facts.Name+"."+facts.Domain)
	}
	options := wizard.Options{
		Agent: handoff.Dial(paths.Channel), CheckDirectory: agent.CheckDirectory, Service: c.service(facts, paths),
		AgentCommand: c.agentCommand(), Vault: c.Vault, Prefilled: answers, In: streams.In, Out: streams.Out,
	}
	if c.Unattended {
		return c.unattended(ctx, options, answers, streams.Out)
	}
	result, err := wizard.Run(ctx, options)
	if err == nil {
		fmt.Fprintf(streams.Out, "The agent is enrolled with %s. Go on at %s\n", terminal.Plain(result.TenantName), terminal.Plain(result.Console))
	}
	return err
}

// allowed refuses a Windows machine that is no domain controller.
func allowed(facts host.Facts, allowMember bool) error {
	if allowMember || facts.Role == host.NotApplicable || facts.Role == host.DomainController {
		return nil
	}
	return &problem.Problem{
		Code: notADomainController, Title: facts.Name + " is not a domain controller",
		Text: "On Windows the agent runs on a domain controller only. This machine is " + roleWords(facts.Role) + ".",
		Hint: "Install and set up on a domain controller of the domain.", Op: "checking this machine",
	}
}

func roleWords(role host.Role) string {
	if role == host.Member {
		return "a member of a domain"
	}
	return "in no domain"
}

// service is nil where the person has to start the agent: no service manager, or no right to use it.
func (c SetupCmd) service(facts host.Facts, paths host.Paths) wizard.Service {
	program, err := os.Executable()
	if err != nil || !facts.Elevated {
		return nil
	}
	args := []string{"agent", "--state", paths.State, "--vault", c.Vault}
	if c.AllowMember {
		args = append(args, "--allow-member")
	}
	manager, err := service.Open(service.Settings{Program: program, Args: args, State: paths.State})
	if err != nil {
		return nil
	}
	return manager
}

// agentCommand is what a person types to start the agent that this setup talks to.
func (c SetupCmd) agentCommand() string {
	words := []string{"passly-sync agent"}
	if c.State != "" {
		words = append(words, "--state "+c.State)
	}
	if c.Vault != "keyring" {
		words = append(words, "--vault "+c.Vault)
	}
	if c.AllowMember {
		words = append(words, "--allow-member")
	}
	return strings.Join(words, " ")
}
