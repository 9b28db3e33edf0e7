package wizard

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
	"passlysync/pkg/trust"
)

// setup is what one run of the wizard knows by now. The screens and Unattended fill it in the same order with the same
// checks.
type setup struct {
	Options
	known handoff.Status // of the agent that is enrolled already; the zero one: none is

	tenantCA  string // PEM
	tenant    Tenant
	base      string
	discovery control.Discovery

	session  control.Session
	sessions []opened // every one that was opened, to be ended
	token    string   // given instead of a session

	service *handoff.Service // instead of a tenant, checked

	directory handoff.Directory
	access    directory.Access
	runAs     RunAs  // the service; its vault is Options.Vault
	caution   string // of running as that

	result Result
	lives  string // how long the agent goes on
}

// place is an answer to the first question, checked.
type place struct {
	ca        string
	tenant    Tenant
	base      string
	discovery control.Discovery
}

// find checks the first answer: the domain is a tenant's.
func (s *setup) find(ctx context.Context, domain, caFile string) (place, error) {
	ca, err := readCA(caFile)
	if err != nil {
		return place{}, err
	}
	if bases, err := control.Candidates(domain); ca == "" && err == nil && slices.Contains(bases, s.known.Tenant) {
		ca = s.known.TenantCA
	}
	tenant, err := s.Tenant([]byte(ca))
	if err != nil {
		return place{}, err
	}
	base, d, err := tenant.Discover(ctx, domain)
	if skew := d.ClockProblem(time.Now()); err == nil && skew != nil {
		err = skew
	}
	return place{ca: ca, tenant: tenant, base: base, discovery: d}, err
}

func (s *setup) found(p place) {
	if s.base != p.base {
		s.session = control.Session{}
	}
	s.service = nil
	p.discovery.TenantName = terminal.Line(p.discovery.TenantName)
	s.tenantCA, s.tenant, s.base, s.discovery = p.ca, p.tenant, p.base, p.discovery
}

// look checks the third answer: the directory lets this account in.
func (s *setup) look(ctx context.Context, a Answers) (handoff.Directory, directory.Access, error) {
	ca, err := readCA(a.DirectoryCAFile)
	if err != nil {
		return handoff.Directory{}, directory.Access{}, err
	}
	d := handoff.Directory{
		URL: DirectoryURL(a.DirectoryURL), Others: a.DirectoryOthers, CA: ca,
		Account: strings.TrimSpace(a.DirectoryAccount), Password: a.DirectoryPassword,
	}
	if d.Password == "" {
		d.Keytab = s.Prefilled.DirectoryKeytab
	}
	if d.CA == "" && d.URL == s.known.DirectoryURL {
		d.CA = s.known.DirectoryCA
	}
	access, err := s.Examine(ctx, d)
	if scheme(a.DirectoryURL) || !problem.Is(err, directory.Unreachable) {
		return d, access, err
	}
	sealed := d
	sealed.URL = SealedURL(a.DirectoryURL)
	if access, again := s.Examine(ctx, sealed); again == nil || !problem.Is(again, directory.Unreachable) {
		return sealed, access, again
	}
	return d, access, err
}

// scheme reports whether an address says how the directory is reached; of a bare host name it is found out.
func scheme(text string) bool { return strings.Contains(text, "://") }

// SealedURL is a host's address where it has no TLS.
func SealedURL(host string) string { return "ldap://" + strings.TrimSpace(host) }

// DirectoryURL completes a bare host name: LDAPS is what is meant.
func DirectoryURL(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || scheme(text) {
		return text
	}
	return "ldaps://" + text
}

func readCA(path string) (string, error) {
	path = strings.TrimSpace(path)
	if path == "" {
		return "", nil
	}
	raw, err := trust.ReadFile(path)
	if err != nil {
		reason := err
		var failed *os.PathError
		if errors.As(err, &failed) {
			reason = failed.Err
		}
		return "", &problem.Problem{
			Code: problem.Invalid, Title: "The CA file cannot be read", Text: path + ": " + problem.Reason(reason) + ".",
			Hint: "Give the path of a file with certificates in PEM form, or leave it empty.", Op: "reading a CA file", Err: err,
		}
	}
	return string(raw), nil
}

// consoleURL is the page on which to go on.
func (s *setup) consoleURL() string {
	if strings.Contains(s.discovery.Console, "://") {
		return s.discovery.Console
	}
	return s.base + "/" + strings.TrimPrefix(s.discovery.Console, "/")
}

// accountName is the account that reads the directory, in words.
func accountName(account string) string { return cmp.Or(account, "the service's own account") }
