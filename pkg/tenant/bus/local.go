package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Local carries messages within one process.
type Local struct {
	mu     sync.Mutex
	last   int
	topics map[Topic]map[int]*listener
}

// listener hears one message at a time.
type listener struct {
	mu   sync.Mutex
	hear func(Message)
}

var _ Bus = (*Local)(nil)

// NewLocal makes a bus without listeners.
func NewLocal() *Local { return &Local{topics: map[Topic]map[int]*listener{}} }

// Tell hands a message to all listeners.
func (l *Local) Tell(_ context.Context, topic Topic, body []byte) error {
	if len(body) > MaxBody {
		return fmt.Errorf("telling other replicas: %d bytes are too many", len(body))
	}
	l.Hear(topic, Message{Body: body})
	return nil
}

// Hear hands a message to the listeners of this process.
func (l *Local) Hear(topic Topic, m Message) {
	for _, one := range l.listeners(topic) {
		one.mu.Lock()
		one.hear(m)
		one.mu.Unlock()
	}
}

// Missed tells all listeners of this process that messages may have been lost.
func (l *Local) Missed() {
	l.mu.Lock()
	topics := slices.Collect(maps.Keys(l.topics))
	l.mu.Unlock()
	for _, topic := range topics {
		l.Hear(topic, Message{Missed: true})
	}
}

func (l *Local) listeners(topic Topic) []*listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.topics[topic]))
}

// Listen adds a listener.
func (l *Local) Listen(topic Topic, hear func(Message)) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.topics[topic] == nil {
		l.topics[topic] = map[int]*listener{}
	}
	l.last++
	key := l.last
	l.topics[topic][key] = &listener{hear: hear}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.topics[topic], key)
	}
}

// Patience is none: there is no other replica.
func (l *Local) Patience() time.Duration { return 0 }
