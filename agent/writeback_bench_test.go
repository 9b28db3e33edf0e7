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
// its own. In between, the same is done by nothing but LDAP: the controller does one thing at a time, and that is what the rest is
// made of.
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
	rounds := func(atOnce int, set setting) []time.Duration {
		round++
		return f.changeAll(users, round, atOnce, set)
	}
	for b.Loop() {
		took, plain := rounds(changedAtOnce, f.through), rounds(changedAtOnce, f.plainly())
		alone := rounds(1, f.through)
		for name, n := range map[string]float64{
			"ms-p50": quantile(took, 0.5), "ms-p99": quantile(took, 0.99), "ms-p50-plain": quantile(plain, 0.5), "ms-p99-plain": quantile(plain, 0.99),
			"ms-p50-alone": quantile(alone, 0.5), "ms-p99-alone": quantile(alone, 0.99),
		} {
			b.ReportMetric(n, name)
		}
	}
}

// setting is a way to change one password.
type setting func(u tenant.User, old, fresh string) error

func (f *firm) through(u tenant.User, old, fresh string) error {
	r := writeback.Request{User: u, Old: []byte(old), New: []byte(fresh), From: u.ID.String()}
	_, err := f.tenant.Passwords().Set(f.Context(), r)
	return err
}

// plainly changes passwords as a program would that has connections open already.
func (f *firm) plainly() setting {
	f.Helper()
	idle := make(chan *ldap.Conn, changedAtOnce)
	for range changedAtOnce {
		conn, err := f.bound("CN=writer,"+f.dc.BaseDN(), f.dc.Password())
		f.must(err)
		f.Cleanup(func() { _ = conn.Close() })
		idle <- conn
	}
	return func(u tenant.User, old, fresh string) error {
		conn := <-idle
		defer func() { idle <- conn }()
		request := ldap.NewModifyRequest("<GUID="+u.ExternalID+">", nil)
		request.Delete("unicodePwd", []string{inUTF16(old)})
		request.Add("unicodePwd", []string{inUTF16(fresh)})
		return conn.Modify(request)
	}
}

// inUTF16 is the form in which a password is set; those here are ASCII.
func inUTF16(password string) (value string) {
	for _, c := range `"` + password + `"` {
		value += string(c) + "\x00"
	}
	return value
}

func passwordOf(round int) string {
	if round == 0 {
		return atFirst
	}
	return fmt.Sprintf("Umbrella-%d-salads", round)
}

func (f *firm) changeAll(users []tenant.User, round, atOnce int, set setting) []time.Duration {
	f.Helper()
	took := make([]time.Duration, len(users))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, u := range users {
		group.Go(func() error {
			began, fresh := time.Now(), passwordOf(round)
			err := set(u, passwordOf(round-1), fresh)
			if err == nil {
				var conn *ldap.Conn
				if conn, err = f.bound(u.UserName, fresh); err == nil {
					_ = conn.Close()
				}
			}
			took[i] = time.Since(began)
			return err
		})
	}
	f.must(group.Wait())
	return took
}

// bound is somebody's own connection to the domain, by nothing of this project.
func (f *firm) bound(account, password string) (*ldap.Conn, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(f.dc.CA())
	conn, err := ldap.DialURL(f.dc.URL(), ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: strings.TrimPrefix(f.dc.URL(), "ldaps://")}))
	if err != nil {
		return nil, err
	}
	return conn, conn.Bind(account, password)
}

// quantile gives, in milliseconds, the smallest of the values that the share q does not exceed.
func quantile(all []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)].Seconds() * 1000
}
