package ad

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// grantee is who gets a right, and where. Its methods give the commands, each on the smallest scope, as they are typed:
//
//   - dsacls reads the same in cmd and in PowerShell. It knows rights by their English names.
//   - PowerShell has Active Directory's module, and knows rights by GUID.
//   - samba-tool is for a POSIX shell on a Samba domain controller, as root.
//
// A distinguished name goes into all of them in a spelling that no shell can misread (see typed).
type grantee struct {
	name string // DOMAIN\name or name@domain
	sid  string // S-1-5-21-…; where it is not known, only dsacls can be told
	base string // the domain's DN
}

// The tools, by the names that the screens show.
const (
	toolDsacls     = "dsacls"
	toolPowerShell = "PowerShell"
	toolSamba      = "samba-tool"
)

// replicate gives Replicating Directory Changes, a right on the domain itself.
func (g grantee) replicate() []directory.Grant {
	at := typed(g.base)
	return g.ways(
		[]string{fmt.Sprintf(`dsacls "%s" /G "%s:CA;Replicating Directory Changes"`, at, g.name)},
		g.powerShell([]string{g.base}, "[Guid]'"+getChanges+"'"),
		[]string{sambaTool(at, fmt.Sprintf("(OA;;CR;%s;;%s)", getChanges, g.sid))},
	)
}

// reset gives Reset Password for the people in units and below them, and for nothing else.
func (g grantee) reset(units []string) []directory.Grant {
	if len(units) == 0 {
		return nil
	}
	var windows, samba []string
	for _, unit := range units {
		at := typed(unit)
		windows = append(windows, fmt.Sprintf(`dsacls "%s" /I:S /G "%s:CA;Reset Password;user"`, at, g.name))
		samba = append(samba, sambaTool(at, fmt.Sprintf("(OA;CIIO;CR;%s;%s;%s)", forceChangePassword, userClass, g.sid)))
	}
	return g.ways(windows, g.powerShell(units, "[Guid]'"+forceChangePassword+"', 'Descendents', [Guid]'"+userClass+"'"), samba)
}

// deleted gives List and Read on the container of tombstones. Nobody but its owner may say who sees it, so on Windows it is
// taken over first; Active Directory's module does not reach it, while dsacls does, from PowerShell as well.
func (g grantee) deleted() []directory.Grant {
	at := typed("CN=Deleted Objects," + g.base)
	return g.ways(
		[]string{fmt.Sprintf(`dsacls "%s" /takeownership`, at), fmt.Sprintf(`dsacls "%s" /G "%s:LCRP"`, at, g.name)},
		[]string{fmt.Sprintf(`dsacls '%s' /takeownership`, at), fmt.Sprintf(`dsacls '%s' /G %s`, at, quoted(g.name+":LCRP"))},
		[]string{deletedOnSamba(at, fmt.Sprintf("(A;;LCRP;;;%s)", g.sid))},
	)
}

// ways leaves out a tool that cannot be told who gets the right: dsacls knows no SIDs, and a name within double quotes must
// not mean anything to PowerShell or cmd. The dollar sign at the end of a managed account's name does not.
func (g grantee) ways(dsacls, powerShell, samba []string) (grants []directory.Grant) {
	if !strings.ContainsAny(strings.TrimSuffix(g.name, "$"), "\"$`%“”„‟\r\n") {
		grants = append(grants, directory.Grant{Tool: toolDsacls, Commands: dsacls})
	}
	if g.sid != "" {
		grants = append(grants, directory.Grant{Tool: toolPowerShell, Commands: powerShell}, directory.Grant{Tool: toolSamba, Commands: samba})
	}
	return grants
}

