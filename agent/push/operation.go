package push

import (
	"encoding/json"
	"fmt"
	"net/http"

	jsonv2 "github.com/go-json-experiment/json"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
)

// operationFor writes one item as a SCIM operation.
func (p *Pusher) operationFor(item mirror.Item) (scim.BulkItem, error) {
	if item.Todo == plan.Add {
		return operation(http.MethodPost, resource(item.Kind), p.whole(item))
	}
	target, err := place(item.Kind, item.Remote)
	switch {
	case err != nil:
		return scim.BulkItem{}, err
	case item.Todo == plan.Remove:
		return scim.BulkItem{Method: http.MethodDelete, Path: target}, nil
	case item.Kind == directory.KindGroup && p.others:
		patch := replace("displayName", item.Name) // and one that was taken over gets our externalId
		patch.Operations = append(patch.Operations, replace("externalId", item.GUID.String()).Operations...)
		return operation(http.MethodPatch, target, patch)
	case item.Kind == directory.KindGroup:
		return operation(http.MethodPatch, target, replace("displayName", item.Name))
	case item.Todo == plan.Disable || item.Keep:
		return operation(http.MethodPatch, target, replace("active", item.Active))
	}
	return operation(http.MethodPut, target, p.whole(item))
}

func operation(method, path string, body any) (scim.BulkItem, error) {
	data, err := jsonv2.Marshal(body)
	if err != nil {
		return scim.BulkItem{}, fmt.Errorf("writing a SCIM resource: %w", err)
	}
	return scim.BulkItem{Method: method, Path: path, Data: data}, nil
}

// whole writes the entry as the tenant should hold it. Members go by themselves.
func (p *Pusher) whole(item mirror.Item) any {
	if item.Kind == directory.KindGroup {
		return scim.Group{Schemas: []string{scim.GroupSchema}, ExternalID: item.GUID.String(), DisplayName: item.Name}
	}
	user := scim.User{
		Schemas: []string{scim.UserSchema}, ExternalID: item.GUID.String(), UserName: item.LogonName,
		Name: &scim.Name{FamilyName: item.Surname, GivenName: item.GivenName}, DisplayName: item.DisplayName,
		Emails: []scim.Email{{Value: item.Mail, Type: "work", Primary: true}}, Active: &item.Active,
	}
	if p.others {
		user.DisplayName = plan.User{GivenName: item.GivenName, Surname: item.Surname, DisplayName: item.DisplayName}.ForOthers().DisplayName
	} else {
		user.Schemas = append(user.Schemas, scim.PasslySchema)
		user.Passly = &scim.Passly{SAMAccountName: item.SAMAccountName}
	}
	return user
}

func replace(attribute string, value any) scim.Patch {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	return scim.Patch{
		Schemas:    []string{scim.PatchSchema},
		Operations: []scim.PatchOp{{Op: "replace", Path: attribute, Value: raw}},
	}
}
