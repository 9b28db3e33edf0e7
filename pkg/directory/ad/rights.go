package ad

import (
	"context"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// deletedObjects is the well-known GUID of the container of tombstones (MS-ADTS 6.1.1.4); its name may differ.
const deletedObjects = "18E2EA80684F11D2B9AA00C04F79F805"

// learnRights finds out how much the account may see, and how changes can be read. Rights are tried, not computed: the server
// knows best. What fails leaves what was known.
func (s *session) learnRights(ctx context.Context) error {
	sees, err := s.seesDeleted(ctx)
	if err != nil {
		return err
	}
	if err := s.learnWay(ctx); err != nil {
		return err
	}
	s.domain.SeesDeleted, s.learned = sees, time.Now()
	return nil
}

// learnWay tries DirSync as who may replicate, then with object security, which any account may use unless the directory
// refuses DirSync altogether. A way that is known to be open is not tried again, since Windows goes through the whole domain
// for it: a pass says soon enough when it is closed.
func (s *session) learnWay(ctx context.Context) error {
	known, byUSN := !s.learned.IsZero(), s.domain.ByUSN
	if known && s.domain.Replicates {
		return nil
	}
	replicates, err := s.mayDirSync(ctx, incrementalValues)
	switch {
	case err != nil:
		return err
	case replicates:
		byUSN = false
	case !known || byUSN:
		secure, err := s.mayDirSync(ctx, incrementalValues|objectSecurity)
		if err != nil {
			return err
		}
		byUSN = !secure
	}
	s.domain.Replicates, s.domain.ByUSN = replicates, byUSN
	return nil
}

// seesDeleted reports whether tombstones can be read. Without List and Read on their container they are silently
// missing from every answer, even for an account that may replicate.
func (s *session) seesDeleted(ctx context.Context) (bool, error) {
	request := baseOf("<WKGUID="+deletedObjects+","+s.domain.BaseDN+">", []string{attrGUID},
		ldap.NewControlString(ldap.ControlTypeMicrosoftShowDeleted, true, ""))
	seen := false
	_, err := s.search(ctx, request, func(message []byte) error {
		_, err := new(decoder).decode(message)
		seen = seen || err == nil // seen without its attributes: listed, but not readable
		return nil
	})
	if saysNo(err) {
		return false, nil
	}
	return seen, err
}

// saysNo tells an answer that denies from one that failed.
func saysNo(err error) bool {
	return problem.Is(err, directory.Refused) || problem.Is(err, directory.RightsMissing)
}

// mayDirSync asks for the domain itself. The server checks Replicating Directory Changes before anything else of a request
// without object security (MS-ADTS 3.1.1.3.4.1.3).
func (s *session) mayDirSync(ctx context.Context, flags int64) (bool, error) {
	request := dirSync(s.domain.BaseDN, "(&(objectClass=domainDNS)(objectGUID="+escaped(string(s.domain.GUID[:]))+"))", flags, nil)
	_, err := s.search(ctx, request, func([]byte) error { return nil })
	if refusesDirSync(err) {
		return false, nil
	}
	return err == nil, err
}

// refusesDirSync tells a directory that does not let this account use DirSync, or knows no such control, from one that cannot
// answer now.
func refusesDirSync(err error) bool {
	switch code(err) {
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultUnavailableCriticalExtension:
		return true
	}
	return false
}

func notActiveDirectory() error {
	return &problem.Problem{
		Code: directory.Refused, Op: "reading the root DSE",
		Title: "What answers there is an LDAP server, but not an Active Directory domain controller",
		Hint:  "Use the address of a domain controller.",
	}
}
