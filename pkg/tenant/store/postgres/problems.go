package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// comeBack is when to try again what the database could not do now.
const comeBack = 5 * time.Second

// told turns what is no fault of the program into a problem: the database is away, or busy. Agents and clients then try again.
func told(err error) error {
	if err == nil || !away(err) || errors.Is(err, context.Canceled) {
		return err
	}
	return &problem.Problem{
		Code: problem.Unavailable, Title: "The tenant's database does not answer", Text: "Nothing was changed, unless it was changed as a whole just before.",
		Hint: "Try again in a moment.", Op: "asking the database", Err: errors.Join(err, control.RetryAfter(comeBack)),
	}
}

// away reports whether a server, or the way to it, is gone or overloaded: classes 08 (connection), 53 (resources) and 57 (operator),
// a lock that was not given in time, or an error of the network.
func away(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		class := refused.Code[:min(2, len(refused.Code))]
		return class == "08" || class == "53" || class == "57" || refused.Code == lockNotGiven || refused.Code == "25P03"
	}
	var (
		connect *pgconn.ConnectError
		network net.Error
	)
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed")
}

// openProblem puts into words why a database cannot be opened.
func openProblem(a Address, err error) error {
	p := &problem.Problem{
		Code: problem.Internal, Title: "The tenant's database cannot be opened", Text: a.String() + ": " + err.Error(),
		Hint: "Check that the account may create tables and the extension pg_trgm there: it should own the database.", Op: "opening the database", Err: err,
	}
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code[:2] == "28":
		p.Code, p.Title = problem.CredentialsBad, "The database refuses the account"
		p.Hint = "Check the user in the address. The password belongs into the file that PGPASSFILE or ?passfile= names (~/.pgpass otherwise), or into the address in --database-file."
	case errors.As(err, &refused) && refused.Code == "3D000":
		p.Code, p.Title = problem.NotFound, "There is no such database"
		p.Hint = "Make it: CREATE DATABASE " + a.config.Database + " OWNER " + a.config.User + " ENCODING 'UTF8' TEMPLATE template0;"
	case away(err):
		p.Code, p.Title = problem.Unavailable, "The database cannot be reached"
		p.Hint = "Check that PostgreSQL runs there and lets this machine in (listen_addresses, pg_hba.conf, TLS)."
	}
	return p
}
