// Package bus carries messages between the replicas of a tenant: that something changed, what an agent is asked, what it
// answered. Where there is one replica it is Local, in memory; with PostgreSQL the database carries it (pkg/tenant/store/postgres).
//
// What always holds:
//
//   - A message reaches every listener of its topic, at every replica, the one that tells included, at most once.
//   - Messages of one replica arrive in the order in which they were told.
//   - It is no store: who listens later has missed it, and a replica that loses its connection misses what is told
//     meanwhile. It then hears one message with Missed set on each topic, and looks at the store again. So whatever must not
//     be lost is in the store, and a message only says that it is worth a look; what a person waits for may be lost, is
//     bounded by a time, and said to have failed.
//   - Nothing secret is told in clear: a body passes through the database, and a large one lies there for some minutes.
//     Sealed to its reader (pkg/seal) it may pass.
package bus

import (
	"context"
	"time"
)

// Topic is what messages are about. Those who tell and listen agree on the form of its bodies.
type Topic string

// MaxBody is how large a body may be: an agent's largest answer with what stands around it.
const MaxBody = 6 << 20

// Message is what a listener hears.
type Message struct {
	Body []byte // not to be changed: others hear it too
	// Missed says that messages may have been lost before this one, which has no body.
	Missed bool
}

// Bus carries messages.
type Bus interface {
	// Tell hands a message to all listeners of a topic; those at this replica have heard it when it returns. An error says
	// that other replicas did not hear it.
	Tell(ctx context.Context, topic Topic, body []byte) error
	// Listen has hear called for each message, one at a time, until stop is called. It must not wait for anything, nor tell.
	Listen(topic Topic, hear func(Message)) (stop func())
	// Patience is how long to wait for what another replica says to a message; zero where there is no other.
	Patience() time.Duration
}
