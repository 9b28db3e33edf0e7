package controlserver

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/signin"
)

// DevicePage is where the console lets an administrator decide a device sign-in.
const DevicePage = "/device"

// DeviceInterval is how often a machine may ask whether it was approved.
const DeviceInterval = 5 * time.Second

// beginDevice answers a device authorization request (RFC 8628 §3.2).
func (s *Server) beginDevice(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if form.Get("client_id") != control.SetupClient {
		return refused("The device sign-in is for passly-sync setup only")
	}
	codes, err := s.Desk.Devices.Begin(r.Context(), form.Get("host"), r.RemoteAddr)
	if err != nil {
		return err
	}
	page := url.URL{Scheme: schemeOf(r), Host: r.Host, Path: DevicePage}
	direct := page
	direct.RawQuery = url.Values{"code": {codes.User}}.Encode()
	return answer(w, control.DeviceBegun{
		DeviceCode: codes.Device, UserCode: codes.User, VerificationURI: page.String(), VerificationURIComplete: direct.String(),
		ExpiresIn: seconds(signin.DeviceLife), Interval: seconds(s.Interval),
	})
}

// schemeOf is https wherever others come from: plain HTTP is answered on loopback only, to this machine or to a proxy that
// ends TLS before it.
func schemeOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if r.TLS == nil && control.Loopback(host) {
		return "http"
	}
	return "https"
}

// deviceToken answers a device access token request (RFC 8628 §3.4), errors in the form of §3.5.
func (s *Server) deviceToken(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil || form.Get("grant_type") != control.DeviceGrant || form.Get("client_id") != control.SetupClient || form.Get("device_code") == "" {
		return refuseDevice(w, control.DeviceRefusal{Kind: control.DeviceInvalidRequest, Description: "send a form as RFC 8628 section 3.4 has it, each parameter once"})
	}
	code := form.Get("device_code")
	if s.polls.tooSoon(code, s.Now(), s.Interval) {
		return refuseDevice(w, control.DeviceRefusal{Kind: control.DeviceSlowDown})
	}
	token, session, err := s.Desk.Devices.Redeem(r.Context(), code, r.RemoteAddr)
	if err == nil {
		s.Log.Info("a machine was signed in by browser", "by", session.Administrator.Email)
		return answer(w, control.DeviceToken{
			AccessToken: token, TokenType: "Bearer", Name: session.Administrator.Email, ExpiresIn: seconds(signin.EnrolmentLife),
		})
	}
	refusal, ok := deviceRefusal(err)
	if !ok {
		return err
	}
	return refuseDevice(w, refusal)
}

// deviceRefusal gives the RFC's name of an outcome; false: the fault is the tenant's.
func deviceRefusal(err error) (control.DeviceRefusal, bool) {
	for cause, kind := range map[error]string{
		signin.ErrDevicePending: control.DevicePending, signin.ErrDeviceSlowDown: control.DeviceSlowDown, signin.ErrDeviceUnknown: control.DeviceInvalidGrant,
	} {
		if errors.Is(err, cause) {
			return control.DeviceRefusal{Kind: kind, Description: cause.Error()}, true
		}
	}
	p := problem.Of(err)
	told := control.DeviceRefusal{Kind: control.DeviceDenied, Description: p.Title, Code: p.Code, Title: p.Title, Text: p.Text, Hint: p.Hint}
	switch p.Code {
	case control.CodeExpired:
		told.Kind = control.DeviceExpired
		return told, true
	case control.SignInDenied, control.NotAdministrator, control.AccountLocked, control.TenantDisabled:
		return told, true
	}
	return told, false
}

func refuseDevice(w http.ResponseWriter, refusal control.DeviceRefusal) error {
	raw, err := json.Marshal(refusal)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(raw) // the client went away: nobody to tell
	return nil
}

// readForm reads a small form in which no parameter is given twice (RFC 6749 §3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, &problem.Problem{Code: problem.Invalid, Title: "The form cannot be read", Hint: "Send a small form in UTF-8.", Err: err}
	}
	for name, values := range r.PostForm {
		if len(values) != 1 {
			return nil, refused("The parameter " + name + " is given twice")
		}
	}
	return r.PostForm, nil
}
