package scim_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/scim"
)

func operations(t testing.TB, text string) []scim.PatchOp {
	t.Helper()
	var ops []scim.PatchOp
	if err := json.Unmarshal([]byte("["+text+"]"), &ops); err != nil {
		t.Fatal(err)
	}
	return ops
}

func someone() scim.User {
	yes := true
	return scim.User{
		UserName: "ann", Name: &scim.Name{GivenName: "Ann"}, Active: &yes,
		Emails: []scim.Email{{Value: "a@x", Type: "work", Primary: true}, {Value: "b@x", Type: "home"}},
	}
}

func TestApplyUser(t *testing.T) {
	for name, row := range map[string]struct {
		ops  string
		want func(*scim.User)
	}{
		"a path":                 {`{"op":"replace","path":"name.givenName","value":"Anna"}`, func(u *scim.User) { u.Name.GivenName = "Anna" }},
		"a path with the schema": {`{"op":"add","path":"` + scim.UserSchema + `:userName","value":"anna"}`, func(u *scim.User) { u.UserName = "anna" }},
		"no path":                {`{"op":"Replace","value":{"displayName":"A","unknown":1,"id":"x"}}`, func(u *scim.User) { u.DisplayName = "A" }},
		"active as text":         {`{"op":"Replace","path":"active","value":"False"}`, func(u *scim.User) { no := false; u.Active = &no }},
		"the extension's object": {`{"op":"add","value":{"` + scim.PasslySchema + `":{"samAccountName":"ann"}}}`, func(u *scim.User) { u.Passly = &scim.Passly{SAMAccountName: "ann"} }},
		"an address by its type": {`{"op":"replace","path":"emails[type eq \"work\"].value","value":"c@x"}`, func(u *scim.User) { u.Emails[0].Value = "c@x" }},
		"an address that is new": {`{"op":"add","path":"emails[type eq \"other\"].value","value":"d@x"}`, func(u *scim.User) { u.Emails = append(u.Emails, scim.Email{Value: "d@x", Type: "other"}) }},
		"an address removed":     {`{"op":"remove","path":"emails[value eq \"B@X\"]"}`, func(u *scim.User) { u.Emails = u.Emails[:1] }},
		"another primary one": {`{"op":"add","path":"emails","value":[{"value":"c@x","primary":true}]}`, func(u *scim.User) {
			u.Emails[0].Primary = false
			u.Emails = append(u.Emails, scim.Email{Value: "c@x", Primary: true})
		}},
		"all addresses replaced":      {`{"op":"replace","path":"emails","value":{"value":"c@x"}}`, func(u *scim.User) { u.Emails = []scim.Email{{Value: "c@x"}} }},
		"a name removed":              {`{"op":"remove","path":"name"}`, func(u *scim.User) { u.Name = nil }},
		"part of a name as an object": {`{"op":"add","path":"name","value":{"familyName":"Berg"}}`, func(u *scim.User) { u.Name.FamilyName = "Berg" }},
	} {
		got, want := someone(), someone()
		row.want(&want)
		err := scim.ApplyUser(&got, operations(t, row.ops))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestApplyUserRefuses(t *testing.T) {
	for ops, kind := range map[string]string{
		`{"op":"move","path":"userName"}`: scim.InvalidSyntax,
		`{"op":"remove"}`:                 scim.NoTarget,
		`{"op":"replace","path":"emails[value eq \"n@x\"].value","value":"x"}`:    scim.NoTarget,
		`{"op":"replace","path":"emails[type eq \"none\"].primary","value":true}`: scim.NoTarget,
		`{"op":"replace","path":"userName"}`:                                      scim.InvalidValue,
		`{"op":"replace","path":"userName","value":7}`:                            scim.InvalidValue,
		`{"op":"replace","path":"meta","value":{}}`:                               scim.Mutability,
		`{"op":"remove","path":"active"}`:                                         scim.Mutability,
		`{"op":"replace","path":"active","value":"maybe"}`:                        scim.InvalidValue,
		`{"op":"replace","path":"emails[type eq","value":"x"}`:                    scim.InvalidPath,
		`{"op":"replace","path":"emails[type eq \"w\"]x","value":"x"}`:            scim.InvalidPath,
		`{"op":"replace","path":"nickName","value":"x"}`:                          scim.InvalidPath,
		`{"op":"replace","value":"x"}`:                                            scim.InvalidValue,
	} {
		u := someone()
		err := scim.ApplyUser(&u, operations(t, ops))
		var refused *scim.InputError
		if !errors.As(err, &refused) || refused.SCIMType != kind {
			t.Errorf("%s: got %v, want %s", ops, err, kind)
		}
	}
}

func TestReadGroupPatch(t *testing.T) {
	name := "New"
	for ops, want := range map[string]scim.GroupPatch{
		`{"op":"add","path":"members","value":[{"value":"a"},{"value":"b","type":"User"}]}`:        {Members: []scim.MemberChange{{Add: []scim.Member{{Value: "a"}, {Value: "b", Type: "User"}}}}},
		`{"op":"add","path":"members","value":{"value":"a"}}`:                                      {Members: []scim.MemberChange{{Add: []scim.Member{{Value: "a"}}}}},
		`{"op":"remove","path":"members[value eq \"a\"]"}`:                                         {Members: []scim.MemberChange{{Remove: []string{"a"}}}},
		`{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`:                       {Members: []scim.MemberChange{{Remove: []string{"a", "b"}}}},
		`{"op":"Remove","path":"members","value":[{"value":"a"}]}`:                                 {Members: []scim.MemberChange{{Remove: []string{"a"}}}},
		`{"op":"remove","path":"members"}`:                                                         {Members: []scim.MemberChange{{Replace: true}}},
		`{"op":"replace","value":{"displayName":"New","members":[{"value":"a"}],"schemas":["x"]}}`: {DisplayName: &name, Members: []scim.MemberChange{{Replace: true, Add: []scim.Member{{Value: "a"}}}}},
	} {
		got, err := scim.ReadGroupPatch(operations(t, ops))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", ops, err, diff)
		}
	}
	for _, ops := range []string{
		`{"op":"remove","path":"members","value":[]}`, `{"op":"remove","path":"members[display eq \"a\"]"}`, `{"op":"remove","path":"members[not (value eq \"a\")]"}`,
		`{"op":"replace","path":"members[value eq \"a\"]","value":{}}`, `{"op":"add","path":"members","value":[{}]}`, `{"op":"add","path":"members","value":"a"}`, `{"op":"add","path":"shoes","value":"a"}`,
	} {
		var refused *scim.InputError
		if _, err := scim.ReadGroupPatch(operations(t, ops)); !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want an InputError", ops, err)
		}
	}
}

func FuzzPatch(f *testing.F) {
	f.Add("replace", "emails[type eq \"work\"].value", `"x"`)
	f.Add("remove", "members[value eq \"a\" or value eq \"b\"]", "")
	f.Add("add", "", `{"name.givenName":"x","`+scim.PasslySchema+`":{"samAccountName":"y"},"members":[{"value":"z"}]}`)
	f.Fuzz(func(t *testing.T, op, path, value string) {
		if value != "" && !json.Valid([]byte(value)) {
			t.Skip()
		}
		ops := []scim.PatchOp{{Op: op, Path: path, Value: json.RawMessage(value)}}
		u := someone()
		_, groupErr := scim.ReadGroupPatch(ops)
		for _, err := range []error{scim.ApplyUser(&u, ops), groupErr} {
			var refused *scim.InputError
			if err != nil && !errors.As(err, &refused) {
				t.Fatalf("the error is no InputError: %v", err)
			}
		}
		if u.UserName == "" && op == "add" && path == "displayName" {
			t.Fatal("an unrelated attribute was changed")
		}
	})
}
