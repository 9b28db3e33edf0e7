// Package handoff is the local channel between the agent's process and the people's programs beside it: the setup wizard
// and the small commands (status, sync, …).
//
// It exists because credential stores are per account: the process that will read the credentials must be the one that
// writes them. So the wizard hands an enrolment token and the directory password over, and the agent makes and stores its
// own key, which never leaves it. The channel is a unix socket of mode 0600 (a named pipe with an ACL on Windows); each
// side checks who the other is. The agent implements Host; the wizard and commands hold a Client, which offers the same
// methods.
package handoff

import (
	"context"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// Host is what the agent's process answers.
type Host interface {
	// Status says how the agent is. It never blocks on the network.
	Status(ctx context.Context) (Status, error)
	// Enrol makes this agent a member of a tenant and stores its credentials, telling each step as it begins and ends. A
	// failed step leaves nothing behind. Errors are problems.
	Enrol(ctx context.Context, e Enrolment, step func(Step)) error
	// SyncNow starts a cycle at once; it returns when the cycle was asked for.
	SyncNow(ctx context.Context) error
	// ChangeDirectory gives the enrolled agent another account for the same directory: it signs in with it, then stores the
	// password in its keyring and goes on with it. An empty URL or CA keeps what is in force. Errors leave all as it was.
	ChangeDirectory(ctx context.Context, d Directory) error
	// CheckVault tries the place where credentials of a kind would be kept (see vault.Check), in the agent's account: what
	// fails there would fail in the middle of an enrolment. An empty kind is the OS keyring.
	CheckVault(ctx context.Context, kind string) error
	// Leave tells the tenant that the agent leaves it, then forgets credentials and tenant and waits to be enrolled again.
	// A tenant that cannot be told does not keep the agent: the Farewell says why.
	Leave(ctx context.Context) (Farewell, error)
}

// Forecaster is a Host that also looks ahead. Nothing is changed by it.
type Forecaster interface {
	// Preview says what the next sync would do with the proposed settings; see control.PreviewArgs. It answers within
	// control.PreviewAnswerIn; a preview that takes longer comes as Reading, to be asked for again by its ID.
	Preview(ctx context.Context, args control.PreviewArgs) (control.Preview, error)
	// Explain says why somebody is, or is not, in the tenant.
	Explain(ctx context.Context, args control.ExplainArgs) (control.Explanation, error)
}

// Decider is a Host that lists the removals that the guard holds, and takes decisions on them where no console does.
type Decider interface {
	Held(ctx context.Context, args control.HeldArgs) (control.HeldPage, error)
	// Decide keeps a decision; see control.DecideArgs. All of a set are named by its digest.
	Decide(ctx context.Context, args control.DecideArgs) (control.Decided, error)
}

// Farewell says what a tenant that an agent left knows of it.
type Farewell struct {
	Told    bool             `json:"told"`
	Problem *problem.Problem `json:"problem,omitzero"` // why it could not be told
}

// Enrolment is what the wizard hands over.
type Enrolment struct {
	Tenant    string    `json:"tenant"`            // base URL: https://acme.my.passly.com
	TenantCA  string    `json:"tenantCa,omitzero"` // PEM; empty: the system's roots
	Token     string    `json:"token"`             // one-time enrolment token
	Directory Directory `json:"directory"`
	Vault     string    `json:"vault,omitzero"` // see vault.Open; empty: the OS keyring
	// Service takes the tenant's place: a SCIM 2.0 service of others. Then Tenant, TenantCA and Token are empty.
	Service *Service `json:"service,omitzero"`
}

// Service is a SCIM 2.0 service of others, and what a tenant's console would choose for the agent.
type Service struct {
	URL        string             `json:"url"`
	CA         string             `json:"ca,omitzero"`    // PEM; empty: the system's roots
	Plain      bool               `json:"plain,omitzero"` // plain HTTP to another machine was asked for
	Token      string             `json:"token"`          // goes to the keyring and nowhere else
	OAuth      *scim.OAuth        `json:"oauth,omitzero"` // where access tokens come from, with Token as the client's secret
	Units      []string           `json:"units,omitzero"` // by distinguished name; empty: the whole domain
	Incomplete control.Incomplete `json:"incomplete"`
	Guard      control.Guard      `json:"guard"`
}

// GoString and String keep the token out of anything that prints it.
func (s Service) String() string   { return s.URL }
func (s Service) GoString() string { return s.String() }

// Directory says how to reach Active Directory, and as whom.
type Directory struct {
	URL string `json:"url"` // ldaps://dc1.example.test or ldap:// (StartTLS, or sealed by Kerberos where there is no TLS)
	// Others are further domain controllers, for when that one does not answer, beside those that the directory lists.
	Others   []string `json:"others,omitzero"`
	CA       string   `json:"ca,omitzero"`       // PEM; empty: the system's roots
	Account  string   `json:"account"`           // UPN, DN or DOMAIN\name; empty: on Windows the agent's own
	Password string   `json:"password,omitzero"` // goes to the keyring and nowhere else
	Keytab   []byte   `json:"keytab,omitzero"`   // instead of a password; as that
}

// WithoutSecrets is what may be kept in a file.
func (d Directory) WithoutSecrets() Directory {
	d.Password, d.Keytab = "", nil
	return d
}

// Names of the steps of an enrolment, in their order.
const (
	StepDirectory = "Sign in to the directory"
	StepKey       = "Make the agent's key"
	StepKeyring   = "Store the credentials in the keyring"
	StepService   = "Sign in to the SCIM service" // instead of the key, the enrolment and the check-in
	StepUnits     = "Find the organizational units"
	StepEnrol     = "Enrol with the tenant"
	StepCheckIn   = "First check-in"
	StepFarewell  = "Leave the former tenant" // only where the agent moves from one to another
)

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	StepRunning StepState = "running"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepUndone  StepState = "undone" // it was done, and taken back since a later one failed
)

