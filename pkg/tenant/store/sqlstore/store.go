// Package sqlstore keeps a tenant in an SQL database: every query of the store is written here, once, for all engines. An
// engine's own package (sqlite, postgres) opens the database, brings it to the newest schema, and hands over an Engine and
// a Dialect.
//
// What belongs here is SQL that both engines understand. What truly differs is a field of Dialect, and each has a test in the
// suite (storetest) that fails where one engine's answer is another's. Texts compare and sort by their bytes, on both; folding
// to lower case is the program's. Times are milliseconds since 1970, ids tenant.IDs.
//
// Statements of a transaction run to their end, without the request's context, which is looked at between them.
package sqlstore

import (
	"context"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Engine is an opened database of the newest schema.
type Engine interface {
	// Read is what is used outside of transactions, by any number at once.
	Read() Conn
	// Transact runs do in one transaction, one at a time among all who have the database open, and commits when it returns nil.
	Transact(ctx context.Context, do func(Tx) error) error
	Close() error
}

// Conn runs queries.
type Conn struct {
	Own    Runner // the program's own queries
	Shaped Runner // those made from a store.Query, in as many shapes as clients think of
}

// Tx is a transaction under way.
type Tx struct {
	Conn
	IDs *tenant.IDs // later than all that were given before
}

// Store is a store.Store in an SQL database.
type Store struct {
	session // reads
	engine  Engine
	now     func() time.Time
}

var _ store.Store = (*Store)(nil)

// New makes a Store.
func New(e Engine, d *Dialect, now func() time.Time) *Store {
	return &Store{session: session{Conn: e.Read(), dialect: d}, engine: e, now: now}
}

// Write runs do in one transaction.
func (s *Store) Write(ctx context.Context, do func(store.Tx) error) error {
	return s.engine.Transact(ctx, func(tx Tx) error {
		return do(&writer{session: session{Conn: tx.Conn, dialect: s.dialect}, ids: tx.IDs, now: s.now})
	})
}

// Close closes the database.
func (s *Store) Close() error { return s.engine.Close() }

// NewestID gives the latest of all ids in a database.
func NewestID(ctx context.Context, c Conn) (tenant.ID, error) {
	var last tenant.ID
	const newest = `SELECT id FROM (SELECT max(id) AS id FROM users UNION ALL SELECT max(id) FROM groups UNION ALL SELECT max(id) FROM agents
		UNION ALL SELECT max(id) FROM organizations UNION ALL SELECT max(id) FROM policies UNION ALL SELECT max(id) FROM administrators
		UNION ALL SELECT max(number) FROM runs UNION ALL SELECT max((SELECT max(r.number) FROM run_rows r WHERE r.run = l.number)) FROM
			(SELECT number FROM runs WHERE number <> 0 ORDER BY number DESC LIMIT 50) l) latest
		WHERE id IS NOT NULL ORDER BY id DESC LIMIT 1`
	err := c.Own.Query(ctx, newest, nil, func(row Row) error { return row.Scan(&last) })
	return last, err
}

// Whole lets do read the database as it is at one moment, table by table, while nobody writes: for moving a tenant.
func (s *Store) Whole(ctx context.Context, do func(Conn) error) error {
	return s.engine.Transact(ctx, func(tx Tx) error { return do(tx.Conn) })
}
