package agent

import (
	"fmt"
	"strings"

	"passlysync/pkg/directory"
)

// accessOf puts what an account may do into words, with the commands that grant what it lacks.
func accessOf(d directory.Domain, account string) directory.Access {
	replicate := directory.Right{
		Name: directory.ReplicateChanges, Title: "Replicating Directory Changes", Held: d.Replicates,
		Means: "Changes are read with object security instead: somewhat slower, and only what the account may see.",
	}
	deleted := directory.Right{
		Name: directory.ListDeletedObjects, Title: "List deleted objects", Held: d.SeesDeleted,
		Means: "Deletions are found by a full read once an hour instead of at once.",
	}
	if !replicate.Held {
		replicate.Grant = replicateGrants(d.BaseDN, account)
	}
	if !deleted.Held {
		deleted.Grant = deletedGrants(d.BaseDN, account)
	}
	return directory.Access{
		Domain: d, Contexts: []directory.NamingContext{{DN: d.BaseDN, Readable: true}}, Rights: []directory.Right{replicate, deleted},
	}
}

func replicateGrants(base, account string) []directory.Grant {
	return []directory.Grant{
		{Tool: "dsacls", Commands: []string{fmt.Sprintf(`dsacls "%s" /G "%s:CA;Replicating Directory Changes"`, base, account)}},
		{Tool: "samba-tool", Commands: []string{fmt.Sprintf(
			`samba-tool dsacl set --objectdn="%s" --car=get-changes --action=allow --trusteedn="$(samba-tool user show %s --attributes=dn | sed -n 's/^dn: //p')"`,
			base, shellWord(logonName(account)))}},
	}
}

func deletedGrants(base, account string) []directory.Grant {
	container := "CN=Deleted Objects," + base
	return []directory.Grant{{Tool: "dsacls", Commands: []string{
		fmt.Sprintf(`dsacls "%s" /takeownership`, container),
		fmt.Sprintf(`dsacls "%s" /G "%s:LCRP"`, container, account),
	}}}
}

// logonName is the name without its domain: svc of svc@example.test and of EXAMPLE\svc.
func logonName(account string) string {
	if _, name, found := strings.Cut(account, `\`); found {
		return name
	}
	name, _, _ := strings.Cut(account, "@")
	return name
}

// shellWord quotes a word for a POSIX shell.
func shellWord(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
