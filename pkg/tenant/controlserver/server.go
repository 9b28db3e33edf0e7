// Package controlserver serves the agents' control API: discovery, sign-in of the wizard, enrolment, access tokens, the
// event stream, heartbeats, configuration, command results and runs. The messages are those of pkg/control.
//
// Every body is bounded and read by control.Decode. Every write can be repeated. Errors leave as application/problem+json,
// a problem.Problem; what is the tenant's own fault is logged and told without its cause.
package controlserver

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/access"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// Server is the control API of one tenant.
type Server struct {
	Tenant  tenant.Tenant
	Version string // of the program
	Store   store.Store
	Agents  *agents.Registry
	Desk    *signin.Desk
	Gate    *access.Gate
	SCIM    string // path of the SCIM endpoint
	Console string // path of the console
	Log     *slog.Logger
	Now     func() time.Time
	// Interval is how often a machine may ask whether its sign-in was approved, in whole seconds.
	Interval time.Duration
	polls    polls
	// Streams counts the event streams that are open, to bound them. Stop ends them, so that the server can shut down.
	Streams Streams
}

// Register puts the routes on mux.
func (s *Server) Register(mux *http.ServeMux) {
	for pattern, do := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET " + control.DiscoveryPath:        s.discovery,
		"POST " + control.SignInPath:          s.signIn,
		"POST " + control.SignOutPath:         s.signOut,
		"POST " + control.DevicePath:          s.beginDevice,
		"POST " + control.DeviceTokenPath:     s.deviceToken,
		"POST " + control.EnrolmentTokensPath: s.enrolmentToken,
		"POST " + control.EnrolPath:           s.enrol,
		"POST " + control.TokenPath:           s.token,
		"GET " + control.EventsPath:           s.asAgent(s.events),
		"POST " + control.HeartbeatPath:       s.asAgent(s.heartbeat),
		"GET " + control.ConfigurationPath:    s.asAgent(s.configuration),
		"POST " + control.ResultsPath:         s.asAgent(s.result),
		"POST " + control.ClaimPath:           s.asAgent(s.claim),
		"POST " + control.RunsPath:            s.asAgent(s.run),
		"POST " + control.LeavePath:           s.asAgent(s.leave),
		"/agent/":                             func(http.ResponseWriter, *http.Request) error { return tenant.NotFound("endpoint") },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r = r.WithContext(audit.Visiting(r.Context(), r.RemoteAddr, r.UserAgent()))
			if err := do(w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
}

type agentHandler func(http.ResponseWriter, *http.Request, tenant.Agent) error

func (s *Server) asAgent(do agentHandler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		agent, err := s.Gate.Agent(r)
		if err != nil {
			return err
		}
		return do(w, r.WithContext(audit.As(r.Context(), audit.ByAgent(agent, r.RemoteAddr))), agent)
	}
}

func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, control.Discovery{
		Product: "passly", Protocol: control.Protocol, Version: s.Version, TenantID: s.Tenant.ID, TenantName: s.Tenant.Name,
		SCIM: s.SCIM, Console: s.Console, Time: s.Now().UTC(),
	})
}

func read(r *http.Request, v any) error { return control.Decode(r.Body, control.MaxMessage, v) }

func readResult(r *http.Request, v any) error { return control.Decode(r.Body, control.MaxResult, v) }

func answer(w http.ResponseWriter, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) // the client went away: nobody to tell
	return nil
}

// StatusOf gives the HTTP status that says a problem's code.
func StatusOf(code problem.Code) int {
	switch code {
	case problem.Invalid:
		return http.StatusBadRequest
	case problem.Unauthorized, problem.CredentialsBad, control.NeedsCode, control.CodeWrong, control.CodeExpired:
		return http.StatusUnauthorized
	case problem.Forbidden, control.SignInDenied, control.AccountLocked, control.NotAdministrator, control.TenantDisabled:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.TooMany:
		return http.StatusTooManyRequests
	case directory.PasswordTooShort, directory.PasswordNotComplex, directory.PasswordUsedBefore, directory.PasswordNotTaken:
		return http.StatusBadRequest
	case directory.PasswordOldWrong, directory.PasswordWrong:
		return http.StatusUnauthorized
	case directory.PasswordTooYoung, directory.PasswordExpired, directory.PasswordNotChanging, directory.ResetRightMissing, directory.AccountProtected,
		directory.AccountDisabled, directory.AccountExpired, directory.AccountRestricted, directory.AccountGone, writeback.NotTwoWay, control.NotSynced:
		return http.StatusConflict
	case problem.Unavailable, writeback.AgentAway, writeback.OutcomeUnknown, control.PasswordNotOpened, directory.Unreachable, directory.CredentialsRefused,
		directory.RightsMissing, directory.Busy, directory.Untrusted, directory.AnswerWrong, directory.Refused:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	status := StatusOf(p.Code)
	if status == http.StatusInternalServerError {
		if r.Context().Err() == nil {
			s.Log.Error("a request of an agent failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		p = &problem.Problem{
			Code: problem.Internal, Title: "The tenant failed", Text: "The fault is not yours; the tenant's log has the details.",
			Hint: "Try again in a minute.",
		}
	}
	var wait control.RetryAfter
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.Itoa(int(time.Duration(wait)/time.Second)))
	}
	raw, err := json.Marshal(p)
	if err != nil {
		s.Log.Error("writing a problem failed", "error", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}
