package explain

import (
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// Ask reads what an administrator typed. The domain is the directory's DNS name; a distinguished name of another is nobody's
// here. Empty: it is not known.
func Ask(name, domain string) (mirror.Question, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > control.MaxExplainName {
		return mirror.Question{}, &problem.Problem{
			Code: problem.Invalid, Title: "Who is to be explained?", Op: "explaining",
			Text: "A name has from 1 to 1,024 bytes.",
			Hint: "Give a name, e-mail, user logon name, sAMAccountName, distinguished name or objectGUID.",
		}
	}
	if guid, err := directory.ParseGUID(name); err == nil {
		return mirror.Question{GUID: guid}, nil
	}
	if path := pathOf(name, domain); len(path) > 0 {
		return mirror.Question{Path: path}, nil
	}
	return mirror.Question{Text: name}, nil
}

// pathOf gives the names of a distinguished name, without the domain's; nil when it is none of this domain.
func pathOf(text, domain string) []string {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return nil
	}
	var path, labels []string
	for _, rdn := range dn.RDNs {
		one := rdn.Attributes[0]
		if strings.EqualFold(one.Type, "DC") {
			labels = append(labels, one.Value)
		} else {
			path = append(path, one.Value)
		}
	}
	if domain != "" && len(labels) > 0 && !strings.EqualFold(strings.Join(labels, "."), domain) {
		return nil
	}
	return path
}

// Explain answers from a mirror.
func Explain(ctx context.Context, m *mirror.Mirror, q mirror.Question, v View) ([]control.Explained, bool, error) {
	found, more, err := m.Find(ctx, q, control.MaxExplained)
	if err != nil {
		return nil, false, err
	}
	all := make([]control.Explained, 0, len(found))
	for _, k := range found {
		e := v.explained(k)
		if e.Groups, e.Members, err = m.In(ctx, k); err != nil {
			return nil, false, err
		}
		all = append(all, e)
	}
	return all, more, nil
}

func (v View) explained(k mirror.Known) control.Explained {
	u := k.User
	e := control.Explained{
		GUID: k.GUID, Kind: k.Kind, Name: k.Name, DisplayName: u.DisplayName, Mail: u.Mail, LogonName: u.LogonName,
		SAMAccountName: u.SAMAccountName, Place: k.Place, InScope: u.Place == plan.Inside, Unit: k.Unit, State: v.State(k),
		Other: k.Other, Tenant: control.TenantHolds{Added: k.Added, Active: k.Added && k.Active, Current: k.Current},
	}
	if k.Kind == directory.KindUser && !u.Deleted {
		e.Missing = u.Missing()
	}
	if at, ever := u.ExpiresAt(); ever {
		e.Expires = at
	}
	e.Action, e.Because = v.Action(k)
	e.Words = control.Words{Title: v.Sentence(k, e.Action, e.Because), Text: v.circumstances(k), Hint: v.hint(k, e.Because)}
	return e
}

// circumstances say where an entry stands and what the tenant has of it.
func (v View) circumstances(k mirror.Known) string {
	var parts []string
	switch {
	case k.Unit != "" && k.Unit != k.Place:
		parts = append(parts, "Stands in "+k.Place+", in scope by the chosen unit "+k.Unit+".")
	case k.Unit != "":
		parts = append(parts, "Stands in the chosen unit "+k.Unit+".")
	case k.Place != "":
		parts = append(parts, "Stands in "+k.Place+".")
	}
	parts = append(parts, v.holds(k))
	if v.Paused {
		parts = append(parts, "The agent is paused: nothing is sent until it is enabled.")
	}
	return strings.Join(parts, " ")
}

func (v View) holds(k mirror.Known) string {
	what := "this " + string(k.Kind)
	switch {
	case !k.Added:
		return "The tenant does not have " + what + "."
	case k.Kind == directory.KindUser && !k.Active:
		return "The tenant has " + what + " as Disabled."
	case k.Current:
		return "The tenant has " + what + " with its current values."
	}
	return "The tenant has " + what + " with its last good values."
}

// hint says what to do to change it.
func (v View) hint(k mirror.Known, because control.Because) string {
	switch because {
	case control.BecauseIncomplete:
		return "Fill in " + strings.Join(k.User.Missing(), ", ") + " in Active Directory; sync follows within seconds."
	case control.BecauseConflict:
		return "Give one of the two another e-mail or user logon name in Active Directory."
	case control.BecauseWaiting:
		return "Complete, disable or move " + v.Blocker.Name + " in Active Directory, or set incomplete users to Skip in the console."
	case control.BecauseHeld:
		return "Look at the held removals in the console: approve them if they are meant, or mend the directory or the chosen units."
	case control.BecauseRejected:
		return "It is judged anew when the directory or the chosen units change something about it, and can be approved in the console."
	case control.BecauseRefused:
		return "Sync tries again by itself; the tenant’s reason names what to mend."
	case control.BecauseOutOfScope:
		return "Choose this unit in the console, or move the entry into a chosen one."
	case control.BecauseDisabled:
		return "Enable the account in Active Directory."
	case control.BecauseExpired:
		return "Set another expiry date in Active Directory."
	}
	return ""
}
