package scim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"passlysync/pkg/scim"
)

// TestATokenThatAServiceRepeatsIsNotPassedOn: what a service says comes into logs and is shown.
func TestATokenThatAServiceRepeatsIsNotPassedOn(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusInternalServerError, http.StatusFound} {
		c := singly(t, true, func(w http.ResponseWriter, r *http.Request) {
			said := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			w.Header().Set("Content-Type", scim.ContentType)
			w.Header().Set("Location", "/Users/"+said)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"detail":"What is %s?","Resources":[],"totalResults":0}`, said)
		})
		got, err := c.Bulk(t.Context(), []scim.BulkItem{{Method: http.MethodPatch, Path: "/Users/1", BulkID: "0", Data: []byte(`{}`)}})
		var text strings.Builder
		for _, one := range got {
			fmt.Fprintf(&text, "%s %s", one.Response, one.Location)
		}
		one, err2 := c.Known(t.Context(), scim.Users, "1")
		fmt.Fprintf(&text, "%+v %+v %+v", one, err, err2)
		if strings.Contains(text.String(), "the-secret-token") || status == http.StatusBadRequest && !strings.Contains(text.String(), "What is …?") {
			t.Errorf("status %d gave %s", status, text.String())
		}
	}
}