// Step tells one step's progress.
type Step struct {
	Name    string           `json:"name"`
	State   StepState        `json:"state"`
	Detail  string           `json:"detail,omitzero"` // such as the keyring's name
	Problem *problem.Problem `json:"problem,omitzero"`
}

// TargetSCIM is Status.Target of an agent that syncs into a SCIM service of others.
const TargetSCIM = "scim"

// Status is how the agent is.
type Status struct {
	Version string `json:"version"`
	// Target is what the agent syncs into: TargetSCIM, or empty for a tenant. The service's address stands as Tenant then, its
	// host as TenantName.
	Target     string                 `json:"target,omitzero"`
	Without    []string               `json:"without,omitzero"`  // what such a target cannot do, in words
	Settings   *control.Configuration `json:"settings,omitzero"` // kept beside such an agent
	OAuth      *scim.OAuth            `json:"oauth,omitzero"`    // where such an agent's access tokens come from
	Units      []string               `json:"units,omitzero"`    // of it, by distinguished name
	Enrolled   bool                   `json:"enrolled"`
	AgentID    string                 `json:"agentId,omitzero"`
	Name       string                 `json:"name,omitzero"`   // friendly name
	RunsAs     string                 `json:"runsAs,omitzero"` // the account of the agent's process
	Tenant     string                 `json:"tenant,omitzero"`
	TenantName string                 `json:"tenantName,omitzero"`
	Console    string                 `json:"console,omitzero"` // URL
	Vault      string                 `json:"vault,omitzero"`   // where the credentials are, in words
	VaultKind  string                 `json:"vaultKind,omitzero"`
	Directory  control.DirectoryFacts `json:"directory,omitzero"`
	// What the agent was set up with; the authorities to trust are PEM.
	TenantCA         string              `json:"tenantCa,omitzero"`
	DirectoryCA      string              `json:"directoryCa,omitzero"`
	DirectoryURL     string              `json:"directoryUrl,omitzero"`
	DirectoryAccount string              `json:"directoryAccount,omitzero"`
	Conditions       []control.Condition `json:"conditions"`
	Counts           control.Counts      `json:"counts"`
	LastSync         time.Time           `json:"lastSync,omitzero"`
	Lag              float64             `json:"lag"` // seconds
}
