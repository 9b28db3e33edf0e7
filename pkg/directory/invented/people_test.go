package invented_test

import (
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/invented"
)

func TestNobodyIsTwice(t *testing.T) {
	people := invented.New("example.test", 7)
	unique := []string{directory.Mail, directory.UserPrincipalName, directory.SAMAccountName, directory.DisplayName}
	seen := map[string]int32{}
	for k := range int32(200_000) {
		values := map[string]string{"name": people.CommonName(k)}
		for _, a := range people.Attributes(k, nil) {
			values[a.Name] = a.Value
		}
		if n := len(values[directory.SAMAccountName]); n > 20 {
			t.Fatalf("person %d: sAMAccountName %q has %d characters, the schema allows 20", k, values[directory.SAMAccountName], n)
		}
		for _, name := range append(unique, "name") {
			key := name + "=" + values[name]
			if other, twice := seen[key]; twice {
				t.Fatalf("persons %d and %d both have %s", other, k, key)
			}
			seen[key] = k
		}
	}
}

func TestSameSeedSamePeople(t *testing.T) {
	one, same, other := invented.New("a.test", 3), invented.New("a.test", 3), invented.New("a.test", 4)
	if got, want := one.CommonName(5), same.CommonName(5); got != want {
		t.Errorf("got %q, want %q again", got, want)
	}
	if one.CommonName(0) == other.CommonName(0) {
		t.Error("another seed gives the same first person")
	}
}

func BenchmarkAttributes(b *testing.B) {
	people := invented.New("example.test", 1)
	var room []directory.Attribute
	b.ReportAllocs()
	for k := int32(0); b.Loop(); k++ {
		room = people.Attributes(k%100_000, room[:0])
	}
}
