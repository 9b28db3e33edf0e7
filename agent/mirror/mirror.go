// Package mirror is the agent's local copy of what it has read from the directory and of what the tenant acknowledged:
// one SQLite file.
//
// What always holds:
//
//   - Entries and cursor commit together, so a cursor never promises what was not kept.
//   - What must be sent is the difference between wanted and pushed, stored as todo on each row: a state, not a queue.
//     Killed at any instant, the next run finds the same differences.
//   - pushed changes only by Acknowledge, that is after the tenant said yes.
//   - Nothing is inferred from a pass that did not complete.
//   - The file can be lost: the next run reads all and adopts the tenant's objects by GUID (Adopt).
//
// Deciding is package plan's; this package brings each decision its facts (place, names taken, standing) and keeps the
// verdict. Membership follows one rule, stated in judgeMembers.
package mirror

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

//go:embed schema.sql
var schema string

//go:embed entries.sql
var entriesTable string

// schemaVersion is SQLite's user_version of a file that this program understands. A mirror of another version is set aside:
// it can be made anew at the price of one full pass.
const schemaVersion = 3

// Mirror is safe for concurrent use: one writer at a time, readers beside it.
type Mirror struct {
	now   func() time.Time
	path  string
	agent string // whose it is
	read  *sql.DB
	write *sql.DB

	mu    sync.Mutex // held by whoever writes; guards what follows
	tree  *tree
	facts facts
	// adopting: the table of what the tenant already has is not empty.
	adopting bool
	stale    bool       // see reload
	looked   time.Time  // when JudgeDue looked last
	first    *firstPass // while the very first pass is taken in
	// distrusted is the number that Distrust gave last; facts.compared follows it.
	distrusted int64
	others     bool // see ForOthers
}

// ForOthers says, before anything is kept, that what stands for the tenant is a service of others: it has no place for account
// names, and what it has that the directory does not report, or reports outside the chosen units, was made by somebody else, whatever
// its externalId, and is let be.
func (m *Mirror) ForOthers() { m.others = true }

// ErrDamaged means that the file could not be used; the text says where it was set aside.
type ErrDamaged struct {
	Aside string
	Err   error
}

func (e *ErrDamaged) Error() string {
	return fmt.Sprintf("the mirror was damaged and set aside as %s: %v", e.Aside, e.Err)
}

// Unwrap gives the cause.
func (e *ErrDamaged) Unwrap() error { return e.Err }

// Open opens or makes the mirror of the given agent. A file that is damaged or of another version is set aside under a new
// name, never overwritten; then a new mirror and an *ErrDamaged come back together. A sound one of another agent is what an
// enrolment before this one left: nothing is wrong, and it is made anew.
func Open(ctx context.Context, path, agent string, now func() time.Time) (*Mirror, error) {
	m, err := open(ctx, path, agent, now)
	if errors.Is(err, errForeign) {
		if err := Remove(path); err != nil {
			return nil, err
		}
		return open(ctx, path, agent, now)
	}
	if err == nil || !damaged(err) {
		return m, err
	}
	aside, moveErr := setAside(path, now())
	if moveErr != nil {
		return nil, errors.Join(err, moveErr)
	}
	m, again := open(ctx, path, agent, now)
	if again != nil {
		return nil, again
	}
	return m, &ErrDamaged{Aside: aside, Err: err}
}

// files are the suffixes of a mirror's files.
var files = [...]string{"", "-wal", "-shm"}

// Remove removes a mirror that is not open, with what it knows of people. That there is none is no error.
func Remove(path string) error {
	for _, suffix := range files {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing the mirror: %w", err)
		}
	}
	return nil
}

// errForeign means that a sound mirror is another agent's.
var errForeign = errors.New("the mirror is another agent's")

// errUnfit means that a sound file is not the one that is wanted.
var errUnfit = errors.New("the mirror cannot be used")

// damaged reports whether the file itself is at fault. A full disk or a missing right is not: the file may be sound.
func damaged(err error) bool {
	if errors.Is(err, errUnfit) {
		return true
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return false
	}
	code := failed.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// explain gives words to a state folder that cannot be written to.
func explain(err error) error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return err
	}
	p := &problem.Problem{
		Code: problem.Code(control.StateDamaged), Title: "The agent cannot write to its state folder", Text: failed.Error(),
		Hint: "Check the disk and the rights on the agent's state folder; the agent goes on by itself.", Op: "writing to the mirror", Err: err,
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		p.Title, p.Hint = "The disk of the agent's state folder is full", "Make room; the agent goes on by itself and loses nothing."
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
	default:
		return err
	}
	return p
}

