package scim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// shortestSecret: what is shorter is no secret, and might stand in an answer by chance.
const shortestSecret = 8

// veil takes the token out of an answer before anybody reads it: a service may repeat in an error what was sent to it, and its words
// come into logs, the mirror and the status.
func veil(response *http.Response, token string) {
	if len(token) < shortestSecret {
		return
	}
	words := strings.NewReplacer(token, "…", strings.ReplaceAll(token, "/", `\/`), "…", url.QueryEscape(token), "…", url.PathEscape(token), "…")
	if at := response.Header.Get("Location"); at != "" {
		response.Header.Set("Location", words.Replace(at))
	}
	response.Status = words.Replace(response.Status)
	response.Body = &veiled{ReadCloser: response.Body, words: words}
}

// veiled is a body without the token; it is read whole first, since the token may lie across two reads.
type veiled struct {
	io.ReadCloser
	words *strings.Replacer
	rest  *bytes.Reader // nil: nothing was read yet
}

// Read implements io.Reader.
func (v *veiled) Read(p []byte) (int, error) {
	if v.rest == nil {
		raw, err := io.ReadAll(io.LimitReader(v.ReadCloser, maxAnswer+1))
		if err != nil {
			return 0, fmt.Errorf("reading the answer: %w", err)
		}
		v.rest = bytes.NewReader([]byte(v.words.Replace(string(raw))))
	}
	return v.rest.Read(p)
}
