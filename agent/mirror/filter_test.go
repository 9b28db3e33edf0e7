package mirror

import (
	"encoding/binary"
	"fmt"
	"testing"

	"passlysync/pkg/directory"
)

// TestWhatWasMetIsNeverForgotten adds what a hundred thousand people have, and asks for those and for others. GUIDs are as alike as
// they can be.
func TestWhatWasMetIsNeverForgotten(t *testing.T) {
	guid := func(i int) (g directory.GUID) {
		binary.BigEndian.PutUint64(g[8:], uint64(i))
		return g
	}
	var f filter
	const people = 100_000
	for i := range people {
		f.add(guidKey(guid(i)))
		f.add(nameKey(fmt.Sprintf("user%d@acme.test", i)))
		f.add(nameKey(fmt.Sprintf("logon%d@example.test", i)))
	}
	wrong := 0
	for i := range people {
		if !f.may(guidKey(guid(i))) || !f.may(nameKey(fmt.Sprintf("USER%d@acme.test", i))) || !f.may(nameKey(fmt.Sprintf("logon%d@Example.test", i))) {
			t.Fatalf("something of person %d was forgotten", i)
		}
		if f.may(guidKey(guid(people+i))) || f.may(nameKey(fmt.Sprintf("other%d@acme.test", i))) {
			wrong++
		}
	}
	if wrong > 20 {
		t.Errorf("%d of %d that were never met seem met", wrong, 2*people)
	}
	if len(f.parts) < 2 {
		t.Error("the filter never grew")
	}
}
