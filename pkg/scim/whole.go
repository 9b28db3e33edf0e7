package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// inWhole does what a PATCH says at an endpoint that has none (RFC 7644 §3.5.2 leaves it to them): it reads the resource, changes it
// here and puts it back whole. What else stands in it, of other clients too, stays.
func (c *Client) inWhole(ctx context.Context, operation BulkItem) (BulkItem, error) {
	read, err := c.single(ctx, BulkItem{Method: http.MethodGet, Path: operation.Path, BulkID: operation.BulkID})
	if err != nil || read.Status != "200" {
		return read, err // gone, or refused: so is the change
	}
	changed, err := patched(operation, read.Response)
	if err != nil {
		return read, fmt.Errorf("changing %s: %w", operation.Path, err)
	}
	return c.single(ctx, BulkItem{Method: http.MethodPut, Path: operation.Path, BulkID: operation.BulkID, Data: changed})
}

// patched applies the PATCH to a resource as it was read.
func patched(operation BulkItem, resource json.RawMessage) (json.RawMessage, error) {
	var patch Patch
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(operation.Data, &patch); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(resource, &whole); err != nil {
		return nil, err
	}
	var changes any
	var err error
	if strings.HasPrefix(operation.Path, Users+"/") {
		changes, err = patchedUser(patch, resource)
	} else {
		changes, err = patchedGroup(patch, resource)
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(changes)
	if err == nil {
		err = json.Unmarshal(raw, &whole) // over what was read
	}
	if err != nil {
		return nil, err
	}
	delete(whole, "meta")
	return json.Marshal(whole)
}

func patchedUser(patch Patch, resource json.RawMessage) (any, error) {
	var u User
	if err := json.Unmarshal(resource, &u); err != nil {
		return nil, err
	}
	if err := ApplyUser(&u, patch.Operations); err != nil {
		return nil, err
	}
	u.Meta, u.Groups = nil, nil // the endpoint's own
	return u, nil
}

func patchedGroup(patch Patch, resource json.RawMessage) (any, error) {
	var g Group
	if err := json.Unmarshal(resource, &g); err != nil {
		return nil, err
	}
	changes, err := ReadGroupPatch(patch.Operations)
	if err != nil {
		return nil, err
	}
	if changes.DisplayName != nil {
		g.DisplayName = *changes.DisplayName
	}
	for _, change := range changes.Members {
		g.Members = change.apply(g.Members)
	}
	// An empty list is said: left out, it could mean that the members stay.
	return map[string]any{"displayName": g.DisplayName, "members": append([]Member{}, g.Members...)}, nil
}

// apply takes the steps of a change in order, on members as they were.
func (m MemberChange) apply(members []Member) []Member {
	if m.Replace {
		members = nil
	}
	has := func(id string) func(Member) bool { return func(one Member) bool { return one.Value == id } }
	for _, one := range m.Add {
		if !slices.ContainsFunc(members, has(one.Value)) {
			members = append(members, one)
		}
	}
	for _, id := range m.Remove {
		members = slices.DeleteFunc(members, has(id))
	}
	return members
}
