package scim

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"passlysync/pkg/problem"
)

// unmoved gives a client that follows redirects of what it reads only. A change that is sent on arrives as a GET, or at a page
// to sign in with, and its 200 says nothing of the change.
func unmoved(client *http.Client) *http.Client {
	c := *client
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		switch {
		case via[0].Method != http.MethodGet:
			return http.ErrUseLastResponse
		case client.CheckRedirect != nil:
			return client.CheckRedirect(r, via)
		case len(via) > 3:
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &c
}

// sentOn is the error of a change that the endpoint wants to have elsewhere.
func sentOn(response *http.Response) error {
	to := "another address"
	if at, err := response.Location(); err == nil {
		to = at.Host + at.EscapedPath()
	}
	return &problem.Problem{
		Code: problem.NotATenant, Title: response.Request.URL.Host + " sends a change on to " + to, Op: "sending changes",
		Text: "A change that is sent on is not carried out.", Hint: "Check the address; perhaps the service moved, or something before it asks to sign in.",
	}
}

// understood refuses an answer to a single request that looks like a success and is none of SCIM's (RFC 7644 §3.3 to §3.6).
func understood(response *http.Response, raw []byte) error {
	switch status := response.StatusCode; {
	case status == http.StatusNoContent && response.Request.Method != http.MethodGet, status/100 > 3:
		return nil
	case status == http.StatusOK, status == http.StatusCreated && response.Request.Method != http.MethodGet:
		if len(raw) == 0 && response.Request.Method != http.MethodGet || speaksJSON(response.Header.Get("Content-Type")) && json.Valid(raw) {
			return nil
		}
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: response.Request.URL.Host + " did not answer as a SCIM service does", Op: "sending changes",
		Text: fmt.Sprintf("Status %d, content type %q; whether it took the change is not known.", response.StatusCode, response.Header.Get("Content-Type")),
		Hint: "It is asked, and what is missing is sent again. If it stays, look whether something stands before the service.",
	}
}

// speaksJSON reports whether a content type, where there is one, is SCIM's or any other JSON.
func speaksJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}
