package scimserver

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// read decodes the request's body. Attribute names are matched without case (RFC 7643 §2.1).
func (c *call) read(v any) error {
	kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || kind != scim.ContentType && kind != "application/json" {
		return &problem.Problem{Code: problem.Invalid, Title: "The Content-Type has to be " + scim.ContentType}
	}
	return bodyError(json.UnmarshalRead(c.Body, v, json.MatchCaseInsensitiveNames(true)))
}

func decode(raw []byte, v any) error {
	return bodyError(json.Unmarshal(raw, v, json.MatchCaseInsensitiveNames(true)))
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	kind := scim.InvalidSyntax
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && !errors.Is(err, jsontext.ErrDuplicateName) {
		kind = scim.InvalidValue
	}
	return &scim.InputError{SCIMType: kind, Detail: "the body cannot be read: " + err.Error()}
}

// id reads the id in the path; what cannot be one names nothing.
func (c *call) id(what string) (tenant.ID, error) {
	id, err := tenant.ParseID(c.PathValue("id"))
	if err != nil {
		return 0, tenant.NotFound(what)
	}
	return id, nil
}

// match checks a version precondition; an empty one and * hold always (RFC 9110 §13.1.1). ETags here are weak.
func match(wanted string, version int64) error {
	if wanted == "" || wanted == "*" {
		return nil
	}
	standing := etag(version)
	for one := range strings.SplitSeq(wanted, ",") {
		if one = strings.TrimSpace(one); one == standing || "W/"+one == standing {
			return nil
		}
	}
	return precondition{standing}
}
