package tenanttest

import (
	"fmt"
	"strings"
	"testing"

	"passlysync/pkg/scim"
)

// atOnce is how many people a request adds.
const atOnce = 1000

// AddPeople adds n people and a group of all of them.
func (a *Agent) AddPeople(t testing.TB, n int) {
	t.Helper()
	var group struct{ ID string }
	a.Do(t, "POST", "/scim/v2/Groups", `{"displayName":"Everybody"}`, "Content-Type", scim.ContentType).Into(t, &group)
	for first := 0; first < n; first += atOnce {
		var added scim.BulkResponse
		a.Do(t, "POST", "/scim/v2/Bulk", BulkOfUsers(first, min(atOnce, n-first)), "Content-Type", scim.ContentType).Into(t, &added)
		members := make([]string, len(added.Operations))
		for i, op := range added.Operations {
			members[i] = fmt.Sprintf(`{"value":%q}`, op.Location[strings.LastIndexByte(op.Location, '/')+1:])
		}
		body := `{"schemas":["` + scim.PatchSchema + `"],"Operations":[{"op":"add","path":"members","value":[` + strings.Join(members, ",") + `]}]}`
		if answer := a.Do(t, "PATCH", "/scim/v2/Groups/"+group.ID, body, "Content-Type", scim.ContentType); answer.Status != 200 && answer.Status != 204 { // without the many members
			t.Fatalf("adding members: %d %.300s", answer.Status, answer.Body)
		}
	}
}

// BulkOfUsers is a request that adds n users, numbered from first, as an agent sends it.
func BulkOfUsers(first, n int) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["` + scim.BulkReqSchema + `"],"Operations":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		k := first + i
		fmt.Fprintf(&b, `{"method":"POST","bulkId":"%d","path":"/Users","data":{"schemas":["%s","%s"],`+
			`"externalId":"%08x-1234-4abc-8def-%012x","userName":"given%d.family%d@example.test","name":{"givenName":"Given%d","familyName":"Family%d"},`+
			`"displayName":"Given%d Family%d","emails":[{"value":"given%d.family%d@example.test","type":"work","primary":true}],"active":true,`+
			`"%s":{"samAccountName":"g%d"}}}`, i, scim.UserSchema, scim.PasslySchema, uint32(k)*2654435761, k, k, k, k, k, k, k, k, k, scim.PasslySchema, k)
	}
	b.WriteString("]}")
	return b.String()
}
