package scim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/scim"
)

func path(name, sub string) scim.Path { return scim.Path{Name: name, Sub: sub} }

func TestParseFilter(t *testing.T) {
	for text, want := range map[string]scim.Filter{
		`userName eq "bjensen"`:     scim.Compare{Path: path("userName", ""), Op: scim.Equal, Value: "bjensen"},
		`name.familyName CO "O'M"`:  scim.Compare{Path: path("name", "familyName"), Op: scim.Contains, Value: "O'M"},
		`title pr`:                  scim.Compare{Path: path("title", ""), Op: scim.Present},
		`active eq True`:            scim.Compare{Path: path("active", ""), Op: scim.Equal, Value: true},
		`x eq "a \"b\" (c] and d"`:  scim.Compare{Path: path("x", ""), Op: scim.Equal, Value: `a "b" (c] and d`},
		`x eq null or y gt 5`:       scim.Or{scim.Compare{Path: path("x", ""), Op: scim.Equal}, scim.Compare{Path: path("y", ""), Op: scim.Greater, Value: 5.0}},
		`a pr and b pr or c pr`:     scim.Or{scim.And{scim.Compare{Path: path("a", ""), Op: scim.Present}, scim.Compare{Path: path("b", ""), Op: scim.Present}}, scim.Compare{Path: path("c", ""), Op: scim.Present}},
		`not (a pr)`:                scim.Not{Of: scim.Compare{Path: path("a", ""), Op: scim.Present}},
		`emails[type eq "work"]`:    scim.ValuePath{Path: path("emails", ""), Of: scim.Compare{Path: path("type", ""), Op: scim.Equal, Value: "work"}},
		scim.UserSchema + `:a.b pr`: scim.Compare{Path: scim.Path{URN: scim.UserSchema, Name: "a", Sub: "b"}, Op: scim.Present},
	} {
		got, err := scim.ParseFilter(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	for _, text := range []string{
		"", "userName", "userName eq", `eq "x"`, `userName eq x`, `userName like "x"`, `userName eq "x`, `(a pr`, `a pr)`, `a pr and`, `a pr b pr`,
		`a[b pr`, `a[]`, `not a pr`, `1a pr`, `a..b pr`, `a.b.c pr`, `a eq {"x":1}`, `a eq [1]`, strings.Repeat("(", 100), strings.Repeat("x", scim.MaxFilter+1),
	} {
		_, err := scim.ParseFilter(text)
		var refused *scim.InputError
		if !errors.As(err, &refused) || refused.SCIMType != scim.InvalidFilter {
			t.Errorf("%.60q: got %v, want invalidFilter", text, err)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "x"`, `a pr and not (b co "c\u0041")`, `emails[type eq "work" and value ew "@x"] or x ge 1.5e3`, "((((", `urn:a:b:c.d sw "`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		one, err := scim.ParseFilter(text)
		if err != nil {
			var refused *scim.InputError
			if !errors.As(err, &refused) {
				t.Fatalf("%q: the error is no InputError: %v", text, err)
			}
			return
		}
		two, err := scim.ParseFilter(text)
		if err != nil || fmt.Sprint(one) != fmt.Sprint(two) {
			t.Fatalf("%q is read in two ways", text)
		}
	})
}
