// Package sqlite keeps a tenant in one SQLite file.
//
// One connection writes, a few read (WAL: they never wait for each other). A commit is on the disk before Write returns
// (synchronous=FULL): it survives the death of the process and of the machine. Statements are prepared once. Inside a
// transaction statements run without the request's context, since the driver would start a goroutine for each; the
// context is looked at between them.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

const readers = 4

// engine is an opened file.
type engine struct {
	reading, writing *sql.DB
	readers          connection
	write            chan *writer // holds the one writer while nobody writes
	begun            bool
}

var _ sqlstore.Engine = (*engine)(nil)

// Open opens the file at path, makes it (mode 0600) when missing, and brings it to the newest schema.
func Open(ctx context.Context, path string, now func() time.Time) (*sqlstore.Store, error) {
	e, err := open(ctx, path, now)
	if err != nil {
		return nil, err
	}
	return sqlstore.New(e, dialect(), now), nil
}

func open(ctx context.Context, path string, now func() time.Time) (*engine, error) {
	if err := makeFile(path); err != nil {
		return nil, fmt.Errorf("opening the tenant's database: %w", err)
	}
	writing, err := sql.Open("sqlite", source(path, "_txlock=immediate"))
	if err != nil {
		return nil, openProblem(path, err)
	}
	writing.SetMaxOpenConns(1)
	if err := migrate(ctx, writing); err != nil {
		return nil, openProblem(path, errors.Join(err, writing.Close()))
	}
	reading, err := sql.Open("sqlite", source(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, openProblem(path, errors.Join(err, writing.Close()))
	}
	reading.SetMaxOpenConns(readers)
	reading.SetMaxIdleConns(readers)
	e := &engine{readers: newConnection(reading), reading: reading, writing: writing, write: make(chan *writer, 1)}
	if err := e.begin(ctx, now); err != nil {
		return nil, openProblem(path, errors.Join(err, e.Close()))
	}
	return e, nil
}

// makeFile makes the file before SQLite does, which would give it the mode of the umask.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// source opens the file. The log may grow to 64 MiB before it is written back: a page that many transactions touch, as those of
// indexes over names are, goes back once then.
func source(path, more string) string {
	const pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(16000)&"
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: pragmas + more}).String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := schema(db)
	if err != nil {
		return err
	}
	_, err = steps.Up(ctx)
	return err
}

// schema has the steps from one schema to the next.
func schema(db *sql.DB) (*goose.Provider, error) {
	return sqlstore.Steps(database.DialectSQLite3, db, migrations)
}

// begin takes the writing connection for good, and learns the last id given.
func (e *engine) begin(ctx context.Context, now func() time.Time) error {
	conn, err := e.writing.Conn(ctx)
	if err != nil {
		return err
	}
	w := &writer{connection: newConnection(conn), conn: conn}
	last, err := sqlstore.NewestID(ctx, w.queries())
	if err != nil {
		return errors.Join(err, w.close(), conn.Close())
	}
	w.ids = tenant.NewIDs(now, last)
	e.write <- w
	e.begun = true
	return nil
}

// Read is the readers.
func (e *engine) Read() sqlstore.Conn { return e.readers.queries() }

// Close waits for the write under way and closes the file.
func (e *engine) Close() error {
	var err error
	if e.begun {
		w := <-e.write
		err = errors.Join(w.close(), w.conn.Close())
	}
	return errors.Join(err, e.readers.close(), e.reading.Close(), e.writing.Close())
}

// openProblem puts what SQLite says of a file into words.
func openProblem(path string, err error) error {
	p := &problem.Problem{
		Code: problem.Internal, Title: "The tenant's database cannot be opened", Text: err.Error(),
		Hint: "Check the rights on " + path + " and the space on its disk.", Op: "opening " + path, Err: err,
	}
	var told *modernc.Error
	if errors.As(err, &told) {
		switch told.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			p.Title, p.Text = "The tenant's database is damaged", path+" is not a sound SQLite file. It was not touched."
			p.Hint = "Put the file of the last backup in its place. Agents then bring what is newer again by themselves."
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			p.Title, p.Text = "The tenant's database is in use", "Another process holds "+path+"."
			p.Hint = "Stop the other passly-tenant first."
		}
	}
	return p
}
