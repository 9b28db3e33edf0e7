package ad

import (
	"context"
	"slices"
	"strings"
)

// maxControllers bounds how many domain controllers are taken: one that is near answers long before the last.
const maxControllers = 16

// Of a computer's account.
const (
	attrHostName = "dNSHostName"
	// controllerAccounts are those of writable domain controllers: userAccountControl with ADS_UF_SERVER_TRUST_ACCOUNT (MS-ADTS 2.2.16), which
	// nobody but who may add a domain controller can set.
	controllerAccounts = "(&(objectCategory=computer)(userAccountControl:1.2.840.113556.1.4.803:=8192))"
)

// Controllers lists the domain's writable domain controllers by host name, in the order of names, as the directory itself has them.
// Names outside of the domain are left out.
func (r *Reader) Controllers(ctx context.Context) (names []string, err error) {
	err = r.with(ctx, func(s *session) error {
		rows, err := s.every(ctx, s.domain.BaseDN, controllerAccounts, []string{attrHostName})
		for _, row := range rows {
			name := strings.ToLower(row.value(attrHostName))
			if strings.HasSuffix(name, "."+strings.ToLower(s.domain.Name)) {
				names = append(names, name)
			}
		}
		return err
	})
	slices.Sort(names)
	return names[:min(len(names), maxControllers)], err
}
