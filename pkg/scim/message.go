package scim

import "encoding/json"

// List is a list response (RFC 7644 §3.4.2, cursor: RFC 9865 §2). Resources stay raw: they may be users or groups.
type List struct {
	Schemas      []string          `json:"schemas"`
	TotalResults int               `json:"totalResults"`
	ItemsPerPage int               `json:"itemsPerPage,omitempty"`
	StartIndex   int               `json:"startIndex,omitempty"`
	NextCursor   string            `json:"nextCursor,omitempty"`
	Resources    []json.RawMessage `json:"Resources"`
}

// BulkRequest carries many operations (RFC 7644 §3.7).
type BulkRequest struct {
	Schemas      []string   `json:"schemas"`
	FailOnErrors int        `json:"failOnErrors,omitempty"`
	Operations   []BulkItem `json:"Operations"`
}

// BulkItem is one operation of a request, or its outcome in a response.
type BulkItem struct {
	Method   string          `json:"method"`
	BulkID   string          `json:"bulkId,omitempty"`
	Version  string          `json:"version,omitempty"`
	Path     string          `json:"path,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Location string          `json:"location,omitempty"`
	Status   string          `json:"status,omitempty"`
	Response json.RawMessage `json:"response,omitempty"` // an Error, when the status is not 2xx
}

// BulkResponse answers a BulkRequest, one item an operation, in its order.
type BulkResponse struct {
	Schemas    []string   `json:"schemas"`
	Operations []BulkItem `json:"Operations"`
}

// Patch is a PATCH body (RFC 7644 §3.5.2).
type Patch struct {
	Schemas    []string  `json:"schemas"`
	Operations []PatchOp `json:"Operations"`
}

// PatchOp is one operation: add, replace or remove, in any case.
type PatchOp struct {
	Op    string          `json:"op"`
	Path  string          `json:"path,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Provider is the part of ServiceProviderConfig (RFC 7643 §5) that a client acts on.
type Provider struct {
	Schemas []string `json:"schemas"`
	Patch   struct {
		Supported bool `json:"supported"`
	} `json:"patch"`
	Bulk struct {
		Supported      bool `json:"supported"`
		MaxOperations  int  `json:"maxOperations"`
		MaxPayloadSize int  `json:"maxPayloadSize"`
	} `json:"bulk"`
	Filter struct {
		Supported  bool `json:"supported"`
		MaxResults int  `json:"maxResults"`
	} `json:"filter"`
	ETag struct {
		Supported bool `json:"supported"`
	} `json:"etag"`
	Sort struct {
		Supported bool `json:"supported"`
	} `json:"sort"`
	ChangePassword struct {
		Supported bool `json:"supported"`
	} `json:"changePassword"`
	Pagination struct {
		Cursor bool `json:"cursor"`
		Index  bool `json:"index"`
	} `json:"pagination"`
}
