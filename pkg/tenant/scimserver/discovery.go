package scimserver

import (
	"embed"
	"encoding/json"
	"strings"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// The schemas and resource types do not change while the program runs; they are documents.
//
//go:embed schemas.json resourcetypes.json
var documents embed.FS

func (c *call) serviceProvider() error {
	supported := map[string]any{"supported": true}
	return c.object(map[string]any{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          supported,
		"bulk":           map[string]any{"supported": true, "maxOperations": MaxOperations, "maxPayloadSize": MaxPayload},
		"filter":         map[string]any{"supported": true, "maxResults": MaxResults},
		"changePassword": map[string]any{"supported": false},
		"sort":           supported,
		"etag":           supported,
		"pagination": map[string]any{
			"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": defaultCount, "maxPageSize": MaxResults,
		},
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "OAuth Bearer Token", "primary": true,
			"description": "An access token of some minutes, given for an assertion signed with the client's key (RFC 7523).",
			"specUri":     "https://www.rfc-editor.org/rfc/rfc6750",
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": c.base + "/ServiceProviderConfig"},
	})
}

func (c *call) schemas() error       { return c.documents("schemas.json", "Schemas") }
func (c *call) resourceTypes() error { return c.documents("resourcetypes.json", "ResourceTypes") }
func (c *call) schema() error        { return c.document("schemas.json", "Schemas", "schema") }
func (c *call) resourceType() error {
	return c.document("resourcetypes.json", "ResourceTypes", "resource type")
}

func (c *call) load(file, collection string) ([]map[string]any, error) {
	raw, err := documents.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for _, one := range all {
		id, _ := one["id"].(string)
		one["meta"] = map[string]any{"resourceType": strings.TrimSuffix(collection, "s"), "location": c.base + "/" + collection + "/" + id}
	}
	return all, nil
}

func (c *call) documents(file, collection string) error {
	all, err := c.load(file, collection)
	if err != nil {
		return err
	}
	return c.object(map[string]any{
		"schemas": []string{scim.ListSchema}, "totalResults": len(all), "startIndex": 1, "itemsPerPage": len(all), "Resources": all,
	})
}

func (c *call) document(file, collection, what string) error {
	all, err := c.load(file, collection)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one["id"] == c.PathValue("id") {
			return c.object(one)
		}
	}
	return tenant.NotFound(what)
}
