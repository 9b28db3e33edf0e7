package scimserver

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// bulkRequest is scim.BulkRequest, with the data kept as it came.
type bulkRequest struct {
	FailOnErrors int         `json:"failOnErrors"`
	Operations   []operation `json:"Operations"`
}

type operation struct {
	Method  string         `json:"method"`
	BulkID  string         `json:"bulkId"`
	Version string         `json:"version"`
	Path    string         `json:"path"`
	Data    jsontext.Value `json:"data"`
}

// bulk carries out many operations in one transaction (RFC 7644 §3.7). Everything that can be done before the
// transaction is: reading, checking, deciding.
func (c *call) bulk() error {
	var given bulkRequest
	if err := c.read(&given); err != nil {
		return err
	}
	if len(given.Operations) > MaxOperations {
		return tooMany(len(given.Operations))
	}
	b := &batch{call: c, steps: make([]step, len(given.Operations)), named: map[string]int{}, failOn: given.FailOnErrors}
	for i := range given.Operations {
		b.prepare(i, &given.Operations[i])
	}
	if err := c.write(func(tx store.Tx, j *journal) error { b.journal = j; return b.run(c.Context(), tx) }); err != nil {
		return err
	}
	raw, err := b.answer()
	if err != nil {
		return err
	}
	write(c.w, http.StatusOK, raw)
	return nil
}

func tooMany(n int) error {
	return &problem.Problem{
		Code: problem.TooLarge, Title: strconv.Itoa(n) + " operations are too many",
		Text: "A bulk request has at most " + strconv.Itoa(MaxOperations) + ".",
	}
}

// step is one operation, prepared; and its outcome.
type step struct {
	method, bulkID string
	kind           string      // User or Group
	user           tenant.User // POST of a user
	addsUser       bool
	do             func(tx store.Tx, at *step) error // everything else
	edit           *userEdit                         // of do, where it edits a user
	needs          []string                          // bulkIds that have to be known first
	done           bool
	id             tenant.ID
	version        int64
	status         int
	err            error
}

// answer writes the outcome of each operation that was done, by hand: a response may have a thousand of them.
func (b *batch) answer() ([]byte, error) {
	out := make([]byte, 0, 256*len(b.steps)+128)
	out = append(out, `{"schemas":["`+scim.BulkRespSchema+`"],"Operations":[`...)
	first := true
	for i := range b.steps {
		s := &b.steps[i]
		if !s.done {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		var err error
		if out, err = b.item(out, s); err != nil {
			return nil, err
		}
	}
	return append(out, "]}"...), nil
}

func (b *batch) item(out []byte, s *step) ([]byte, error) {
	out = append(out, `{"method":`...)
	out, err := jsontext.AppendQuote(out, s.method)
	if err != nil {
		return nil, err
	}
	if s.bulkID != "" {
		out = append(out, `,"bulkId":`...)
		if out, err = jsontext.AppendQuote(out, s.bulkID); err != nil {
			return nil, err
		}
	}
	if s.id != 0 {
		out = append(out, `,"location":`...)
		if out, err = jsontext.AppendQuote(out, b.call.base+"/"+s.kind+"s/"+s.id.String()); err != nil {
			return nil, err
		}
	}
	if s.err != nil {
		return failedItem(out, s.err)
	}
	if s.version != 0 {
		out = append(out, `,"version":"W/\"`...)
		out = strconv.AppendInt(out, s.version, 10)
		out = append(out, `\""`...)
	}
	out = append(out, `,"status":"`...)
	out = strconv.AppendInt(out, int64(s.status), 10)
	return append(out, `"}`...), nil
}

func failedItem(out []byte, err error) ([]byte, error) {
	status, body := errorOf(err)
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	out = append(out, `,"status":"`...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(out, `","response":`...)
	return append(append(out, raw...), '}'), nil
}
