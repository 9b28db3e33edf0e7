package handoff

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Client talks to the agent on the channel at its path. It connects anew for each call, so it may be made before the
// agent runs and outlives its restarts. Every error has a Problem in its chain, unless the context was cancelled.
type Client struct{ http *http.Client }

var _ Host = (*Client)(nil)

// Dial makes a client; it does not connect yet.
func Dial(path string) *Client {
	return &Client{&http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, path)
			if err != nil {
				return nil, dialProblem(err)
			}
			if err := checkAgent(conn, path); err != nil {
				_ = conn.Close()
				return nil, err
			}
			return conn, nil
		},
	}}}
}

// Status asks how the agent is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodGet, statusPath, nil)
	if err != nil {
		return Status{}, err
	}
	defer response.Body.Close()
	var s Status
	return s, control.Decode(response.Body, maxBody, &s)
}

// SyncNow asks for a cycle.
func (c *Client) SyncNow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodPost, syncPath, nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// ChangeDirectory hands another account for the directory over.
func (c *Client) ChangeDirectory(ctx context.Context, d Directory) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("writing the directory's account: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, changeIn+answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodPost, directoryPath, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// CheckVault has the agent try a place for its credentials.
func (c *Client) CheckVault(ctx context.Context, kind string) error {
	raw, err := json.Marshal(vaultQuestion{kind})
	if err != nil {
		return fmt.Errorf("asking for a place for the credentials: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, changeIn+answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodPost, vaultPath, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Leave makes the agent forget its tenant.
func (c *Client) Leave(ctx context.Context) (said Farewell, err error) {
	ctx, cancel := context.WithTimeout(ctx, changeIn+answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodPost, leavePath, nil)
	if err != nil {
		return said, err
	}
	defer response.Body.Close()
	return said, control.Decode(response.Body, maxBody, &said)
}

// Enrol hands e over and tells each step as the agent reports it. Cancelling ctx makes the agent stop and undo.
func (c *Client) Enrol(ctx context.Context, e Enrolment, step func(Step)) error {
	ctx, cancel := context.WithTimeout(ctx, enrolIn+answerIn)
	defer cancel()
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the enrolment: %w", err)
	}
	if len(raw) > maxBody {
		return &problem.Problem{
			Code: problem.TooLarge, Title: "The answers are too large for the agent", Op: "writing the enrolment",
			Text: fmt.Sprintf("They have %d bytes; the limit is %d.", len(raw), maxBody),
			Hint: "Give CA files that hold only the certificates needed.",
		}
	}
	response, err := c.send(ctx, http.MethodPost, enrolPath, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return follow(ctx, response.Body, step)
}

// follow reads the lines of an enrolment until the one that ends it.
func follow(ctx context.Context, body io.Reader, step func(Step)) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLine)
	for n := 0; n < maxLines && lines.Scan(); n++ {
		var l line
		if err := control.Decode(bytes.NewReader(lines.Bytes()), maxLine, &l); err != nil {
			return err
		}
		switch {
		case l.Problem != nil:
			return l.Problem
		case l.Done:
			return nil
		case l.Step != nil:
			step(*l.Step)
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("enrolling the agent: %w", ctx.Err())
	}
	return &problem.Problem{
		Code: problem.Unavailable, Title: "The agent stopped in the middle of the enrolment",
		Text: "It did not say how the enrolment ended.", Op: "enrolling the agent", Err: lines.Err(),
		Hint: "Start the agent again and look at its log; then run “passly-sync setup” again.",
	}
}

// send makes one call. Success is an answer of 2xx; everything else is an error in the agent's words.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://agent"+path, body)
	if err != nil {
		return nil, fmt.Errorf("asking the agent: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, callProblem(ctx, err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	told := &problem.Problem{}
	if err := control.Decode(response.Body, maxBody, told); err != nil || told.Title == "" {
		return nil, &problem.Problem{
			Code: problem.Unavailable, Title: fmt.Sprintf("The agent gave an answer that is not understood (HTTP %d)", response.StatusCode),
			Text: "It may be of another version than this program.", Hint: "Restart the agent, so that both are of one version.",
		}
	}
	return nil, told
}

func callProblem(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("asking the agent: %w", context.Canceled)
	}
	var told *problem.Problem
	if errors.As(err, &told) {
		return told
	}
	return &problem.Problem{
		Code: problem.Unavailable, Title: "The agent does not answer", Op: "asking the agent", Err: err,
		Text: "It is running, but gave no answer in time.", Hint: "Look at its log; restart it if it stays so.",
	}
}

func dialProblem(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &problem.Problem{
			Code: problem.Forbidden, Title: "The agent's local channel may not be opened from this account",
			Text: "Only the account that the agent runs as and the administrator may talk to it.",
			Hint: elevate, Op: "connecting to the agent", Err: err,
		}
	}
	return &problem.Problem{
		Code: NotRunning, Title: "The agent is not running", Text: "Nothing answers on its local channel.",
		Hint: start, Op: "connecting to the agent", Err: err,
	}
}