func setAside(path string, now time.Time) (string, error) {
	aside := fmt.Sprintf("%s.damaged-%s", path, now.UTC().Format("20060102T150405.000Z"))
	for _, suffix := range files {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("setting the damaged mirror aside: %w", err)
		}
	}
	return aside, nil
}

func open(ctx context.Context, path, agent string, now func() time.Time) (*Mirror, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the state folder: %w", err)
	}
	if err := private(path); err != nil {
		return nil, err
	}
	m := &Mirror{now: now, path: path, agent: agent}
	var err error
	if m.write, err = connect(path, 1, 4000, "MEMORY"); err != nil {
		return nil, err
	}
	if m.read, err = connect(path, 2, 1000, "MEMORY"); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if err := m.load(ctx, agent); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// private makes the file before the database does, for this account only: what stands beside it gets its rights (SQLite gives
// them the main file's), and people's names are in all of them.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the mirror: %w", err)
	}
	err = file.Chmod(0o600)
	for _, beside := range []string{"-wal", "-shm"} {
		if wrong := os.Chmod(path+beside, 0o600); wrong != nil && !errors.Is(wrong, fs.ErrNotExist) {
			err = errors.Join(err, wrong)
		}
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keeping the mirror to this account: %w", err)
	}
	return nil
}

// connect opens the file. WAL lets readers go on beside the writer; synchronous NORMAL keeps the file whole over a power
// cut and may lose the last commits then, which a level-triggered mirror reads and sends again. cache is in KiB, for each
// connection; what does not fit is sorted in memory or in a file.
func connect(path string, connections, cache int, sort string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+uriPath(path)+"?_txlock=immediate&_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(NORMAL)&_pragma=cache_size(-"+strconv.Itoa(cache)+")&_pragma=temp_store("+sort+")&_pragma=journal_size_limit(16777216)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return nil, fmt.Errorf("opening the mirror: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// load makes the tables of a new file, checks those of an old one, and reads what is kept in memory.
func (m *Mirror) load(ctx context.Context, agent string) error {
	var version int
	if err := m.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the mirror's version: %w", err)
	}
	if version == 0 {
		if err := m.create(ctx, agent); err != nil {
			return err
		}
	} else if version < schemaVersion {
		if err := m.upgrade(ctx, version); err != nil {
			return err
		}
	} else if version != schemaVersion {
		return fmt.Errorf("%w: it has version %d, this program knows %d", errUnfit, version, schemaVersion)
	}
	if err := m.check(ctx, agent); err != nil {
		return err
	}
	if err := m.index(ctx); err != nil { // a first pass may have been cut off
		return err
	}
	err := m.reload(ctx)
	m.distrusted = m.facts.compared
	return err
}

func (m *Mirror) create(ctx context.Context, agent string) error {
	tx, err := m.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("making the mirror: %w", err)
	}
	defer tx.Rollback()
	for _, step := range []string{entriesTable, schema, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)} {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("making the mirror's tables: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE facts SET agent = ?", agent); err != nil {
		return fmt.Errorf("making the mirror's tables: %w", err)
	}
	return tx.Commit()
}

func (m *Mirror) check(ctx context.Context, agent string) error {
	var verdict, owner string
	if err := m.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("checking the mirror: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errUnfit, verdict)
	}
	if err := m.write.QueryRowContext(ctx, "SELECT agent FROM facts").Scan(&owner); err != nil {
		return fmt.Errorf("checking the mirror: %w", err)
	}
	if owner != agent {
		return fmt.Errorf("%w: %q, not %q", errForeign, owner, agent)
	}
	return nil
}

// reload reads the tree and the facts, at the start and after a transaction that failed. Where it fails nothing is written until it
// comes to its end: what is in memory may never have been so.
func (m *Mirror) reload(ctx context.Context) error {
	m.stale = true
	facts, err := loadFacts(ctx, m.write)
	if err != nil {
		return err
	}
	tree, err := loadTree(ctx, m.write)
	if err != nil {
		return err
	}
	var adopting bool
	if err := m.write.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM adopted)").Scan(&adopting); err != nil {
		return fmt.Errorf("reading what the tenant has: %w", err)
	}
	m.facts, m.tree, m.adopting, m.stale = facts, tree, adopting, false
	return nil
}

// Close closes the file.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, db := range []*sql.DB{m.read, m.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Cursor gives the place to read on from; the zero Cursor asks for a full pass.
func (m *Mirror) Cursor() directory.Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts.cursor
}

// uriPath makes a path safe inside an SQLite URI.
func uriPath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}
