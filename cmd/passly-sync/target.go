package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// targetSCIM is --target of a SCIM 2.0 service of others; tokenFlag and secretFlag name the files with its token, or the secret of a client that gets tokens.
const (
	targetSCIM = "scim"
	tokenFlag  = "--scim-token-file"
	secretFlag = "--scim-oauth-secret-file"
)

// Help tells what setup leaves out where there is no tenant.
func (SetupCmd) Help() string {
	return "With --target scim no Passly tenant is needed: users, groups and members are synced into any SCIM 2.0 service. Such a service has no\n\n· " +
		strings.Join(handoff.WithoutTenant, "\n\n· ") + "\n\nRun again with --target scim to change its units, limits or token."
}

// scimService is what the flags say of a SCIM service of others, without its token; nil: there is a tenant.
func (c SetupCmd) scimService() (*handoff.Service, error) {
	if c.Target != targetSCIM {
		return nil, c.tenantOnly()
	}
	for _, with := range []struct{ flag, value string }{
		{"--domain", c.Domain}, {"--email", c.Email}, {"--password-file", c.PasswordFile}, {"--enrolment-token-file", c.EnrolmentTokenFile},
	} {
		if with.value != "" {
			return nil, misplaced(with.flag, "a tenant", "Leave it out: with --target scim there is no tenant.")
		}
	}
	s := &handoff.Service{URL: c.SCIMURL, Plain: c.SCIMPlainHTTP, Units: c.Unit, Incomplete: control.Incomplete(c.Incomplete), Guard: control.DefaultGuard}
	if s.Incomplete == "" {
		s.Incomplete = control.IncompleteHalt
	}
	if c.oauth() {
		s.OAuth = &scim.OAuth{TokenURL: c.SCIMOAuthTokenURL, ClientID: c.SCIMOAuthClientID, Scope: c.SCIMOAuthScope}
		if c.SCIMTokenFile != "" {
			return nil, misplaced(tokenFlag, "a service that gives out tokens itself", "Leave it out, or leave out the flags that begin with --scim-oauth.")
		}
	}
	for _, limit := range []struct {
		flag, value string
		into        *control.Limit
	}{
		{"--guard-users", c.GuardUsers, &s.Guard.Users},
		{"--guard-groups", c.GuardGroups, &s.Guard.Groups},
		{"--guard-memberships", c.GuardMemberships, &s.Guard.Memberships},
	} {
		if err := readLimit(limit.flag, limit.value, limit.into); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// oauth reports whether access tokens come from a token endpoint.
func (c SetupCmd) oauth() bool {
	return c.SCIMOAuthTokenURL+c.SCIMOAuthClientID+c.SCIMOAuthSecretFile+c.SCIMOAuthScope != ""
}

// tenantOnly refuses what counts only without a tenant: there the console chooses it.
func (c SetupCmd) tenantOnly() error {
	for _, with := range []struct {
		flag  string
		given bool
	}{
		{"--scim-url", c.SCIMURL != ""},
		{tokenFlag, c.SCIMTokenFile != ""},
		{"--scim-oauth-token-url", c.oauth()},
		{"--scim-plain-http", c.SCIMPlainHTTP},
		{"--unit", len(c.Unit) > 0},
		{"--incomplete", c.Incomplete != ""},
		{"--guard-users", c.GuardUsers != ""},
		{"--guard-groups", c.GuardGroups != ""},
		{"--guard-memberships", c.GuardMemberships != ""},
	} {
		if with.given {
			return misplaced(with.flag, "a SCIM service", "Add --target scim. With a tenant, its console chooses units and limits.")
		}
	}
	return nil
}

func misplaced(flag, target, hint string) error {
	return &problem.Problem{Code: usage, Title: flag + " is for " + target, Hint: hint, Op: "reading the answers"}
}

// readLimit reads a limit of the guard: 20, 10% or 20,10%.
func readLimit(flag, text string, into *control.Limit) error {
	if text == "" {
		return nil
	}
	limit := control.Limit{}
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		number, percent := strings.CutSuffix(part, "%")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		switch {
		case err != nil || n < 0 || percent && n > 100:
			return &problem.Problem{
				Code: usage, Title: fmt.Sprintf("%s: %q is no limit", flag, text), Op: "reading the answers",
				Hint: "Give a number, a percentage, or both: 20 or 10% or 20,10%.",
			}
		case percent:
			limit.Percent = n
		default:
			limit.Number = n
		}
	}
	*into = limit
	return nil
}

// ownOnly refuses a file that others than its owner can read or change. Pipes have no others; Windows keeps rights elsewhere.
func ownOnly(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return errors.New("others than its owner can read or change it (mode " + fmt.Sprintf("%04o", info.Mode().Perm()) + ")")
	}
	return nil
}
