package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// How often a live page looks for agents gone silent, how often it is refreshed anyway (it shows how long ago things were),
// how quickly changes may follow each other, and how many live pages there may be.
const (
	liveLook    = 2 * time.Second
	liveRefresh = 20 * time.Second
	livePause   = 300 * time.Millisecond
	liveWrite   = 10 * time.Second
	maxLive     = 200
)

// liveStreams counts the live pages and ends them. The zero liveStreams is ready.
type liveStreams struct {
	mu    sync.Mutex
	open  int
	ended chan struct{}
	once  sync.Once
}

func (l *liveStreams) end() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.ended = make(chan struct{})
	}
	return l.ended
}

func (l *liveStreams) stop() {
	ended := l.end()
	l.once.Do(func() { close(ended) })
}

func (l *liveStreams) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= maxLive {
		return false
	}
	l.open++
	return true
}

func (l *liveStreams) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

// serveLive tells a page that something about agents changed; the page then asks for its live part again.
func (c *Console) serveLive(v *view) error {
	if !c.live.enter() {
		return &problem.Problem{Code: problem.TooMany, Title: "Too many pages are open", Hint: "Close some.", Err: control.RetryAfter(time.Minute)}
	}
	defer c.live.leave()
	changed, stop := c.Agents.Changes()
	defer stop()
	stream := http.NewResponseController(v.w)
	_ = stream.SetReadDeadline(time.Time{}) // the server's own is for requests that end
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no")
	tell := func() bool {
		_ = stream.SetWriteDeadline(time.Now().Add(liveWrite))
		defer stream.SetWriteDeadline(time.Time{}) //nolint:errcheck // over HTTP/2 it would end the stream while nothing is written
		_, err := fmt.Fprint(v.w, "event: changed\ndata: -\n\n")
		return err == nil && stream.Flush() == nil
	}
	// What changed between the page and this stream is told by the first event.
	for tell() {
		if c.waitForChange(v, changed) {
			continue
		}
		if !c.stillSignedIn(v) {
			tell() // the page asks, hears that it is signed out, and goes to the sign-in page
		}
		return nil
	}
	return nil
}

// waitForChange returns when the page should look again; false when it is over.
func (c *Console) waitForChange(v *view, changed <-chan struct{}) bool {
	ctx := v.Context()
	look, refresh := time.NewTicker(liveLook), time.NewTimer(liveRefresh)
	defer look.Stop()
	defer refresh.Stop()
	before := c.conditions(ctx)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-c.live.end():
			return false
		case <-changed:
			return c.stillSignedIn(v) && pause(ctx)
		case <-refresh.C:
			return true
		case <-look.C:
			if !c.stillSignedIn(v) {
				return false
			}
			if c.conditions(ctx) != before {
				return true
			}
		}
	}
}

// stillSignedIn reports whether the page's session lives. A page of one that was ended learns no more.
func (c *Console) stillSignedIn(v *view) bool {
	cookie, err := v.Cookie(cookieName(v.Request))
	if err != nil {
		return false
	}
	_, err = c.Desk.Session(v.Context(), cookie.Value, tenant.ForConsole)
	return err == nil
}

// pause lets changes gather that come close together.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(livePause):
		return true
	}
}

// conditions is what time alone can change: an agent gone silent.
func (c *Console) conditions(ctx context.Context) string {
	all, err := c.Agents.Agents(ctx)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "%s %s\n", a.ID, a.Condition(c.Now()).Code)
	}
	return b.String()
}
