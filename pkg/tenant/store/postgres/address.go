package postgres

import (
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Address says where a database is and who asks. Its String has no password.
type Address struct {
	config *pgx.ConnConfig
	shown  string
}

// Parse reads a postgres:// address. What it does not say comes from where PostgreSQL's own programs look: PGUSER and the
// like, and for the password PGPASSFILE, ?passfile= or ~/.pgpass. A server on another machine is only talked to over TLS with
// its name verified, unless the address (or PGSSLMODE) has another sslmode.
func Parse(address string) (Address, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return Address{}, notUsable("It has to begin with postgres://", nil) // err may quote a password
	}
	if settings := u.Query(); settings.Get("sslmode") == "" && os.Getenv("PGSSLMODE") == "" && !near(u) {
		settings.Set("sslmode", "verify-full")
		u.RawQuery = settings.Encode()
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return Address{}, notUsable(err.Error(), err) // pgx leaves the password out
	}
	config.RuntimeParams["application_name"] = "passly-tenant"
	return Address{config: config, shown: shown(u)}, nil
}

// HasPassword reports whether an address has a password in it, which makes it a secret.
func HasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return strings.Contains(address, "@")
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// near reports whether an address is this machine's: a socket's folder, or loopback.
func near(u *url.URL) bool {
	host := u.Hostname()
	if host == "" {
		host = u.Query().Get("host")
	}
	if host == "" {
		host = os.Getenv("PGHOST")
	}
	return host == "" || strings.HasPrefix(host, "/") || control.Loopback(host)
}

// shown leaves out all that may be secret.
func shown(u *url.URL) string {
	s := url.URL{Scheme: "postgres", Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		s.User = url.User(name)
	}
	if host := u.Query().Get("host"); host != "" {
		s.RawQuery = url.Values{"host": {host}}.Encode()
	}
	return s.String()
}

// String gives the address without a password.
func (a Address) String() string { return a.shown }

func notUsable(text string, err error) error {
	return &problem.Problem{
		Code: problem.Invalid, Title: "The database's address cannot be used", Text: text,
		Hint: "Give one like postgres://passly@db.example.com/passly.", Op: "reading the database's address", Err: err,
	}
}
