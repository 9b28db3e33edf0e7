package control

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"passlysync/pkg/problem"
)

// RetryAfter is in the chain of an error whose answer said when to come back (RFC 9110 §10.2.3); get it with errors.As.
type RetryAfter time.Duration

// Error says how long to wait.
func (r RetryAfter) Error() string { return "asked to wait " + time.Duration(r).String() }

// answerError turns an answer that is no success into a Problem: the tenant's own words where it sent some.
func answerError(response *http.Response) error {
	p := statusProblem(response.StatusCode, response.Request.URL)
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "application/problem+json" || kind == "application/json" {
		var told problem.Problem
		if Decode(response.Body, MaxMessage, &told) == nil && told.Title != "" {
			told.Op, told.Err = p.Op, p.Err
			if told.Code == "" {
				told.Code = p.Code
			}
			p = &told
		}
	}
	if wait, ok := retryAfter(response.Header.Get("Retry-After"), time.Now()); ok {
		p.Err = wait
	}
	return p
}

func retryAfter(value string, now time.Time) (RetryAfter, bool) {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return RetryAfter(time.Duration(min(seconds, 86400)) * time.Second), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return RetryAfter(min(max(at.Sub(now), 0), 24*time.Hour)), true
	}
	return 0, false
}

var errStatus = errors.New("unexpected HTTP status")

func statusProblem(status int, from *url.URL) *problem.Problem {
	p := &problem.Problem{
		Code: problem.Internal, Title: fmt.Sprintf("%s answered with an error (HTTP %d)", from.Host, status),
		Text: "It gave no reason.", Hint: "Try again. If it stays, look at the tenant's log.",
		Op: "asking " + from.Host + " for " + from.Path, Err: fmt.Errorf("%w %d", errStatus, status),
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		p.Code = problem.Invalid
	case http.StatusUnauthorized:
		p.Code = problem.Unauthorized
	case http.StatusForbidden:
		p.Code = problem.Forbidden
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		p.Code = problem.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		p.Code = problem.Conflict
	case http.StatusRequestEntityTooLarge:
		p.Code = problem.TooLarge
	case http.StatusTooManyRequests:
		p.Code, p.Title = problem.TooMany, from.Host+" asks to slow down"
		p.Text, p.Hint = "Too many requests came from here in a short time.", "Wait a minute, then try again."
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		p.Code, p.Title = problem.Unavailable, from.Host+" cannot serve right now"
		p.Text, p.Hint = "The tenant is being started, updated or is overloaded.", "Wait a minute, then try again."
	case http.StatusProxyAuthRequired:
		p.Code, p.Title = problem.Unreachable, "The proxy wants a sign-in"
		p.Text, p.Hint = "The request did not get past the proxy.", "Give name and password in the HTTPS_PROXY setting, or let this host through."
	}
	return p
}
