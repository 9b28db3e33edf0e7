//go:build linux

package endtoend

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"passlysync/pkg/control"
)

// recorder stands before the tenant under the tenant's own certificate, as a proxy that ends TLS, and notes the secrets that
// the tenant gives out: a test could not search for them else.
type recorder struct {
	address string
	mu      sync.Mutex
	given   map[string]string // secret → the path that gave it
	asked   map[string]int    // path → how often
}

// secretFields are the members of the tenant's answers that are secrets.
var secretFields = []string{"session", "token", "access_token", "device_code"}

func (l *lab) record() *recorder {
	l.Helper()
	r := &recorder{given: map[string]string{}, asked: map[string]int{}}
	pair, err := tls.LoadX509KeyPair(filepath.Join(l.dir, "tenant.pem"), filepath.Join(l.dir, "tenant.key"))
	if err != nil {
		l.Fatal(err)
	}
	silent := log.New(io.Discard, "", 0)
	to := &url.URL{Scheme: "https", Host: l.listen}
	transport := l.roots().Transport.(*http.Transport)
	transport.DisableCompression = true
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Transport: transport, ModifyResponse: r.note, ErrorLog: silent,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
			p.Out.Header.Del("Accept-Encoding")
		},
	})
	server.Config.ErrorLog = silent
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	l.Cleanup(func() {
		server.CloseClientConnections() // the agent's stream would stay
		server.Close()
	})
	r.address = server.Listener.Addr().String()
	return r
}

// note looks into the answers that carry secrets.
func (r *recorder) note(answer *http.Response) error {
	path := answer.Request.URL.Path
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[path]++
	for _, cookie := range answer.Cookies() {
		r.given[cookie.Value] = "the console's " + cookie.Name
	}
	delete(r.given, "") // a cookie that was taken back
	if !slices.Contains([]string{control.SignInPath, control.EnrolmentTokensPath, control.DevicePath, control.DeviceTokenPath, control.TokenPath}, path) {
		return nil
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	answer.Body = io.NopCloser(bytes.NewReader(raw))
	var members map[string]any
	if json.Unmarshal(raw, &members) == nil {
		for _, name := range secretFields {
			if secret, ok := members[name].(string); ok {
				r.given[secret] = strings.TrimPrefix(path, "/agent/v1/") + "'s " + name
			}
		}
	}
	return nil
}

// secrets are all that were given out so far.
func (r *recorder) secrets() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.given)
}

// times is how often a path was asked for.
func (r *recorder) times(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[path]
}
