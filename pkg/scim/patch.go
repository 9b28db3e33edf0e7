package scim

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// PatchPath is the target of a PATCH operation (RFC 7644 §3.5.2): an attribute, perhaps with a filter on its values and a
// sub-attribute of those.
type PatchPath struct {
	Path
	Filter Filter // nil: all values
}

// ParsePatchPath reads a path. Errors are InputErrors of type invalidPath.
func ParsePatchPath(text string) (PatchPath, error) {
	open := strings.IndexByte(text, '[')
	if open < 0 {
		if strings.EqualFold(text, PasslySchema) {
			return PatchPath{Path: Path{URN: PasslySchema}}, nil
		}
		path, err := parseAttribute(strings.TrimSpace(text))
		return PatchPath{Path: path}, err
	}
	shut := strings.LastIndexByte(text, ']')
	if shut < open {
		return PatchPath{}, inputError(InvalidPath, "the path %.60s has a [ without ]", text)
	}
	path, err := parseAttribute(text[:open])
	if err != nil || path.Sub != "" {
		return PatchPath{}, inputError(InvalidPath, "%.60s is no attribute", text[:open])
	}
	filter, err := ParseFilter(text[open+1 : shut])
	if err != nil {
		return PatchPath{}, inputError(InvalidPath, "in the path's filter, %s", err)
	}
	sub, dotted := strings.CutPrefix(text[shut+1:], ".")
	if sub != "" && (!dotted || !attributeName(sub)) || dotted && sub == "" {
		return PatchPath{}, inputError(InvalidPath, "%.60s stands after the path's filter", text[shut+1:])
	}
	path.Sub = sub
	return PatchPath{path, filter}, nil
}

// verb gives the operation in lower case: some clients write Add, Replace, Remove.
func (op PatchOp) verb() (string, error) {
	switch v := strings.ToLower(op.Op); v {
	case "add", "replace", "remove":
		return v, nil
	}
	return "", inputError(InvalidSyntax, "op is %.40q; it has to be add, replace or remove", op.Op)
}

// eachTarget calls apply for every attribute that the operation names: one by its path, or each key of its value.
func (op PatchOp) eachTarget(apply func(verb string, path PatchPath, value jsontext.Value, explicit bool) error) error {
	verb, err := op.verb()
	if err != nil {
		return err
	}
	value := jsontext.Value(bytes.TrimSpace(op.Value))
	if op.Path != "" {
		path, err := ParsePatchPath(op.Path)
		if err != nil {
			return err
		}
		return apply(verb, path, value, true)
	}
	if verb == "remove" {
		return inputError(NoTarget, "a remove operation needs a path")
	}
	return eachKey(value, "", func(path PatchPath, v jsontext.Value) error { return apply(verb, path, v, false) })
}

// eachKey walks an object's keys as paths, in their order; a schema's URN as key holds an object of its own.
func eachKey(object jsontext.Value, urn string, visit func(PatchPath, jsontext.Value) error) error {
	if object.Kind() != '{' {
		return inputError(InvalidValue, "an operation without path needs an object as value")
	}
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return inputError(InvalidValue, "the value is not valid JSON")
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return inputError(InvalidValue, "the value is not valid JSON")
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return inputError(InvalidValue, "the value is not valid JSON")
		}
		if err := visitKey(urn, key, value.Clone(), visit); err != nil {
			return err
		}
	}
	return nil
}

func visitKey(urn, key string, value jsontext.Value, visit func(PatchPath, jsontext.Value) error) error {
	if urn == "" && value.Kind() == '{' && (strings.EqualFold(key, PasslySchema) || isCore(key)) {
		return eachKey(value, key, visit)
	}
	path, err := ParsePatchPath(key)
	if err != nil {
		return nil //nolint:nilerr // an unknown attribute inside a value is ignored, as in POST
	}
	if path.URN == "" {
		path.URN = urn
	}
	return visit(path, value)
}

func stringValue(path PatchPath, value jsontext.Value) (string, error) {
	var s string
	if value.Kind() == 'n' {
		return "", nil
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return "", inputError(InvalidValue, "the value of %s has to be a string", path)
	}
	return s, nil
}

// boolValue takes true and false, and the strings that some clients send instead.
func boolValue(path PatchPath, value jsontext.Value) (bool, error) {
	text := strings.ToLower(strings.Trim(string(value), `"`))
	b, err := strconv.ParseBool(text)
	if err != nil || text == "1" || text == "0" || len(text) == 1 {
		return false, inputError(InvalidValue, "the value of %s has to be true or false", path)
	}
	return b, nil
}
