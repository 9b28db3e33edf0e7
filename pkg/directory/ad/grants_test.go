package ad

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
)

const testSID = "S-1-5-21-1-2-3-1104"

// TestGrants holds the commands to the letter: somebody pastes them as a domain administrator.
func TestGrants(t *testing.T) {
	g := grantee{name: `ACME\svc sync`, sid: testSID, base: "DC=acme,DC=test"}
	powerShell := func(rest string, paths ...string) []string {
		commands := []string{
			"Import-Module ActiveDirectory",
			"$sid = [Security.Principal.SecurityIdentifier]'S-1-5-21-1-2-3-1104'",
			"$rule = New-Object System.DirectoryServices.ActiveDirectoryAccessRule($sid, 'ExtendedRight', 'Allow', " + rest + ")",
		}
		for _, path := range paths {
			commands = append(commands, `$path = 'AD:\`+path+`'; $acl = Get-Acl -LiteralPath $path; $acl.AddAccessRule($rule); Set-Acl -LiteralPath $path -AclObject $acl`)
		}
		return commands
	}
	for name, c := range map[string]struct {
		got  []directory.Grant
		want []directory.Grant
	}{
		"replication": {g.replicate(), []directory.Grant{
			{Tool: "dsacls", Commands: []string{`dsacls "DC=acme,DC=test" /G "ACME\svc sync:CA;Replicating Directory Changes"`}},
			{Tool: "PowerShell", Commands: powerShell("[Guid]'1131f6aa-9c07-11d1-f79f-00c04fc2dcd2'", "DC=acme,DC=test")},
			{Tool: "samba-tool", Commands: []string{
				"samba-tool dsacl set --objectdn='DC=acme,DC=test' --sddl='(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;" + testSID + ")'",
			}},
		}},
		"tombstones": {g.deleted()[:2], []directory.Grant{
			{Tool: "dsacls", Commands: []string{
				`dsacls "CN=Deleted Objects,DC=acme,DC=test" /takeownership`, `dsacls "CN=Deleted Objects,DC=acme,DC=test" /G "ACME\svc sync:LCRP"`,
			}},
			{Tool: "PowerShell", Commands: []string{
				`dsacls 'CN=Deleted Objects,DC=acme,DC=test' /takeownership`, `dsacls 'CN=Deleted Objects,DC=acme,DC=test' /G 'ACME\svc sync:LCRP'`,
			}},
		}},
		"passwords": {g.reset([]string{`OU=R&D\, \"it's\",DC=acme,DC=test`, "CN=Users,DC=acme,DC=test"}), []directory.Grant{
			{Tool: "dsacls", Commands: []string{
				`dsacls "OU=R\26D\2C \22it\27s\22,DC=acme,DC=test" /I:S /G "ACME\svc sync:CA;Reset Password;user"`,
				`dsacls "CN=Users,DC=acme,DC=test" /I:S /G "ACME\svc sync:CA;Reset Password;user"`,
			}},
			{Tool: "PowerShell", Commands: powerShell(
				"[Guid]'00299570-246d-11d0-a768-00aa006e0529', 'Descendents', [Guid]'bf967aba-0de6-11d0-a285-00aa003049e2'",
				`OU=R\26D\2C \22it\27s\22,DC=acme,DC=test`, "CN=Users,DC=acme,DC=test")},
			{Tool: "samba-tool", Commands: []string{
				`samba-tool dsacl set --objectdn='OU=R\26D\2C \22it\27s\22,DC=acme,DC=test' --sddl='(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;` + testSID + `)'`,
				`samba-tool dsacl set --objectdn='CN=Users,DC=acme,DC=test' --sddl='(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;` + testSID + `)'`,
			}},
		}},
		"passwords nowhere": {g.reset(nil), nil},
		"a name that is a command": {grantee{name: `ACME\o’$(calc)'`, sid: testSID, base: "DC=acme,DC=test"}.deleted()[:1], []directory.Grant{
			{Tool: "PowerShell", Commands: []string{
				`dsacls 'CN=Deleted Objects,DC=acme,DC=test' /takeownership`, `dsacls 'CN=Deleted Objects,DC=acme,DC=test' /G 'ACME\o’’$(calc)'':LCRP'`,
			}},
		}},
		"without a SID": {grantee{name: "svc@acme.test", base: "DC=acme,DC=test"}.replicate(), []directory.Grant{
			{Tool: "dsacls", Commands: []string{`dsacls "DC=acme,DC=test" /G "svc@acme.test:CA;Replicating Directory Changes"`}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzTyped looks for a name that means something to a shell, or that no longer names what it named.
func FuzzTyped(f *testing.F) {
	for _, name := range []string{"Sales", ` R&D, "a" 'b' $c %d% /e\f` + "`g` ", "“x” ‘y’ ‚z‛ „w‟", "#1", "a+b=c;<d>!^|*?[]{}", "São Paulo", "東京", "a\nb\x00"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		dn := typed("OU=" + typedValue(name) + ",DC=acme,DC=test")
		parsed, err := ldap.ParseDN(dn)
		if err != nil || len(parsed.RDNs) != 3 || parsed.RDNs[0].Attributes[0].Value != name {
			t.Errorf("%q became %s: %+v, %v", name, dn, parsed, err)
		}
		if at := strings.IndexAny(dn, "\"'`$%&|<>^!;*?[]{}/#\n\r\x00“”„‟‘’‚‛"); at >= 0 {
			t.Errorf("%q became %s, with %q", name, dn, dn[at:])
		}
	})
}
