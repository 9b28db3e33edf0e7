package control

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"passlysync/pkg/problem"
)

// Event is one message of the stream at EventsPath.
type Event struct {
	ID   string // to resume after
	Name string // EventConfiguration or EventCommand
	Data []byte // JSON
}

// silence is how long the stream may say nothing, comments included; the tenant comments every 15 s.
const silence = 50 * time.Second

// Events holds the stream open from after the given id and hands each event to handle, until ctx ends, the stream breaks
// or handle fails. connected is called once the tenant accepted.
func (c *Client) Events(ctx context.Context, after string, connected func(), handle func(Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent()) })
	defer watchdog.Stop()
	err := c.Authorized(ctx, func(token string) error {
		response, err := c.openEvents(ctx, token, after)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		connected()
		return readEvents(response, func() { watchdog.Reset(silence) }, handle)
	})
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	return fmt.Errorf("listening to the tenant: %w", err)
}

func errSilent() error {
	return &problem.Problem{
		Code: problem.Unreachable, Title: "The tenant has gone silent", Text: "The connection stands but nothing comes through it.",
		Hint: "Nothing to do: the agent connects again. If it stays, a proxy or firewall may hold back event streams.",
	}
}

func (c *Client) openEvents(ctx context.Context, token, after string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+EventsPath, nil)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "text/event-stream")
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, reachError(ctx, request.URL, err)
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, answerError(response)
	}
	return response, nil
}

var errTooLarge = &problem.Problem{
	Code: problem.TooLarge, Title: "The tenant sent an event that is too large", Text: "Nothing of it was used.",
	Hint: "Nothing to do: the agent connects again. If it stays, look at the tenant's log.",
}

// readEvents reads the text/event-stream format (WHATWG HTML §9.2.6), as far as the tenant writes it: fields id, event and data,
// and comments. It never ends without an error.
func readEvents(response *http.Response, alive func(), handle func(Event) error) error {
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, MaxEvent)
	var e Event
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if len(line) > 0 {
			if e.take(line); len(e.Data) > MaxEvent {
				return errTooLarge
			}
			continue
		}
		if len(e.Data) > 0 {
			if err := handle(e); err != nil {
				return err
			}
		}
		e = Event{}
	}
	if err := lines.Err(); err != nil {
		return reachError(response.Request.Context(), response.Request.URL, err)
	}
	return &problem.Problem{
		Code: problem.Unavailable, Title: "The tenant ended the event stream", Text: "It may be restarting.",
		Hint: "Nothing to do: the agent connects again.",
	}
}

func (e *Event) take(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		e.ID = string(value)
	case "event":
		e.Name = string(value)
	case "data":
		if len(e.Data) > 0 {
			e.Data = append(e.Data, '\n')
		}
		e.Data = append(e.Data, value...)
	}
}
