package ad

import (
	"strconv"

	"passlysync/pkg/directory"
)

// Bits of userAccountControl for accounts that are no persons (MS-ADTS 2.2.16): interdomain, workstation and server
// trust.
const trustAccount = 0x0800 | 0x1000 | 0x2000

// classes says which object classes an entry has, as far as they decide what it is.
type classes uint8

const (
	classUser classes = 1 << iota
	classMachine
	classGroup
	classUnit
)

// classOf knows the classes that the filter lets through (MS-ADSC). Managed service accounts are subclasses of
// computer, but are named here in case a server leaves that out.
func classOf(name string) classes {
	switch name {
	case "user", "inetOrgPerson":
		return classUser
	case "computer", "msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount", "msDS-DelegatedManagedServiceAccount":
		return classMachine
	case "group":
		return classGroup
	case "organizationalUnit", "container", "builtinDomain", "domainDNS":
		return classUnit
	}
	return 0
}

// kind decides what an entry is for sync.
func (c classes) kind(critical bool, userAccountControl string) directory.Kind {
	switch {
	case c&classUnit != 0:
		return directory.KindUnit
	case critical, c&classMachine != 0, isTrust(userAccountControl):
		return directory.KindOther
	case c&classGroup != 0:
		return directory.KindGroup
	case c&classUser != 0:
		return directory.KindUser
	}
	return directory.KindOther
}

func isTrust(userAccountControl string) bool {
	bits, err := strconv.ParseInt(userAccountControl, 10, 64)
	return err == nil && bits&trustAccount != 0
}
