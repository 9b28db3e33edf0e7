package push

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// place is the path of an object of the endpoint. An id is the endpoint's to choose (RFC 7643 §3.1): whatever it holds, it names that
// one object and nothing else.
func place(kind directory.Kind, id string) (string, error) {
	if !usable(id) {
		return "", &problem.Problem{
			Code: problem.Invalid, Title: "The SCIM endpoint gave an object an id that cannot stand in an address", Op: "sending changes",
			Text: "The id is empty, a dot or two, or holds control characters.", Hint: "Have the endpoint mended; the object is left out.",
		}
	}
	return resource(kind) + "/" + url.PathEscape(id), nil
}

// usable reports whether an id can stand in a path.
func usable(id string) bool {
	return id != "" && id != "." && id != ".." && strings.IndexFunc(id, unicode.IsControl) < 0
}

// idIn gives the id of the object that an answer to its addition is about: what the object says, else where it is said to be.
func idIn(kind directory.Kind, answer scim.BulkItem) (string, bool) {
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(answer.Response, &object) == nil && usable(object.ID) {
		return object.ID, true
	}
	location, _, _ := strings.Cut(answer.Location, "?")
	at := strings.LastIndex(location, "/")
	if at < 0 || !strings.HasSuffix(location[:at], resource(kind)) {
		return "", false
	}
	id, err := url.PathUnescape(location[at+1:])
	return id, err == nil && usable(id)
}
