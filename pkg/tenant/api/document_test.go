package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"passlysync/pkg/directory"
	"passlysync/pkg/tenant/api"
)

var update = flag.Bool("update", false, "write the OpenAPI document anew")

// TestDocumentIsWhatTheOperationsSay makes the document out of the operations and the answers' types, and holds the file to it.
func TestDocumentIsWhatTheOperationsSay(t *testing.T) {
	made, err := json.MarshalIndent(document(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(made, api.Document) {
		t.Error("openapi.json is not what the operations say; make openapi writes it anew")
	}
}

// TestOperationsAreSound looks for what two would read differently.
func TestOperationsAreSound(t *testing.T) {
	routes, names := map[string]bool{}, map[string]bool{}
	for _, o := range api.Operations {
		if routes[o.Route] || names[o.Name] {
			t.Errorf("%s (%s) is there twice", o.Route, o.Name)
		}
		routes[o.Route], names[o.Name] = true, true
		if (o.Answer == nil) == (o.File == "") {
			t.Errorf("%s answers both or neither of JSON and a file", o.Route)
		}
		if strings.HasPrefix(o.Route, "GET ") && o.Body != nil {
			t.Errorf("%s reads, and has a body", o.Route)
		}
		if api.PagesOnly[o.Route] != "" {
			t.Errorf("%s is both in the API and not", o.Route)
		}
	}
}

type object = map[string]any

func document(t *testing.T) object {
	schemas, paths := object{}, map[string]object{}
	problem := reference(t, schemas, api.Problem{})
	for _, o := range api.Operations {
		method, path, _ := strings.Cut(o.Route, " ")
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(method)] = operation(t, o, path, schemas, problem)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Passly tenant", "version": "1",
			"description": "What the console does, for programs: the same routes, permissions and words. Sign in with an API token, made in the console under Your account.",
		},
		"servers":    []object{{"url": api.Prefix}},
		"security":   []object{{"token": []string{}}},
		"paths":      paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
	}
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

func operation(t *testing.T, o api.Operation, path string, schemas, problem object) object {
	made := object{"operationId": o.Name, "summary": o.Does, "tags": []string{o.Section}}
	var parameters []object
	for _, found := range inPath.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, object{"name": found[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, f := range o.Query {
		p := object{"name": f.Name, "in": "query", "required": f.Needs, "schema": field(f)}
		if f.Kind == api.List {
			p["explode"] = true
		}
		parameters = append(parameters, p)
	}
	if parameters != nil {
		made["parameters"] = parameters
	}
	if o.Body != nil {
		made["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": body(o.Body)}}}
	}
	made["responses"] = object{
		"200":     object{"description": "done", "content": answer(t, o, schemas)},
		"default": object{"description": "why it was not done", "content": object{"application/problem+json": object{"schema": problem}}},
	}
	return made
}

func answer(t *testing.T, o api.Operation, schemas object) object {
	switch {
	case o.File != "":
		return object{o.File: object{"schema": object{"type": "string"}}}
	case o.Or != nil:
		return object{"application/json": object{"schema": object{"anyOf": []object{reference(t, schemas, o.Answer), reference(t, schemas, o.Or)}}}}
	}
	return object{"application/json": object{"schema": reference(t, schemas, o.Answer)}}
}

func field(f api.Field) object {
	made := object{"type": f.Kind}
	if f.Kind == api.List {
		made["items"] = object{"type": api.Text}
	}
	if f.Means != "" {
		made["description"] = f.Means
	}
	if f.Of != nil {
		made["enum"] = f.Of
	}
	return made
}

func body(fields []api.Field) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		properties[f.Name] = field(f)
		if f.Needs {
			required = append(required, f.Name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// reference adds a type's schema to the document, and those of the types within; it gives what points to it.
func reference(t *testing.T, schemas object, of any) object {
	t.Helper()
	kind := reflect.TypeOf(of)
	if kind.Kind() == reflect.Slice {
		return object{"type": "array", "items": reference(t, schemas, reflect.Zero(kind.Elem()).Interface())}
	}
	name := nameOf(kind)
	if schemas[name] != nil {
		return pointer(name)
	}
	schemas[name] = object{} // while those within are made
	known := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[directory.GUID](): {Type: "string"}, reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
	}
	for _, inner := range within(kind) {
		reference(t, schemas, reflect.Zero(inner).Interface())
		known[inner] = &jsonschema.Schema{Ref: "#/components/schemas/" + nameOf(inner)}
	}
	for f := range kind.Fields() {
		if f.Anonymous { // is written out
			delete(known, f.Type)
		}
	}
	schema, err := jsonschema.ForType(kind, &jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, property := range schema.Properties {
		if property.Ref != "" { // of a pointer, which is left out where there is none
			property.Type, property.Types = "", nil
		}
	}
	schemas[name] = schema
	return pointer(name)
}

func pointer(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// within gives the structs that a struct's fields hold, but for those that are part of it.
func within(kind reflect.Type) (inner []reflect.Type) {
	for f := range kind.Fields() {
		if f.Anonymous {
			inner = append(inner, within(f.Type)...)
			continue
		}
		of := f.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]() {
			inner = append(inner, of)
		}
	}
	return inner
}

// nameOf makes Page[passlysync/pkg/tenant/api.User] a UserPage.
func nameOf(kind reflect.Type) string {
	outer, inner, generic := strings.Cut(kind.Name(), "[")
	if !generic {
		return outer
	}
	return strings.TrimSuffix(inner[strings.LastIndexByte(inner, '.')+1:], "]") + outer
}

// TestAnswersHaveNamesOfTheirOwn holds two types of one name apart, which the document would take for one.
func TestAnswersHaveNamesOfTheirOwn(t *testing.T) {
	named := map[string]reflect.Type{}
	var look func(reflect.Type)
	look = func(kind reflect.Type) {
		name := nameOf(kind)
		if named[name] == kind {
			return
		}
		if named[name] != nil {
			t.Errorf("%s and %s have one name", named[name], kind)
		}
		named[name] = kind
		for _, inner := range within(kind) {
			look(inner)
		}
	}
	for _, o := range api.Operations {
		for _, answer := range []any{o.Answer, o.Or} {
			if kind := reflect.TypeOf(answer); kind != nil && kind.Kind() == reflect.Struct {
				look(kind)
			}
		}
	}
}

// TestAttackSecretsInAnswers goes through the fields of all answers, at any depth.
func TestAttackSecretsInAnswers(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type, string)
	look = func(kind reflect.Type, path string) {
		switch kind.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(kind.Elem(), path)
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[kind] {
			return
		}
		seen[kind] = true
		for f := range kind.Fields() {
			for _, bad := range []string{"hash", "password", "secret", "factor", "key", "token"} {
				if strings.Contains(strings.ToLower(f.Name), bad) && !slices.Contains(harmless, kind.Name()+"."+f.Name) {
					t.Errorf("%s.%s may be a secret: leave it out, or name it harmless", path+kind.Name(), f.Name)
				}
			}
			look(f.Type, path+kind.Name()+".")
		}
	}
	for _, o := range api.Operations {
		for _, answer := range []any{o.Answer, o.Or} {
			if answer != nil {
				look(reflect.TypeOf(answer), "")
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

// harmless are fields that only sound like secrets. The one token is in the answer that made it.
var harmless = []string{"EnrolmentToken.Token", "User.TwoFactor", "Policy.TwoFactor", "Administrator.TwoFactor", "Organization.MinPassword", "Settings.PasswordPolicy"}
