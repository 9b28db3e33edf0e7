package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"passlysync/pkg/tenant/bus"
)

// How the bus works: notifications of one channel, whose bodies are in the notification up to shortBody bytes, and in a row of
// the table told above that.
const (
	channel    = "passly"
	shortBody  = 5 << 10 // in base64 and with what stands before it less than a notification's 8,000 bytes
	patience   = 1500 * time.Millisecond
	silence    = 15 * time.Second // after which the connection is tried
	answerIn   = 10 * time.Second
	reconnect  = time.Second
	keptInTold = "5 minutes"
)

// Bus carries messages between the replicas that have the database open, by LISTEN and NOTIFY.
type Bus struct {
	*bus.Local        // the listeners of this replica
	name       string // this replica's, for its own messages are heard without the database
	config     *pgx.ConnConfig
	telling    *sql.DB
	turn       sync.Mutex // keeps this replica's messages in their order
	log        *slog.Logger
	stop       context.CancelFunc
	ended      chan struct{}
}

var _ bus.Bus = (*Bus)(nil)

// NewBus begins to listen. The database has to have been opened before.
func NewBus(ctx context.Context, a Address, log *slog.Logger) (*Bus, error) {
	config := a.config.Copy()
	conn, err := listen(ctx, config)
	if err != nil {
		return nil, openProblem(a, err)
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	b := &Bus{
		Local: bus.NewLocal(), name: rand.Text(), config: config, telling: stdlib.OpenDB(*config), log: log, stop: stop, ended: make(chan struct{}),
	}
	b.telling.SetMaxOpenConns(1)
	go b.run(run, conn)
	return b, nil
}

// Close stops listening.
func (b *Bus) Close() error {
	b.stop()
	<-b.ended
	return b.telling.Close()
}

// Patience is what a message there and one back take at most, when all is well.
func (b *Bus) Patience() time.Duration { return patience }

// Tell hands a message to the listeners here, and to the other replicas'.
func (b *Bus) Tell(ctx context.Context, topic bus.Topic, body []byte) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	if err := b.Local.Tell(ctx, topic, body); err != nil {
		return err
	}
	if err := b.notify(ctx, topic, body); err != nil {
		return fmt.Errorf("telling other replicas: %w", told(err))
	}
	return nil
}

func (b *Bus) notify(ctx context.Context, topic bus.Topic, body []byte) error {
	head := b.name + " " + string(topic) + " "
	if len(body) <= shortBody {
		_, err := b.telling.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, head+"="+base64.StdEncoding.EncodeToString(body))
		return err
	}
	if _, err := b.telling.ExecContext(ctx, "DELETE FROM told WHERE at < now() - CAST($1 AS INTERVAL)", keptInTold); err != nil {
		return err
	}
	_, err := b.telling.ExecContext(ctx, "WITH kept AS (INSERT INTO told (body) VALUES ($1) RETURNING id) SELECT pg_notify($2, $3 || id) FROM kept", body, channel, head)
	return err
}

func listen(ctx context.Context, config *pgx.ConnConfig) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// run hears until ctx ends, over a new connection when one breaks. What was told meanwhile is missed, and said to be.
func (b *Bus) run(ctx context.Context, conn *pgx.Conn) {
	defer close(b.ended)
	for {
		err := b.hear(ctx, conn)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), reconnect)
		_ = conn.Close(closing) // broken, or not needed any more
		cancel()
		if ctx.Err() != nil {
			return
		}
		b.log.Warn("other replicas are not heard; connecting anew", "error", err)
		if conn = b.again(ctx); conn == nil {
			return
		}
		b.Missed()
	}
}

// again connects, as often as it takes; nil when ctx ended.
func (b *Bus) again(ctx context.Context) *pgx.Conn {
	for {
		conn, err := listen(ctx, b.config)
		if err == nil {
			return conn
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnect):
		}
	}
}

// hear hands on what comes over one connection, until it breaks.
func (b *Bus) hear(ctx context.Context, conn *pgx.Conn) error {
	for {
		wait, cancel := context.WithTimeout(ctx, silence)
		n, err := conn.WaitForNotification(wait)
		cancel()
		if err != nil && ctx.Err() == nil && !conn.IsClosed() {
			err = b.alive(ctx, conn)
		}
		if err != nil {
			return err
		}
		if n == nil {
			continue
		}
		if err := b.handOn(ctx, conn, n.Payload); err != nil {
			return err
		}
	}
}

func (b *Bus) alive(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	return conn.Ping(ctx)
}

// handOn reads "replica topic =body" or "replica topic row".
func (b *Bus) handOn(ctx context.Context, conn *pgx.Conn, payload string) error {
	from, rest, _ := strings.Cut(payload, " ")
	topic, rest, ok := strings.Cut(rest, " ")
	if !ok || from == b.name {
		return nil
	}
	if short, is := strings.CutPrefix(rest, "="); is {
		if body, err := base64.StdEncoding.DecodeString(short); err == nil {
			b.Hear(bus.Topic(topic), bus.Message{Body: body})
		}
		return nil
	}
	row, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return nil // of nobody that we know
	}
	var body []byte
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	err = conn.QueryRow(ctx, "SELECT body FROM told WHERE id = $1", row).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) { // heard too late
		b.Hear(bus.Topic(topic), bus.Message{Missed: true})
		return nil
	}
	if err != nil {
		return err
	}
	b.Hear(bus.Topic(topic), bus.Message{Body: body})
	return nil
}
