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

// learnRights finds out how much the account may see. Rights are tried, not computed: the server knows best.
func (s *session) learnRights(ctx context.Context) (err error) {
	if s.domain.SeesDeleted, err = s.seesDeleted(ctx); err != nil {
		return err
	}
	s.domain.Replicates, err = s.replicates(ctx)
	s.learned = time.Now()
	return err
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

// replicates reports whether the account has Replicating Directory Changes: the server checks it before anything else
// of a DirSync request without object security (MS-ADTS 3.1.1.3.4.1.3).
func (s *session) replicates(ctx context.Context) (bool, error) {
	request := dirSync(s.domain.BaseDN, "(&(objectClass=domainDNS)(objectGUID="+escaped(string(s.domain.GUID[:]))+"))", incrementalValues, nil)
	_, err := s.search(ctx, request, func([]byte) error { return nil })
	if problem.Is(err, directory.RightsMissing) {
		return false, nil
	}
	return err == nil, err
}

func notActiveDirectory() error {
	return &problem.Problem{
		Code: directory.Refused, Op: "reading the root DSE",
		Title: "What answers there is an LDAP server, but not an Active Directory domain controller",
		Hint:  "Use the address of a domain controller.",
	}
}
