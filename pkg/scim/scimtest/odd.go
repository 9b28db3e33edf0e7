package scimtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"passlysync/pkg/scim"
)

// Resource is a user or group as a service keeps it.
type Resource = map[string]any

// Odd is a small SCIM service in memory that behaves as a test wants it to: services in the field keep to the RFCs each in its own
// way. Its zero value has PATCH and filters, no bulk operations, and lists everything at once. Set what is odd before it is asked.
type Odd struct {
	URL string // of its endpoint

	Config      string   // its ServiceProviderConfig; empty: one that says what it can
	Filters     []string // the attributes by which it can be searched; nil: any
	SharedNames bool     // groups may share a display name
	IDs         string   // stands before its ids; empty: o
	ForeignKeys bool     // a group takes members that it keeps alone, and answers others with 404
	// Instead, where it answers true, has answered a request in place of the service; After changes what it says of a resource.
	Instead func(http.ResponseWriter, *http.Request) bool
	Saying  func(Resource) Resource
	Listing func(list Resource) any

	mu    sync.Mutex
	kept  map[string][]Resource // by path: /Users, /Groups
	asked []string
	last  int
}

// Serve starts it; it ends with the test.
func (o *Odd) Serve(t testing.TB) *Odd {
	t.Helper()
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.URL, o.kept = server.URL, map[string][]Resource{}
	return o
}

// Put has it keep a resource that it did not get by SCIM, and gives its id.
func (o *Odd) Put(kind string, one Resource) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(kind, maps.Clone(one))["id"].(string)
}

// Drop has it lose a resource, and what belongs to it, behind everybody's back.
func (o *Odd) Drop(kind, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[kind] = slices.DeleteFunc(o.kept[kind], func(r Resource) bool { return r["id"] == id })
	for _, group := range o.kept[scim.Groups] {
		removeMember(group, id)
	}
}

// Kept is what it has of a kind.
func (o *Odd) Kept(kind string) []Resource {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Resource
	for _, one := range o.kept[kind] {
		all = append(all, maps.Clone(one))
	}
	return all
}

// Asked are the requests so far: method and path with its query.
func (o *Odd) Asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.asked)
}

// ServeHTTP implements http.Handler.
func (o *Odd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked = append(o.asked, r.Method+" "+r.URL.RequestURI())
	o.mu.Unlock()
	w.Header().Set("Content-Type", scim.ContentType)
	if o.Instead != nil && o.Instead(w, r) {
		return
	}
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	kind = "/" + kind
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case kind == "/ServiceProviderConfig":
		o.configure(w)
	case kind != scim.Users && kind != scim.Groups:
		Refuse(w, http.StatusNotFound, "")
	case id == "" && r.Method == http.MethodGet:
		o.list(w, r, kind)
	case id == "":
		o.create(w, r, kind)
	default:
		o.change(w, r, kind, id)
	}
}

// Refuse answers with an error (RFC 7644 §3.12).
func Refuse(w http.ResponseWriter, status int, kind string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"schemas":[%q],"status":"%d","scimType":%q,"detail":"refused: %s"}`, scim.ErrorSchema, status, kind, kind)
}

func (o *Odd) configure(w http.ResponseWriter) {
	if o.Config == "" {
		o.Config = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},"bulk":{"supported":false},"filter":{"supported":true,"maxResults":200}}`
	}
	fmt.Fprint(w, o.Config)
}

func (o *Odd) say(w http.ResponseWriter, status int, one Resource) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(o.said(one))
}

func (o *Odd) said(one Resource) Resource {
	if o.Saying != nil {
		return o.Saying(maps.Clone(one))
	}
	return one
}

