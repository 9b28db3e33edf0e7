// Package wizard sets an agent up: a look at the machine, three questions (Passly domain, sign-in as the tenant's
// administrator, service account), a summary, the steps of the enrolment, done. On a machine that is enrolled already it
// opens on how things are and what can be done. It runs on a terminal's screen (Run), as lines (Plain), or from given
// answers (Unattended); all three fill in one setup by the same checks.
//
// What always holds:
//
//   - Each answer is checked live before the next question comes; an error says what to do, and nothing typed is lost.
//   - Nothing on the machine or at the tenant changes before the summary was confirmed.
//   - The wizard stores no secret. The enrolment token and the directory password go to the agent over the local channel,
//     the administrator's password to the tenant, and neither anywhere else: no log, no error, no file.
//   - Leaving says what was done and what was not.
//
// It knows the agent only as a handoff.Host and never imports it. What it asks of the world is in Options.
package wizard

import (
	"cmp"
	"context"
	"io"
	"os"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// Codes of the problems that only the wizard makes.
const (
	Left          problem.Code = "setup-left"      // the person left, see the text for what was done
	MissingAnswer problem.Code = "missing-answers" // unattended, and something was not answered
)

// Tenant is what the wizard asks of the tenant; control.Setup is one.
type Tenant interface {
	Discover(ctx context.Context, domain string) (base string, d control.Discovery, err error)
	SignIn(ctx context.Context, base string, in control.SignIn) (control.Session, error)
	// BeginDevice begins a sign-in in a browser on any machine; host is told to the person there.
	BeginDevice(ctx context.Context, base, host string) (control.DeviceSignIn, error)
	EnrolmentToken(ctx context.Context, base, session string) (control.EnrolmentToken, error)
	SignOut(ctx context.Context, base, session string) error
}

// Service installs and starts the agent as a service of this machine.
type Service interface {
	// Installed says as whom the service runs; false: it is not installed.
	Installed(ctx context.Context) (RunAs, bool, error)
	// Accepts is nil for an account that the service can run under.
	Accepts(ctx context.Context, as RunAs) error
	// Caution is what a person should know before the service runs under an account; empty: nothing.
	Caution(ctx context.Context, as RunAs) string
	// Install makes the service, or changes the one that is there.
	Install(ctx context.Context, as RunAs) error
	// Start starts it; one that runs is started anew.
	Start(ctx context.Context) error
	Remove(ctx context.Context) error
}

// RunAs is as whom the agent's service runs, and where it keeps its credentials.
type RunAs struct {
	Account  string // empty: the system's own
	Password string // of a domain account on Windows; a secret
	Vault    string // kind; empty: the OS keyring
}

// same reports whether a service that runs as one need not be changed to run as the other. A password that was given may be
// a new one.
func (r RunAs) same(other RunAs) bool {
	kind := func(vault string) string { return cmp.Or(vault, "keyring") }
	return r.Account == other.Account && other.Password == "" && kind(r.Vault) == kind(other.Vault)
}

// GoString and String keep the password out of anything that prints it.
func (r RunAs) String() string   { return r.Account }
func (r RunAs) GoString() string { return r.String() }

// Options is what the wizard works with. Agent and Examine are required; the rest has sense when empty.
type Options struct {
	// Agent is the local channel.
	Agent handoff.Host
	// Tenant makes the client that trusts further authorities (PEM); nil: control.NewSetup.
	Tenant func(ca []byte) (Tenant, error)
	// Checks look at the machine before the questions; nil: there are none.
	Checks func() []preflight.Check
	// Examine signs in to the directory with the service account and finds out what it may do there.
	Examine func(ctx context.Context, d handoff.Directory) (directory.Access, error)
	// ExamineService proves that a SCIM service of others is one, and takes the token; nil: by its answers.
	ExamineService func(ctx context.Context, s handoff.Service) error
	// Units lists the directory's organizational units; it is required with a SCIM service of others.
	Units func(ctx context.Context, d handoff.Directory) ([]directory.Entry, error)
	// Managed lists the directory's group managed service accounts; nil where the system runs no service as one.
	Managed func(ctx context.Context, d handoff.Directory) ([]directory.ServiceAccount, error)
	// Host is this machine's name, told to who approves a sign-in in a browser.
	Host string
	// Service is nil where there is no service manager, or not the right to use it: then the person starts the agent.
	Service Service
	// AgentCommand is what a person types to start the agent.
	AgentCommand string
	// Lives says in words how long the agent goes on, where neither a service nor a person keeps it (the demo).
	Lives string
	// Vault is where the agent shall keep its credentials, see vault.Kind; empty: the OS keyring.
	Vault string
	// TryVault tries a place for credentials of this account (see vault.Check), where the service will run as it; nil: the
	// service's account is another.
	TryVault func(ctx context.Context, kind string) error
	// Prefilled answers stand in the fields already. With an enrolment token the sign-in is left out.
	Prefilled Answers

	// OwnAccount says that the agent can sign in to the directory as the account that its service runs under: no other needs to be
	// given.
	OwnAccount bool

	// In and Out are the terminal; nil: standard input and output.
	In  io.Reader
	Out io.Writer
	// Environ is asked for NO_COLOR and TERM; nil: os.Getenv.
	Environ func(string) string
}

// Answers is what the wizard wants to know. Passwords and the token are secrets: they are never printed.
type Answers struct {
	Domain       string
	TenantCAFile string // PEM file with further authorities for the tenant

	Email          string
	Password       string
	Code           string // one-time code
	EnrolmentToken string // instead of a sign-in

	DirectoryURL      string
	DirectoryOthers   []string // further domain controllers; given by flag only
	DirectoryAccount  string
	DirectoryPassword string
	DirectoryKeytab   []byte // instead of a password; given by flag only
	DirectoryCAFile   string

	ServiceAccount  string // that the service runs under; empty: the system's own
	ServicePassword string // of a domain account on Windows

	// Service takes the tenant's place: a SCIM 2.0 service of others, and what a console would choose. Its token is a secret. Its CA
	// is TenantCAFile's. nil: a tenant.
	Service *handoff.Service

	AcceptTerms bool // unattended only; on the screen, going on accepts them
	Again       bool // unattended only: enrol again even where nothing would change
}

// GoString and String keep the secrets out of anything that prints the answers.
func (a Answers) String() string   { return "answers for " + a.Domain }
func (a Answers) GoString() string { return a.String() }

// Result is what stands when the wizard is done.
type Result struct {
	Tenant     string         `json:"tenant"` // base URL
	TenantName string         `json:"tenantName"`
	Console    string         `json:"console"` // URL of the page to go on at
	Agent      handoff.Status `json:"agent"`
	Words      string         `json:"words"` // what was done, in one line
}

func (o Options) withDefaults() Options {
	if o.Tenant == nil {
		o.Tenant = func(ca []byte) (Tenant, error) { return control.NewSetup(ca) }
	}
	if o.ExamineService == nil {
		o.ExamineService = examineService
	}
	if o.Checks == nil {
		o.Checks = func() []preflight.Check { return nil }
	}
	if o.AgentCommand == "" {
		o.AgentCommand = "passly-sync agent"
	}
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Environ == nil {
		o.Environ = os.Getenv
	}
	return o
}