// quoted is a word for PowerShell, to which typographic quotes are quotes as well.
func quoted(word string) string {
	var b strings.Builder
	for _, r := range word {
		if strings.ContainsRune("'‘’‚‛", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return "'" + b.String() + "'"
}

// powerShell adds one rule, an extended right with what the rule's constructor wants besides, to each object.
func (g grantee) powerShell(objects []string, rest string) []string {
	return g.powerShellRule(objects, "'ExtendedRight', 'Allow', "+rest)
}

func (g grantee) powerShellRule(objects []string, rule string) []string {
	commands := []string{
		"Import-Module ActiveDirectory",
		fmt.Sprintf("$sid = [Security.Principal.SecurityIdentifier]'%s'", g.sid),
		fmt.Sprintf("$rule = New-Object System.DirectoryServices.ActiveDirectoryAccessRule($sid, %s)", rule),
	}
	for _, dn := range objects {
		commands = append(commands, fmt.Sprintf(`$path = 'AD:\%s'; $acl = Get-Acl -LiteralPath $path; $acl.AddAccessRule($rule); Set-Acl -LiteralPath $path -AclObject $acl`, typed(dn)))
	}
	return commands
}

func sambaTool(at, ace string) string {
	return fmt.Sprintf("samba-tool dsacl set --objectdn='%s' --sddl='%s'", at, ace)
}

// deletedOnSamba adds a rule and keeps the others. samba-tool itself cannot see the container: it never asks for deleted
// objects. One line, so that it can be copied from a screen that wraps it.
func deletedOnSamba(at, ace string) string {
	const program = `import sys; from samba.auth import system_session; from samba.dcerpc.security import descriptor; ` +
		`from samba.param import LoadParm; from samba.samdb import SamDB; from samba.sd_utils import SDUtils; ` +
		`lp = LoadParm(); lp.load_default(); u = SDUtils(SamDB(session_info=system_session(), lp=lp)); ` +
		`c = ["show_deleted:1", "sd_flags:1:4"]; sd = u.read_sd_on_dn(sys.argv[1], c); ` +
		`sd.dacl_add(descriptor.from_sddl("D:" + sys.argv[2], u.domain_sid).dacl.aces[0]); u.modify_sd_on_dn(sys.argv[1], sd, c)`
	return fmt.Sprintf("/usr/bin/python3 -c '%s' '%s' '%s'", program, at, ace)
}

// typed spells a distinguished name so that it stands for itself between single and double quotes in cmd, PowerShell and a
// POSIX shell, and in a path of PowerShell's: everything but letters, digits and a few signs is in hexadecimal (RFC 4514
// §2.4). Whoever may name a unit must not be able to put a command into an administrator's shell: what cannot be read as a
// name becomes harmless, though of no use.
func typed(dn string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return typedValue(dn)
	}
	var names []string
	for _, rdn := range parsed.RDNs {
		var parts []string
		for _, part := range rdn.Attributes {
			parts = append(parts, typedValue(part.Type)+"="+typedValue(part.Value))
		}
		names = append(names, strings.Join(parts, "+"))
	}
	return strings.Join(names, ",")
}

func typedValue(value string) string {
	var b strings.Builder
	for i, size := 0, 0; i < len(value); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(value[i:])
		inside := i > 0 && i+size < len(value)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == ' ' && inside || strings.ContainsRune("-_.@()", r) {
			b.WriteRune(r)
			continue
		}
		for _, octet := range []byte(value[i : i+size]) {
			fmt.Fprintf(&b, `\%02X`, octet)
		}
	}
	return b.String()
}

// writable are the properties that two-way passwords write beside the password itself, by their schema GUIDs (MS-ADSC).
var writable = map[string]string{
	attrLastSet: "bf967a0a-0de6-11d0-a285-00aa003049e2",
	attrLockout: "28630ebf-41d5-11d1-a9c1-0000f80367c1",
}

// write gives Write on one property of the people in units and below them.
func (g grantee) write(units []string, attribute string) []directory.Grant {
	if len(units) == 0 {
		return nil
	}
	var windows, samba []string
	for _, unit := range units {
		at := typed(unit)
		windows = append(windows, fmt.Sprintf(`dsacls "%s" /I:S /G "%s:WP;%s;user"`, at, g.name, attribute))
		samba = append(samba, sambaTool(at, fmt.Sprintf("(OA;CIIO;WP;%s;%s;%s)", writable[attribute], userClass, g.sid)))
	}
	return g.ways(windows, g.powerShellRule(units, "'WriteProperty', 'Allow', [Guid]'"+writable[attribute]+"', 'Descendents', [Guid]'"+userClass+"'"), samba)
}
