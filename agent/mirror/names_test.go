package mirror

import (
	"fmt"
	"testing"
)

// TestNamesAreNeverForgotten adds as many names as a hundred thousand people have, and asks for those and for others.
func TestNamesAreNeverForgotten(t *testing.T) {
	n := newNames()
	const people = 100_000
	for i := range people {
		n.add(nameKey(fmt.Sprintf("user%d@acme.test", i)))
		n.add(nameKey(fmt.Sprintf("logon%d@example.test", i)))
	}
	wrong := 0
	for i := range people {
		if !n.may(nameKey(fmt.Sprintf("USER%d@acme.test", i))) || !n.may(nameKey(fmt.Sprintf("logon%d@Example.test", i))) {
			t.Fatalf("a name of person %d was forgotten", i)
		}
		if n.may(nameKey(fmt.Sprintf("other%d@acme.test", i))) {
			wrong++
		}
	}
	if wrong > people/1000 {
		t.Errorf("%d of %d names that nobody claims seem claimed", wrong, people)
	}
}
