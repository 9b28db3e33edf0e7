package scim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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
	ways, words := without(token)
	if at := response.Header.Get("Location"); at != "" {
		response.Header.Set("Location", words.Replace(at))
	}
	response.Status = words.Replace(response.Status)
	response.Body = &veiled{ReadCloser: response.Body, ways: ways, words: words}
}

// without gives the ways in which a secret may be written, and what takes them out.
func without(secret string) ([]string, *strings.Replacer) {
	ways := []string{secret, strings.ReplaceAll(secret, "/", `\/`), url.QueryEscape(secret), url.PathEscape(secret)}
	var pairs []string
	for _, one := range ways {
		pairs = append(pairs, one, "…")
	}
	return ways, strings.NewReplacer(pairs...)
}

// veiled is a body without the token; it is read whole first, since the token may lie across two reads.
type veiled struct {
	io.ReadCloser
	ways  []string // in which the token may be written
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
		if slices.ContainsFunc(v.ways, func(way string) bool { return bytes.Contains(raw, []byte(way)) }) { // else it is not copied
			raw = []byte(v.words.Replace(string(raw)))
		}
		v.rest = bytes.NewReader(raw)
	}
	return v.rest.Read(p)
}
