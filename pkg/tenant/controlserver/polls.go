package controlserver

import (
	"sync"
	"time"

	"passlysync/pkg/tenant/signin"
)

// maxPolls bounds what is remembered; pollSlack is what a network may shorten between two questions.
const (
	maxPolls  = 10_000
	pollSlack = 500 * time.Millisecond
)

// polls remembers when each device code was last asked for. A restart forgets it, which costs nothing.
type polls struct {
	mu   sync.Mutex
	last map[string]time.Time // by the code's hash: what is sent may be long
}

// tooSoon reports whether a code is asked for before its interval is over.
func (p *polls) tooSoon(code string, now time.Time, interval time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := string(signin.HashToken(code))
	before, known := p.last[key]
	if p.last == nil || len(p.last) >= maxPolls {
		p.last = map[string]time.Time{}
	}
	p.last[key] = now
	return known && now.Sub(before) < interval-pollSlack
}
