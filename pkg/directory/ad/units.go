package ad

import (
	"context"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// unitClasses are the object classes of what can hold people and groups (MS-ADSC); subclasses match as well.
const unitClasses = "(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS)"

// Units gives every unit, parents before children.
func (r *Reader) Units(ctx context.Context) (units []directory.Entry, err error) {
	attributes := []string{attrGUID, attrParent, attrName, attrClass, attrCritical, directory.Description}
	err = r.with(ctx, func(s *session) error {
		found, err := s.plain(ctx, s.domain.BaseDN, ldap.ScopeWholeSubtree, "(|"+unitClasses+")", attributes)
		if err != nil {
			return err
		}
		units, err = ordered(found, s.domain.GUID)
		return err
	})
	return units, err
}

// ordered sorts parents before children. What hangs on no unit, which a restricted account may see, comes last.
func ordered(found []found, root directory.GUID) ([]directory.Entry, error) {
	below := map[directory.GUID][]int{}
	at := -1
	for i, e := range found {
		if e.GUID == root {
			at = i
			continue
		}
		below[e.Parent] = append(below[e.Parent], i)
	}
	if at < 0 {
		return nil, wrong("the domain itself is not among the units")
	}
	units := make([]directory.Entry, 0, len(found))
	placed := make([]bool, len(found))
	queue := []int{at}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		units, placed[i] = append(units, found[i].Entry), true
		queue = append(queue, below[found[i].GUID]...)
	}
	for i := range found {
		if !placed[i] {
			units = append(units, found[i].Entry)
		}
	}
	return units, nil
}
