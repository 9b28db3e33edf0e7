package scimserver

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// precondition says that the version which a client built on is not the one that stands (RFC 7644 §3.14).
type precondition struct{ standing string }

// Error names the standing version.
func (p precondition) Error() string { return "the version standing is " + p.standing }

// errorOf turns an error into the body that says it, and its status. What is not known becomes a plain 500.
func errorOf(err error) (int, scim.Error) {
	var (
		input   *scim.InputError
		taken   *tenant.Taken
		unknown *tenant.UnknownMember
		stale   precondition
		large   *http.MaxBytesError
	)
	switch {
	case errors.As(err, &large):
		return told(http.StatusRequestEntityTooLarge, "", "the body is larger than "+strconv.Itoa(MaxPayload)+" bytes")
	case errors.As(err, &input):
		return told(http.StatusBadRequest, input.SCIMType, input.Detail)
	case errors.As(err, &taken):
		return told(http.StatusConflict, "uniqueness", taken.Attribute+" "+strconv.Quote(taken.Value)+" is in use already")
	case errors.As(err, &unknown):
		return told(http.StatusBadRequest, scim.InvalidValue, unknown.Error())
	case errors.As(err, &stale):
		return told(http.StatusPreconditionFailed, "", stale.Error())
	}
	return problemError(problem.Of(err))
}

func problemError(p *problem.Problem) (int, scim.Error) {
	detail := p.Title
	if p.Text != "" {
		detail += ": " + p.Text
	}
	switch p.Code {
	case problem.NotFound:
		return told(http.StatusNotFound, "", detail)
	case problem.Unauthorized, problem.CredentialsBad:
		return told(http.StatusUnauthorized, "", detail)
	case problem.Forbidden:
		return told(http.StatusForbidden, "", detail)
	case problem.Invalid:
		return told(http.StatusBadRequest, scim.InvalidSyntax, detail)
	case problem.TooLarge:
		return told(http.StatusRequestEntityTooLarge, "", detail)
	case problem.TooMany:
		return told(http.StatusTooManyRequests, "", detail)
	case problem.Conflict:
		return told(http.StatusConflict, "", detail)
	case problem.Unavailable:
		return told(http.StatusServiceUnavailable, "", detail)
	}
	return told(http.StatusInternalServerError, "", "the tenant failed; its log has the details")
}

func told(status int, kind, detail string) (int, scim.Error) {
	return status, scim.Error{Schemas: []string{scim.ErrorSchema}, Status: strconv.Itoa(status), SCIMType: kind, Detail: detail}
}

// fail answers with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, body := errorOf(err)
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.log.Error("a SCIM request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	var wait control.RetryAfter
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait)/1e9))
	}
	raw, err := json.Marshal(body)
	if err != nil {
		s.log.Error("writing a SCIM error failed", "error", err)
	}
	write(w, status, raw)
}

func write(w http.ResponseWriter, status int, raw []byte) {
	w.Header().Set("Content-Type", scim.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the client went away: nobody to tell
}

// answer sends a resource, with its version and place as headers, projected on the attributes asked for.
func (c *call) answer(status int, meta *scim.Meta, resource any) error {
	raw, err := c.selection().marshal(resource)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", meta.Version)
	if status == http.StatusCreated {
		c.w.Header().Set("Location", meta.Location)
	}
	write(c.w, status, raw)
	return nil
}

func (c *call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) object(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	write(c.w, http.StatusOK, raw)
	return nil
}
