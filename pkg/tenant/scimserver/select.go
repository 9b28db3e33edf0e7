package scimserver

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"passlysync/pkg/scim"
)

// selection is what of a resource a client asked for (RFC 7644 §3.9): only some attributes, or all but some. Names are kept
// in lower case, without the URN of a core schema.
type selection struct {
	only, without map[string]bool
}

func (c *call) selection() selection {
	q := c.URL.Query()
	return newSelection(q.Get("attributes"), q.Get("excludedAttributes"))
}

func newSelection(only, without string) selection {
	return selection{names(only), names(without)}
}

func names(list string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		for _, urn := range []string{scim.UserSchema, scim.GroupSchema} {
			name = strings.TrimPrefix(name, strings.ToLower(urn)+":")
		}
		if name != "" {
			set[name] = true
		}
	}
	return set
}

// names reports whether an attribute was asked for by name.
func (s selection) names(attribute string) bool {
	return s.only[attribute] || s.below(s.only, attribute)
}

// wants reports whether an attribute is to be read at all.
func (s selection) wants(attribute string) bool {
	if len(s.only) > 0 {
		return s.names(attribute)
	}
	return !s.without[attribute]
}

func (s selection) below(set map[string]bool, attribute string) bool {
	for name := range set {
		if strings.HasPrefix(name, attribute+".") || strings.HasPrefix(name, attribute+":") {
			return true
		}
	}
	return false
}

func (s selection) marshal(resource any) ([]byte, error) {
	raw, err := json.Marshal(resource)
	if err != nil || len(s.only)+len(s.without) == 0 {
		return raw, err
	}
	return s.project(raw, "")
}

// project copies an object without what was not asked for. id and schemas are always returned (RFC 7643 §3.1).
func (s selection) project(object []byte, prefix string) ([]byte, error) {
	var out bytes.Buffer
	from, to := jsontext.NewDecoder(bytes.NewReader(object)), jsontext.NewEncoder(&out)
	if _, err := from.ReadToken(); err != nil {
		return nil, err
	}
	if err := to.WriteToken(jsontext.BeginObject); err != nil {
		return nil, err
	}
	for from.PeekKind() == '"' {
		if err := s.projectMember(from, to, prefix); err != nil {
			return nil, err
		}
	}
	err := to.WriteToken(jsontext.EndObject)
	return bytes.TrimSpace(out.Bytes()), err
}

func (s selection) projectMember(from *jsontext.Decoder, to *jsontext.Encoder, prefix string) error {
	token, err := from.ReadToken()
	if err != nil {
		return err
	}
	key := token.String()
	name := strings.ToLower(key)
	if strings.EqualFold(prefix, scim.PasslySchema) {
		name = strings.ToLower(prefix) + ":" + name
	} else if prefix != "" {
		name = strings.ToLower(prefix) + "." + name
	}
	value, err := from.ReadValue()
	if err != nil {
		return err
	}
	value = value.Clone()
	keep, deeper := s.judge(name)
	if !keep {
		return nil
	}
	if deeper && value.Kind() == '{' {
		if value, err = s.project(value, key); err != nil {
			return err
		}
	}
	if err := to.WriteToken(jsontext.String(key)); err != nil {
		return err
	}
	return to.WriteValue(value)
}

// judge says whether an attribute stays, and whether its parts have to be judged too.
func (s selection) judge(name string) (keep, deeper bool) {
	switch {
	case name == "id" || name == "schemas":
		return true, false
	case len(s.only) > 0:
		return s.names(name), !s.only[name]
	}
	return !s.without[name], s.below(s.without, name)
}
