package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"passlysync/pkg/problem"
)

// deviceWait asks for the outcome of one device sign-in.
type deviceWait struct {
	s          *Setup
	base, code string
	interval   time.Duration
	expires    time.Time
}

// wait asks until somebody decided or the code ran out.
func (w deviceWait) wait(ctx context.Context) (Session, error) {
	for interval := w.interval; ; {
		if err := pause(ctx, interval); err != nil {
			return Session{}, fmt.Errorf("waiting for the sign-in: %w", err)
		}
		session, err := w.ask(ctx)
		switch {
		case err == nil:
			return session, nil
		case ctx.Err() != nil:
			return Session{}, fmt.Errorf("waiting for the sign-in: %w", ctx.Err())
		case final(err):
			return Session{}, err
		case time.Now().After(w.expires.Add(deviceGrace)):
			return Session{}, deviceWords(DeviceRefusal{Kind: DeviceExpired})
		}
		interval = next(interval, err)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (w deviceWait) ask(ctx context.Context) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	var token DeviceToken
	form := url.Values{"grant_type": {DeviceGrant}, "client_id": {SetupClient}, "device_code": {w.code}}
	if err := submit(ctx, w.s.http, w.base+DeviceTokenPath, form, &token); err != nil {
		return Session{}, err
	}
	if token.AccessToken == "" || !strings.EqualFold(token.TokenType, "Bearer") {
		return Session{}, notATenant(w.base, nil)
	}
	return Session{Session: token.AccessToken, Name: token.Name, ExpiresIn: token.ExpiresIn}, nil
}

// Answers that do not end the wait.
var (
	errPending  = errors.New(DevicePending)
	errSlowDown = errors.New(DeviceSlowDown)
)

// final says whether asking again cannot help. What the network or an overloaded tenant does passes.
func final(err error) bool {
	passing := []problem.Code{problem.Unreachable, problem.Unavailable, problem.TooMany, problem.Internal}
	var p *problem.Problem
	return errors.As(err, &p) && !slices.Contains(passing, p.Code)
}

// next is how long to wait before asking again. Being slowed down counts for all later questions (RFC 8628 §3.5).
func next(interval time.Duration, err error) time.Duration {
	if errors.Is(err, errSlowDown) || problem.Is(err, problem.TooMany) {
		interval += slowerBy
	}
	var told RetryAfter
	if errors.As(err, &told) {
		interval = max(interval, time.Duration(told))
	}
	return min(interval, maxInterval)
}

// deviceError reads an answer in the form of RFC 8628 §3.5, or one as the other endpoints give it.
func deviceError(response *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(response.Body, MaxMessage))
	if err != nil {
		return reachError(response.Request.Context(), response.Request.URL, err)
	}
	var told DeviceRefusal
	if Decode(bytes.NewReader(raw), MaxMessage, &told) == nil && told.Kind != "" {
		return deviceWords(told)
	}
	again := *response
	again.Body = io.NopCloser(bytes.NewReader(raw))
	return answerError(&again)
}

// deviceWords are the tenant's own where it sent some.
func deviceWords(told DeviceRefusal) error {
	p := &problem.Problem{
		Code: problem.Unavailable, Title: "The sign-in in the browser failed", Text: "The tenant answered with " + told.Kind + ".",
		Hint: "Ask for a new code, or sign in with e-mail and password.", Op: "signing in by browser", Err: errors.New(told.Kind),
	}
	switch told.Kind {
	case DevicePending:
		return errPending
	case DeviceSlowDown:
		return errSlowDown
	case DeviceDenied:
		p.Code, p.Title, p.Text = SignInDenied, "The sign-in was declined in the browser", "Somebody chose Deny there."
	case DeviceExpired, DeviceInvalidGrant:
		p.Code, p.Title, p.Text = CodeExpired, "The code has run out", "It was not approved in time, or it was used already."
	default:
		p.Code = problem.Invalid
	}
	if told.Code != "" && told.Title != "" {
		p.Code, p.Title, p.Text, p.Hint = told.Code, told.Title, told.Text, told.Hint
	}
	return p
}
