package agent

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/sync/errgroup"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/writeback"
)

// How many passwords are changed, and how many at once.
const (
	changedPasswords = 100
	changedAtOnce    = 8
)

// BenchmarkPasswords changes people's passwords, the former one given, through the tenant and its agent (both in this process) and
// a real domain controller. It measures from the call of the page until the person is bound with the new one, over a connection of
// its own.
func BenchmarkPasswords(b *testing.B) {
	f := newFirm(b, allowReset)
	f.must(f.dc.Modify(b.Context(), f.dc.Root(), "minPwdAge", "0"))
	var users []tenant.User
	for i := range changedPasswords {
		f.hire(fmt.Sprintf("p%03d", i))
	}
	for i := range changedPasswords {
		users = append(users, f.user(fmt.Sprintf("p%03d", i)))
	}
	round := 0
	var took []time.Duration
	for b.Loop() {
		took = append(took, f.changeAll(users, round)...)
		round++
	}
	b.ReportMetric(quantile(took, 0.5), "ms-p50")
	b.ReportMetric(quantile(took, 0.99), "ms-p99")
}

func passwordOf(round int) string {
	if round == 0 {
		return atFirst
	}
	return fmt.Sprintf("Umbrella-%d-salads", round)
}

func (f *firm) changeAll(users []tenant.User, round int) []time.Duration {
	f.Helper()
	took := make([]time.Duration, len(users))
	group := errgroup.Group{}
	group.SetLimit(changedAtOnce)
	for i, u := range users {
		group.Go(func() error {
			began := time.Now()
			fresh := passwordOf(round + 1)
			_, err := f.tenant.Passwords().Set(f.Context(), writeback.Request{User: u, Old: []byte(passwordOf(round)), New: []byte(fresh), From: fmt.Sprintf("192.0.2.%d:1", i)})
			if err == nil {
				err = f.bind(u.UserName, fresh)
			}
			took[i] = time.Since(began)
			return err
		})
	}
	f.must(group.Wait())
	return took
}

// bind signs somebody in to the domain, by nothing of this project.
func (f *firm) bind(account, password string) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(f.dc.CA())
	conn, err := ldap.DialURL(f.dc.URL(), ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: strings.TrimPrefix(f.dc.URL(), "ldaps://")}))
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Bind(account, password)
}

// quantile gives, in milliseconds, the smallest of the values that the share q does not exceed.
func quantile(all []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)].Seconds() * 1000
}

