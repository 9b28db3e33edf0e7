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
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

const readers = 4

// Store is a store.Store in a SQLite file.
type Store struct {
	session // reads
	reading *sql.DB
	writing *sql.DB
	write   chan *writer // holds the one writer while nobody writes
	ids     *tenant.IDs
	now     func() time.Time
}

var _ store.Store = (*Store)(nil)

// Open opens the file at path, makes it (mode 0600) when missing, and brings it to the newest schema.
func Open(ctx context.Context, path string, now func() time.Time) (*Store, error) {
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
	s := &Store{session: newSession(reading), reading: reading, writing: writing, write: make(chan *writer, 1), now: now}
	if err := s.begin(ctx); err != nil {
		return nil, openProblem(path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// makeFile makes the file before SQLite does, which would give it the mode of the umask.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func source(path, more string) string {
	const pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(4000)&"
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
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(database.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

// begin takes the writing connection for good, and learns the last id given.
func (s *Store) begin(ctx context.Context) error {
	conn, err := s.writing.Conn(ctx)
	if err != nil {
		return err
	}
	var last tenant.ID
	const newest = `SELECT max(coalesce((SELECT max(id) FROM users), 0), coalesce((SELECT max(id) FROM groups), 0),
		coalesce((SELECT max(id) FROM agents), 0), coalesce((SELECT max(id) FROM organizations), 0),
		coalesce((SELECT max(id) FROM administrators), 0), coalesce((SELECT max(number) FROM runs), 0),
		coalesce((SELECT max((SELECT max(r.number) FROM run_rows r WHERE r.run = l.number)) FROM
			(SELECT number FROM runs WHERE number <> 0 ORDER BY number DESC LIMIT 50) l), 0))`
	if err := conn.QueryRowContext(ctx, newest).Scan(&last); err != nil {
		return errors.Join(err, conn.Close())
	}
	s.ids = tenant.NewIDs(s.now, last)
	s.write <- &writer{session: newSession(conn), conn: conn, ids: s.ids, now: s.now}
	return nil
}

// Close waits for the write under way and closes the file.
func (s *Store) Close() error {
	var err error
	if s.ids != nil {
		w := <-s.write
		err = errors.Join(w.close(), w.conn.Close())
	}
	return errors.Join(err, s.session.close(), s.reading.Close(), s.writing.Close())
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
