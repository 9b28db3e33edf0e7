package scim

import (
	"encoding/json"
	"net/http"
	"testing"
)

// FuzzForeignResources: whatever a service of others says, it is read or refused, and what is put back is a resource.
func FuzzForeignResources(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","externalId":null,"USERNAME":"ann","active":"True","name":{"givenName":7},"emails":[{"value":"a@x.test","primary":"true"},{"type":"work"}],"meta":{"created":"yesterday"}}`,
		`{"id":2,"displayName":"Team","members":[{"value":"a"},{"VALUE":"b"},"c"],"schemas":"x"}`, `[]`, `null`, `{"emails":{},"members":{},"name":[]}`, `{"status":{"code":200},"bulkId":7}`,
	} {
		f.Add([]byte(seed))
	}
	put := []byte(`{"schemas":["u"],"externalId":"e","userName":"ann","name":{"givenName":"A","familyName":"Z"},"emails":[{"value":"z@x.test","type":"work","primary":true}],"active":true}`)
	patch := []byte(`{"Operations":[{"op":"replace","path":"displayName","value":"T"},{"op":"add","path":"members","value":[{"value":"n"}]},{"op":"remove","path":"members[value eq \"a\"]"}]}`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = ReadKnown(raw)
		_ = readOutcome(raw).Detail()
		for _, operation := range []BulkItem{{Method: http.MethodPut, Path: "/Users/1", Data: put}, {Method: http.MethodPatch, Path: "/Groups/1", Data: patch}} {
			changed, err := rewritten(operation, raw)
			if err != nil {
				continue
			}
			known, err := ReadKnown(changed)
			if err != nil || !json.Valid(changed) {
				t.Fatalf("%q became %q: %v", raw, changed, err)
			}
			if operation.Method == http.MethodPut && (known.UserName != "ann" || known.ExternalID != "e" || known.Mail != "z@x.test" || known.FamilyName != "Z" || !known.Active) {
				t.Errorf("%q became %q", raw, changed)
			}
			if operation.Method == http.MethodPatch && known.DisplayName != "T" {
				t.Errorf("%q became %q", raw, changed)
			}
		}
	})
}
