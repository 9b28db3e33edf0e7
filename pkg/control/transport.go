package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// NewTransport makes the HTTP client with which both the wizard and the agent talk to a tenant. It trusts the system's
// roots and the certificates in ca (PEM; may be empty), honours the proxy environment, follows no redirect to another
// origin, and refuses plain HTTP except on loopback. It sets no total deadline, since streams use it too: callers bound
// their calls by context.
func NewTransport(ca []byte) (*http.Client, error) { return newTransport(ca, false) }

// NewPlainTransport is NewTransport for an address to which plain HTTP was asked for in so many words.
func NewPlainTransport(ca []byte) (*http.Client, error) { return newTransport(ca, true) }

func newTransport(ca []byte, plain bool) (*http.Client, error) {
	roots, err := rootsWith(ca)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: originGuard{plain: plain, next: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			OnProxyConnectResponse: passedOn,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  60 * time.Second,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        90 * time.Second,
		}},
		CheckRedirect: sameOrigin,
	}, nil
}

// passedOn refuses a connection that the proxy did not make (RFC 9110 §9.3.6).
func passedOn(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return proxyAnswer{answer.Status}
}

func rootsWith(ca []byte) (*x509.CertPool, error) {
	if len(ca) == 0 {
		return nil, nil
	}
	roots, ok := trust.Roots(ca)
	if !ok {
		return nil, &problem.Problem{
			Code: problem.Invalid, Title: "The CA file holds no certificate in PEM form", Op: "reading the CA certificates",
			Hint: "Give a file with lines BEGIN CERTIFICATE and END CERTIFICATE.",
		}
	}
	return roots, nil
}

// originGuard keeps tokens off plain HTTP.
type originGuard struct {
	next  http.RoundTripper
	plain bool // allowed
}

// RoundTrip refuses plain HTTP to anything but this machine.
func (g originGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !g.plain && r.URL.Scheme != "https" && !Loopback(r.URL.Hostname()) {
		return nil, &problem.Problem{
			Code: problem.TLS, Title: "Plain HTTP is refused", Text: "Only this machine itself may be reached without TLS.",
			Hint: "Use an address that begins with https://.", Op: "connecting to " + r.URL.Host,
		}
	}
	return g.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client close what is kept open.
func (g originGuard) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Loopback reports whether host (without port) can only be this machine.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func sameOrigin(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Scheme == first.Scheme && r.URL.Host == first.Host && len(via) < 4 {
		return nil
	}
	return &problem.Problem{
		Code: problem.NotATenant, Title: fmt.Sprintf("%s sends its visitors on to %s", first.Host, r.URL.Host),
		Text: "A Passly tenant answers at its own address; nothing was sent to the other one.",
		Hint: "Check the Passly domain. If the tenant moved, use its new address.", Op: "following a redirect",
	}
}

// call makes one request with a JSON body and reads a JSON answer; in and out may be nil. Every error has a Problem in its
// chain, unless ctx was cancelled: then it is ctx's.
func call(ctx context.Context, client *http.Client, method, address, bearer string, in, out any) error {
	request, err := newRequest(ctx, method, address, bearer, in)
	if err != nil {
		return err
	}
	return exchange(ctx, client, request, answerError, out)
}

// exchange sends a request and reads a JSON answer; refusal makes the error of an answer that is no success.
func exchange(ctx context.Context, client *http.Client, request *http.Request, refusal func(*http.Response) error, out any) error {
	response, err := client.Do(request)
	if err != nil {
		return reachError(ctx, request.URL, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return refusal(response)
	}
	if out == nil {
		_, _ = io.CopyN(io.Discard, response.Body, MaxMessage)
		return nil
	}
	if err := Decode(response.Body, MaxMessage, out); err != nil {
		if ctx.Err() != nil {
			return reachError(ctx, request.URL, ctx.Err())
		}
		return fmt.Errorf("reading the answer of %s: %w", request.URL.Host, err)
	}
	return nil
}

func newRequest(ctx context.Context, method, address, bearer string, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("writing a message: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	return request, nil
}
