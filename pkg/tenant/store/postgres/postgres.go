// Package postgres keeps a tenant in a PostgreSQL database, which any number of replicas share.
//
// One writes at a time, among all replicas: Write takes the one row of last_id for itself (FOR UPDATE) before anything else,
// and gives it back with its commit or its death. So a transaction sees all that was committed before it and nothing changes
// beside it: what holds with SQLite (names in use, the last owner, a message claimed once, ids that only grow) holds here by
// the same code, nothing has to be tried again, and what a transaction did in memory stays true. Serializable transactions
// would let writes overlap, for the price of running each again that met another, side effects and all; the writes of a
// tenant are short, and one after the other they are as quick as with SQLite's one writer.
//
// A replica that hangs or is cut off in a transaction does not hold the others up for long: the server ends a transaction that
// is idle, and a connection that does not answer. Who waits for the row longer than lockWait is told that the database is
// busy. Reads wait for nobody, each statement sees one moment.
//
// A commit is on the server's disk before Write returns, as the server's own synchronous_commit says.
//
// The schema is brought to the newest one by the first replica that opens it, the others wait for its advisory lock.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"passlysync/pkg/tenant/store/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Connections of one replica, and how long it waits: for the row that lets it write, for its own transaction, and for another
// replica's migrations, in seconds.
const (
	readers         = 8
	lockWait        = 20 * time.Second
	transactionLife = time.Minute
	migrationWait   = 300
)

// Open opens the database and brings it to the newest schema. Errors are problems.
func Open(ctx context.Context, a Address, now func() time.Time) (*sqlstore.Store, error) {
	if err := migrate(ctx, a.config.Copy()); err != nil {
		return nil, openProblem(a, err)
	}
	e, err := open(ctx, a, now)
	if err != nil {
		return nil, openProblem(a, err)
	}
	return sqlstore.New(e, dialect(), now), nil
}

func open(ctx context.Context, a Address, now func() time.Time) (*engine, error) {
	return openFor(ctx, a, now, transactionLife)
}

// openFor opens for transactions that may last as long as life.
func openFor(ctx context.Context, a Address, now func() time.Time, life time.Duration) (*engine, error) {
	config := a.config.Copy()
	for name, value := range map[string]string{
		"lock_timeout":                        milliseconds(lockWait),
		"idle_in_transaction_session_timeout": milliseconds(life),
		"tcp_keepalives_idle":                 "10",
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
	} {
		config.RuntimeParams[name] = value
	}
	e := &engine{reading: stdlib.OpenDB(*config), writing: stdlib.OpenDB(*config), turn: make(chan struct{}, 1), life: life, now: now}
	e.reading.SetMaxOpenConns(readers)
	e.reading.SetMaxIdleConns(readers)
	e.writing.SetMaxOpenConns(1)
	if err := e.reading.PingContext(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

func migrate(ctx context.Context, config *pgx.ConnConfig) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	steps, err := schema(db)
	if err != nil {
		return err
	}
	_, err = steps.Up(ctx)
	return err
}

// schema has the steps from one schema to the next.
func schema(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, migrationWait))
	if err != nil {
		return nil, err
	}
	return sqlstore.Steps(database.DialectPostgres, db, migrations, goose.WithSessionLocker(locker))
}
