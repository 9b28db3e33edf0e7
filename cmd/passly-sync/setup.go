package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"passlysync/agent"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/service"
	"passlysync/pkg/terminal"
	"passlysync/wizard"
)

// SetupCmd is the wizard, or with --unattended the same from given answers. Secrets come from files or standard input (-).
type SetupCmd struct {
	Domain                string          `help:"Passly domain: acme, acme.my.passly.com or an address." placeholder:"DOMAIN"`
	CA                    string          `name:"ca" help:"Certificates to trust for the tenant, beside the system's (PEM)." placeholder:"FILE"`
	Email                 string          `help:"E-mail of the tenant's administrator." placeholder:"E-MAIL"`
	PasswordFile          string          `help:"File with the administrator's password; - reads standard input." placeholder:"FILE"`
	EnrolmentTokenFile    string          `help:"File with an enrolment token, instead of signing in; - reads standard input." placeholder:"FILE"`
	Directory             string          `help:"Address of a domain controller: ldaps://dc1.example.com." placeholder:"URL"`
	DirectoryCA           string          `name:"directory-ca" help:"Certificates to trust for the directory, beside the system's (PEM)." placeholder:"FILE"`
	DirectoryUser         string          `help:"Account that reads the directory: user@domain, DOMAIN\\name or a DN." placeholder:"ACCOUNT"`
	DirectoryPasswordFile string          `name:"directory-password-file" help:"File with that account's password; - reads standard input." placeholder:"FILE"`
	ServiceAccount        string          `help:"Account that the service runs under; the system's own where not given." placeholder:"ACCOUNT"`
	ServicePasswordFile   string          `help:"File with the password of a domain account that the service runs under (Windows); - reads standard input." placeholder:"FILE"`
	Answers               kong.ConfigFlag `help:"File with answers: JSON, by the flags' names. Secrets stay in files of their own." placeholder:"FILE"`
	Check                 bool            `help:"Only look at this machine, and say what was found."`
	Plain                 bool            `help:"Ask line by line instead of drawing a screen: for screen readers and serial consoles."`
	Again                 bool            `help:"With --unattended: enrol again even where nothing would change."`
	AcceptTerms           bool            `help:"Accept Passly's terms of use (needed with --unattended)."`
	Unattended            bool            `help:"Ask nothing: every answer is given by flags."`
	JSON                  bool            `name:"json" help:"With --unattended: print steps and result as JSON, one object a line."`
	State                 string          `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Vault                 string          `help:"Where the agent keeps its credentials: ${enum}." enum:"keyring,file,systemd" default:"keyring"`
	AllowMember           bool            `help:"Laboratories only: allow a Windows machine that is no domain controller."`
}

// Run sets up.
func (c SetupCmd) Run(ctx context.Context, streams Streams) error {
	facts := host.Look()
	if c.Directory == "" && facts.Domain != "" {
		c.Directory = "ldaps://" + strings.ToLower(facts.Name+"."+facts.Domain)
	}
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	if c.Check {
		return c.check(ctx, facts, paths, streams.Out)
	}
	if p := preflight.NotADomainController(facts, c.AllowMember); p != nil {
		return p
	}
	answers, err := c.answers(streams.In)
	if err != nil {
		return err
	}
	options := wizard.Options{
		Agent: handoff.Dial(paths.Channel), Examine: examine, Service: c.service(facts, paths), Host: facts.Name,
		Checks:       func() []preflight.Check { return preflight.Checks(c.look(facts, paths)) },
		AgentCommand: c.agentCommand(), Vault: c.Vault, Prefilled: answers, In: streams.In, Out: streams.Out,
	}
	if c.Unattended {
		return c.unattended(ctx, options, answers, streams.Out)
	}
	if c.Plain {
		_, err := wizard.Plain(ctx, options)
		return err
	}
	result, err := wizard.Run(ctx, options)
	if err == nil && result.Words != "" {
		fmt.Fprintln(streams.Out, terminal.Plain(result.Words))
	}
	return err
}

func examine(ctx context.Context, d handoff.Directory) (directory.Access, error) {
	return ad.Examine(ctx, agent.DirectorySettings(d))
}

// look says what the machine checks look at.
func (c SetupCmd) look(facts host.Facts, paths host.Paths) preflight.Settings {
	s := preflight.Settings{
		Facts: facts, State: paths.State, Agent: handoff.Dial(paths.Channel), AllowMember: c.AllowMember,
		Directory: c.Directory, Environ: os.Getenv,
	}
	if c.DirectoryCA != "" {
		s.DirectoryCA, _ = os.ReadFile(c.DirectoryCA) // the question about the directory says what is wrong with it
	}
	return s
}

// service is nil where the person has to start the agent: no service manager, or no right to use it.
func (c SetupCmd) service(facts host.Facts, paths host.Paths) wizard.Service {
	program, err := os.Executable()
	if err != nil || !facts.Elevated {
		return nil
	}
	s := installed{program: program, state: paths.State, allowMember: c.AllowMember}
	if _, err := s.manager("", c.Vault); err != nil {
		return nil
	}
	return &s
}

// installed is the agent's service, as the wizard has it installed.
type installed struct {
	program, state string
	allowMember    bool
	account, vault string // as last installed
	there          bool
}

func (i *installed) manager(account, vault string) (*service.Manager, error) {
	if vault == "" {
		vault = "keyring"
	}
	args := []string{"agent", "--state", i.state, "--vault", vault}
	if i.allowMember {
		args = append(args, "--allow-member")
	}
	return service.Open(service.Settings{Program: i.program, Args: args, State: i.state, Account: account})
}

// Installed says as whom the service runs; what it was installed as by this setup is all that is known.
func (i *installed) Installed(context.Context) (wizard.RunAs, bool, error) {
	return wizard.RunAs{Account: i.account, Vault: i.vault}, i.there, nil
}

// Install installs the service under an account, with its credentials in a kind of vault.
func (i *installed) Install(ctx context.Context, as wizard.RunAs) error {
	i.account, i.vault, i.there = as.Account, as.Vault, true
	return i.ask(func(m *service.Manager) error { return m.Install(ctx) })
}

// Start starts it.
func (i *installed) Start(ctx context.Context) error {
	return i.ask(func(m *service.Manager) error { return m.Start(ctx) })
}

// Remove takes it out of the system.
func (i *installed) Remove(ctx context.Context) error {
	return i.ask(func(m *service.Manager) error { return m.Remove(ctx) })
}

func (i *installed) ask(do func(*service.Manager) error) error {
	m, err := i.manager(i.account, i.vault)
	if err != nil {
		return err
	}
	return do(m)
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
