package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"passlysync/pkg/problem"
)

// script answers one request after the other; the last one again and again.
type script struct {
	answers []func() (*http.Response, error)
	asked   []time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, DevicePath) {
		response, err := said(200, deviceBegun)()
		response.Request = r
		return response, err
	}
	s.asked = append(s.asked, time.Now())
	response, err := s.answers[min(len(s.asked), len(s.answers))-1]()
	if response != nil {
		response.Request = r
	}
	return response, err
}

const deviceBegun = `{"device_code":"d","user_code":"BDWP-HQPK","verification_uri":"https://acme.test/device",
	"verification_uri_complete":"https://acme.test/device?code=BDWP-HQPK","expires_in":600,"interval":5}`

func said(status int, body string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func broken() (*http.Response, error) { return nil, errors.New("connection reset by peer") }

func waitFor(t *testing.T, answers ...func() (*http.Response, error)) (Session, *script, error) {
	t.Helper()
	s := &script{answers: answers}
	setup := &Setup{&http.Client{Transport: s}}
	device, err := setup.BeginDevice(t.Context(), "https://acme.test", "dc1")
	if err != nil {
		t.Fatal(err)
	}
	session, err := device.Wait(t.Context())
	return session, s, err
}

const approvedToken = `{"access_token":"s","token_type":"Bearer","expires_in":900,"name":"anna@acme.test"}`

func TestDeviceWaitGoesOnUntilApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		session, s, err := waitFor(t, said(400, `{"error":"authorization_pending"}`), broken, said(503, ``), said(429, ``),
			said(400, `{"error":"slow_down"}`), said(500, `<html>`), said(200, approvedToken))
		if err != nil || session.Session != "s" || session.Name != "anna@acme.test" || session.ExpiresIn != 900 {
			t.Fatalf("got %+v, %v", session, err)
		}
		var gaps []time.Duration
		for _, at := range s.asked {
			gaps = append(gaps, at.Sub(start))
			start = at
		}
		want := []time.Duration{5, 5, 5, 5, 10, 15, 15}
		for i := range want {
			if gaps[i] != want[i]*time.Second {
				t.Errorf("waited %v, want %v seconds", gaps, want)
				break
			}
		}
	})
}

func TestDeviceWaitEndsInWords(t *testing.T) {
	for name, row := range map[string]struct {
		answer func() (*http.Response, error)
		code   problem.Code
	}{
		"denied":                {said(400, `{"error":"access_denied"}`), SignInDenied},
		"ran out":               {said(400, `{"error":"expired_token"}`), CodeExpired},
		"used already":          {said(400, `{"error":"invalid_grant"}`), CodeExpired},
		"a reader approved":     {said(400, `{"error":"access_denied","code":"not-administrator","title":"Readers cannot","hint":"Ask"}`), NotAdministrator},
		"the tenant is off":     {said(400, `{"error":"access_denied","code":"tenant-disabled","title":"Off","hint":"Ask"}`), TenantDisabled},
		"another error":         {said(400, `{"error":"unsupported_grant_type"}`), problem.Invalid},
		"nothing there":         {said(404, `{}`), problem.NotFound},
		"no token":              {said(200, `{}`), problem.NotATenant},
		"the network stays off": {broken, CodeExpired},
		"nobody decides":        {said(400, `{"error":"authorization_pending"}`), CodeExpired},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, _, err := waitFor(t, row.answer)
				if p := problem.Of(err); p == nil || p.Code != row.code || p.Hint == "" {
					t.Errorf("got %v, want a problem of code %s with a hint", err, row.code)
				}
			})
		})
	}
}

func TestDeviceWaitStopsWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		setup := &Setup{&http.Client{Transport: &script{answers: []func() (*http.Response, error){broken}}}}
		device, err := setup.BeginDevice(t.Context(), "https://acme.test", "dc1")
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(device.Expires); left != 10*time.Minute {
			t.Errorf("it runs out in %s, want 10m", left)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := device.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || problem.Is(err, CodeExpired) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
}

func TestAttackDeviceSignInElsewhere(t *testing.T) {
	for name, change := range map[string][2]string{
		"another origin":           {`"https://acme.test/device"`, `"https://evil.test/device"`},
		"another origin in the QR": {"https://acme.test/device?", "https://acme.test.evil.test/device?"},
		"somebody's name before":   {"https://acme.test/device?", "https://acme.test@evil.test/device?"},
		"plain HTTP":               {`"https://acme.test/device"`, `"http://acme.test/device"`},
		"an escape sequence":       {`"BDWP-HQPK","v`, `"\u001b[2J","v`},
		"no end":                   {`"expires_in":600`, `"expires_in":0`},
		"no device code":           {`"d"`, `""`},
	} {
		body := strings.Replace(deviceBegun, change[0], change[1], 1)
		if body == deviceBegun {
			t.Fatalf("%s changes nothing", name)
		}
		setup := &Setup{&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			response, err := said(200, body)()
			response.Request = r
			return response, err
		})}}
		if _, err := setup.BeginDevice(t.Context(), "https://acme.test", "dc1"); !problem.Is(err, problem.NotATenant) {
			t.Errorf("%s: got %v, want not-a-tenant", name, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