// list answers as RFC 7644 §3.4.2 has it, for filters of one comparison.
func (o *Odd) list(w http.ResponseWriter, r *http.Request, kind string) {
	all := o.kept[kind]
	if filter := r.FormValue("filter"); filter != "" {
		attribute, rest, _ := strings.Cut(filter, " eq ")
		var value string
		if json.Unmarshal([]byte(rest), &value) != nil || o.Filters != nil && !slices.Contains(o.Filters, attribute) {
			Refuse(w, http.StatusBadRequest, "invalidFilter")
			return
		}
		all = slices.DeleteFunc(slices.Clone(all), func(one Resource) bool { return !strings.EqualFold(fmt.Sprint(one[attribute]), value) })
	}
	start, count := 1, len(all)
	if n, err := strconv.Atoi(r.FormValue("startIndex")); err == nil {
		start = max(1, n)
	}
	if n, err := strconv.Atoi(r.FormValue("count")); err == nil {
		count = n
	}
	resources := []Resource{}
	for _, one := range all[min(start-1, len(all)):min(start-1+count, len(all))] {
		resources = append(resources, o.said(one))
	}
	list := Resource{"schemas": []string{scim.ListSchema}, "totalResults": len(all), "startIndex": start, "itemsPerPage": len(resources), "Resources": resources}
	var out any = list
	if o.Listing != nil {
		out = o.Listing(list)
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (o *Odd) create(w http.ResponseWriter, r *http.Request, kind string) {
	var one Resource
	if json.NewDecoder(r.Body).Decode(&one) != nil {
		Refuse(w, http.StatusBadRequest, "invalidSyntax")
		return
	}
	unique := map[string]string{scim.Users: "userName", scim.Groups: "displayName"}[kind]
	for _, other := range o.kept[kind] {
		if strings.EqualFold(fmt.Sprint(other[unique]), fmt.Sprint(one[unique])) && (kind == scim.Users || !o.SharedNames) {
			Refuse(w, http.StatusConflict, "uniqueness")
			return
		}
	}
	o.say(w, http.StatusCreated, o.add(kind, one))
}

func (o *Odd) add(kind string, one Resource) Resource {
	if one["id"] == nil {
		o.last++
		one["id"] = fmt.Sprint(cmp.Or(o.IDs, "o"), o.last)
	}
	o.kept[kind] = append(o.kept[kind], one)
	return one
}

// change answers what is asked of one resource.
func (o *Odd) change(w http.ResponseWriter, r *http.Request, kind, id string) {
	at := slices.IndexFunc(o.kept[kind], func(one Resource) bool { return fmt.Sprint(one["id"]) == id })
	if at < 0 {
		Refuse(w, http.StatusNotFound, "")
		return
	}
	one := o.kept[kind][at]
	switch r.Method {
	case http.MethodPut:
		var next Resource
		_ = json.NewDecoder(r.Body).Decode(&next)
		next["id"] = one["id"]
		o.kept[kind][at], one = next, next
	case http.MethodPatch:
		var patch scim.Patch
		_ = json.NewDecoder(r.Body).Decode(&patch)
		for _, op := range patch.Operations {
			if status := o.patch(one, op); status != http.StatusOK {
				Refuse(w, status, "")
				return
			}
		}
	case http.MethodDelete:
		o.kept[kind] = slices.Delete(o.kept[kind], at, at+1)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	o.say(w, http.StatusOK, one)
}

// patch does one operation, as the agent sends them.
func (o *Odd) patch(one Resource, op scim.PatchOp) int {
	var value any
	_ = json.Unmarshal(op.Value, &value)
	switch {
	case op.Op == "replace":
		one[op.Path] = value
	case op.Op == "add" && op.Path == "members":
		for _, member := range value.([]any) {
			id := member.(Resource)["value"].(string)
			if o.ForeignKeys && !slices.ContainsFunc(o.kept[scim.Users], func(u Resource) bool { return u["id"] == id }) {
				return http.StatusNotFound
			}
			removeMember(one, id)
			one["members"] = append(membersOf(one), Resource{"value": id})
		}
	default: // members[value eq "1" or value eq "2"]
		for _, term := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(op.Path, "members["), "]"), " or ") {
			var id string
			if json.Unmarshal([]byte(strings.TrimPrefix(term, "value eq ")), &id) != nil || !removeMember(one, id) {
				return http.StatusBadRequest
			}
		}
	}
	return http.StatusOK
}

func membersOf(group Resource) []any {
	members, _ := group["members"].([]any)
	return members
}

func removeMember(group Resource, id string) bool {
	before := membersOf(group)
	after := slices.DeleteFunc(slices.Clone(before), func(m any) bool { return m.(Resource)["value"] == id })
	group["members"] = after
	return len(after) < len(before)
}
