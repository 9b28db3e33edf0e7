package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"passlysync/agent"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/sasl"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/scim"
	"passlysync/pkg/terminal"
	"passlysync/pkg/trust"
	"passlysync/pkg/vault"
	"passlysync/wizard"
)

// SetupCmd is the wizard, or with --unattended the same from given answers. Secrets come from files or standard input (-).
type SetupCmd struct {
	Domain                string          `help:"Passly domain: acme, acme.my.passly.com or an address." placeholder:"DOMAIN"`
	CA                    string          `name:"ca" help:"Certificates to trust for the tenant, or the SCIM service, beside the system's (PEM)." placeholder:"FILE"`
	Email                 string          `help:"E-mail of the tenant's administrator." placeholder:"E-MAIL"`
	PasswordFile          string          `help:"File with the administrator's password; - reads standard input." placeholder:"FILE"`
	EnrolmentTokenFile    string          `help:"File with an enrolment token, instead of signing in; - reads standard input." placeholder:"FILE"`
	Target                string          `help:"What to sync into: tenant, or scim (any SCIM 2.0 service of others, see above)." enum:"tenant,scim" default:"tenant"`
	SCIMURL               string          `name:"scim-url" help:"With --target scim: address of the service, such as https://scim.example.com/scim/v2." placeholder:"URL"`
	SCIMTokenFile         string          `name:"scim-token-file" help:"File with the service's bearer token, that only you can read (chmod 600); - reads standard input." placeholder:"FILE"`
	SCIMOAuthTokenURL     string          `name:"scim-oauth-token-url" help:"Where the service's access tokens come from by OAuth 2.0 client credentials, instead of --scim-token-file." placeholder:"URL"`
	SCIMOAuthClientID     string          `name:"scim-oauth-client-id" help:"ID of the client there." placeholder:"ID"`
	SCIMOAuthSecretFile   string          `name:"scim-oauth-secret-file" help:"File with its secret, that only you can read (chmod 600); - reads standard input." placeholder:"FILE"`
	SCIMOAuthScope        string          `name:"scim-oauth-scope" help:"Scope to ask for, where the service wants one." placeholder:"SCOPE"`
	SCIMPlainHTTP         bool            `name:"scim-plain-http" help:"Allow an address without TLS on another machine. Everybody on the way can read the token."`
	Unit                  []string        `help:"With --target scim: an organizational unit to sync, by distinguished name; can be given again. The whole domain where not given." placeholder:"DN" sep:"none"`
	Incomplete            string          `help:"With --target scim: what an incomplete user does to the additions after it: halt (where not given) or skip." enum:"halt,skip," default:"" placeholder:"WHAT"`
	GuardUsers            string          `help:"With --target scim: how many users may be disabled at once: a number, a percentage, or both, of which the larger counts (20,10% where not given)." placeholder:"LIMIT"`
	GuardGroups           string          `help:"The same for groups to be removed." placeholder:"LIMIT"`
	GuardMemberships      string          `help:"The same for memberships to be removed." placeholder:"LIMIT"`
	Directory             string          `help:"Address of a domain controller: ldaps://dc1.example.com; ldap://dc1.example.com for StartTLS, or sealed by Kerberos where it has no certificate." placeholder:"URL"`
	DirectoryAlso         []string        `help:"A further domain controller for when that one does not answer, beside those that the directory lists; can be given again." placeholder:"URL"`
	DirectoryCA           string          `name:"directory-ca" help:"Certificates to trust for the directory, beside the system's (PEM)." placeholder:"FILE"`
	DirectoryUser         string          `help:"Account that reads the directory: user@domain, DOMAIN\\name or a DN." placeholder:"ACCOUNT"`
	DirectoryPasswordFile string          `name:"directory-password-file" help:"File with that account's password; - reads standard input." placeholder:"FILE"`
	DirectoryKeytabFile   string          `help:"Keytab of that account, instead of a password: signs in by Kerberos." placeholder:"FILE"`
	ServiceAccount        string          `help:"Account that the service runs under; the system's own where not given." placeholder:"ACCOUNT"`
	ServicePasswordFile   string          `help:"File with the password of a domain account that the service runs under (Windows); - reads standard input." placeholder:"FILE"`
	Answers               kong.ConfigFlag `help:"File with answers: JSON, by the flags' names. Secrets stay in files of their own." placeholder:"FILE"`
	Check                 bool            `help:"Only look at this machine, and say what was found."`
	Plain                 bool            `help:"Ask line by line instead of drawing a screen: for screen readers and serial consoles."`
	Again                 bool            `help:"With --unattended: enrol again even where nothing would change."`
	AcceptTerms           bool            `help:"Accept Passly's terms of use (needed with --unattended)."`
	Unattended            bool            `help:"Ask nothing: every answer is given by flags."`
	JSON                  bool            `name:"json" help:"With --unattended: print steps and result as JSON, one object a line."`
	Report                string          `help:"With --unattended: write steps and result into a file as well." placeholder:"FILE"`
	Window                bool            `hidden:"" help:"Opened by the installer or the Start menu."`
	State                 string          `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Vault                 string          `help:"Where the agent keeps its credentials: ${enum}." enum:"keyring,file,systemd" default:"keyring"`
	AllowMember           bool            `help:"Laboratories only: allow a Windows machine that is no domain controller."`
}

// Run sets up.
func (c SetupCmd) Run(ctx context.Context, streams Streams) error {
	ctx, stop := untilHungUp(ctx)
	defer stop()
	if c.Window {
		return c.inWindow(ctx, streams)
	}
	if !c.Unattended {
		return c.setUp(ctx, streams)
	}
	return c.reported(streams.Out, func(out io.Writer) error {
		streams.Out = out
		return c.setUp(ctx, streams)
	})
}

func (c SetupCmd) setUp(ctx context.Context, streams Streams) error {
	facts := host.Look()
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
	answers, err := c.answers(ctx, streams.In)
	if err != nil {
		return err
	}
	if answers.DirectoryURL == "" {
		answers.DirectoryURL = own(ctx, facts)
	}
	options := wizard.Options{
		Agent: handoff.Dial(paths.Channel), Examine: examine, Units: units, Service: c.wizardService(facts, paths), Host: facts.Name,
		Checks:       func() []preflight.Check { return preflight.Checks(c.look(ctx, facts, paths)) },
		AgentCommand: c.agentCommand(), Vault: c.Vault, Prefilled: answers, In: streams.In, Out: streams.Out,
	}
	if facts.OS == "windows" {
		options.Managed, options.OwnAccount = managed(facts.Name), sasl.OwnAccount
	} else {
		options.TryVault = func(ctx context.Context, kind string) error { return tryVault(ctx, kind, paths.State) }
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

// own is the address of the domain controller that this machine is; empty: it is none.
func own(ctx context.Context, facts host.Facts) string {
	if facts.Controller == "" {
		return ""
	}
	return ad.Address(ctx, nil, facts.Controller)
}

func examine(ctx context.Context, d handoff.Directory) (directory.Access, error) {
	return ad.Examine(ctx, agent.DirectorySettings(d))
}

// units lists the directory's organizational units.
func units(ctx context.Context, d handoff.Directory) ([]directory.Entry, error) {
	reader, err := ad.Open(ctx, agent.DirectorySettings(d))
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }()
	return reader.Units(ctx)
}

// tryVault tries a place for credentials in this account, which is the service's.
func tryVault(ctx context.Context, kind, state string) error {
	v, err := vault.Open(vault.Kind(kind), state)
	if err != nil {
		return err
	}
	return vault.Check(ctx, v)
}

// managed lists the managed service accounts of a directory, with those that this host may use.
func managed(host string) func(context.Context, handoff.Directory) ([]directory.ServiceAccount, error) {
	return func(ctx context.Context, d handoff.Directory) ([]directory.ServiceAccount, error) {
		return ad.ManagedAccounts(ctx, agent.DirectorySettings(d), host)
	}
}

// look says what the machine checks look at: what the flags say, else what an enrolled agent works with, else this machine.
func (c SetupCmd) look(ctx context.Context, facts host.Facts, paths host.Paths) preflight.Settings {
	s := preflight.Settings{
		Facts: facts, State: paths.State, Agent: handoff.Dial(paths.Channel), AllowMember: c.AllowMember,
		Directory: c.Directory, Environ: os.Getenv,
	}
	if s.Directory != "" && !strings.Contains(s.Directory, "://") {
		s.Directory = ad.Address(ctx, nil, s.Directory)
	}
	// What is wrong with a file or the domain, the question about it says.
	if c.DirectoryCA != "" {
		s.DirectoryCA, _ = trust.ReadFile(c.DirectoryCA)
	}
	if bases, err := control.Candidates(c.Domain); err == nil {
		s.Tenant = bases[0]
	}
	if address, err := scim.ServiceURL(c.SCIMURL, c.SCIMPlainHTTP); c.Target == targetSCIM && err == nil {
		s.Tenant = address
	}
	if c.CA != "" {
		s.TenantCA, _ = trust.ReadFile(c.CA)
	}
	if i := c.service(facts, paths); i != nil {
		s.Service = i
	}
	if status, err := s.Agent.Status(ctx); err == nil && status.Enrolled {
		inForce(&s, status)
	}
	if s.Directory == "" {
		s.Directory = own(ctx, facts)
	}
	return s
}

// inForce completes what to look at by what the enrolled agent works with.
func inForce(s *preflight.Settings, status handoff.Status) {
	if s.Directory == "" || s.Directory == status.DirectoryURL {
		s.Directory = status.DirectoryURL
		if len(s.DirectoryCA) == 0 {
			s.DirectoryCA = []byte(status.DirectoryCA)
		}
	}
	if s.Tenant == "" || s.Tenant == status.Tenant {
		s.Tenant = status.Tenant
		if len(s.TenantCA) == 0 {
			s.TenantCA = []byte(status.TenantCA)
		}
	}
}
