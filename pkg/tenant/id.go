package tenant

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// ID names an object of the tenant. Ids grow with time: 42 bits of milliseconds since 1970, then a sequence, so that new
// rows are appended to what is stored and not strewn over it.
type ID int64

const sequenceBits = 21

// String gives the form used in addresses and messages, base 36.
func (id ID) String() string { return strconv.FormatInt(int64(id), 36) }

// ParseID reads what String gave, and nothing else: one object has one spelling.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 36, 64)
	if err != nil || n <= 0 || ID(n).String() != s {
		return 0, fmt.Errorf("%.40q is no id", s)
	}
	return ID(n), nil
}

// IDs makes ids that only ever grow, also when the clock steps back.
type IDs struct {
	mu   sync.Mutex
	last ID
	now  func() time.Time
}

// NewIDs makes ids later than last.
func NewIDs(now func() time.Time, last ID) *IDs { return &IDs{now: now, last: last} }

// Next gives a new id.
func (g *IDs) Next() ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last+1, ID(g.now().UnixMilli()<<sequenceBits))
	return g.last
}

// Last gives the newest of all ids.
func (g *IDs) Last() ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// Reserve gives n new ids in a row, by the first of them.
func (g *IDs) Reserve(n int) ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := max(g.last+1, ID(g.now().UnixMilli()<<sequenceBits))
	g.last = first + ID(max(n, 1)) - 1
	return first
}
