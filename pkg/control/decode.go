package control

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/problem"
)

// Decode reads one JSON value of at most limit bytes into v. It refuses invalid UTF-8, duplicate keys and trailing data
// (RFC 8259 leaves these open, and parsers that disagree are how checks are bypassed); unknown fields are ignored. Errors are
// problems of code Invalid or TooLarge.
func Decode(r io.Reader, limit int64, v any) error {
	bounded := &io.LimitedReader{R: r, N: limit + 1}
	err := json.UnmarshalRead(bounded, v)
	if bounded.N <= 0 {
		return &problem.Problem{
			Code: problem.TooLarge, Title: fmt.Sprintf("The message is larger than %d bytes", limit),
			Text: "Nothing of it was used.", Hint: "Send it in smaller parts.", Op: "reading a message",
		}
	}
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	title := "The message is not valid JSON"
	if errors.As(err, &semantic) {
		title = "The message has a field of the wrong kind"
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: title, Text: err.Error(),
		Hint: "Send one JSON object in UTF-8 with each key once.", Op: "reading a message", Err: err,
	}
}
