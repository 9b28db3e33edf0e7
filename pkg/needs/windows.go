package needs

import (
	"runtime"
	"testing"
)

// Lack is something that tests need and Windows, or Wine, under which they run as Windows programs, does not have. What a
// skipped test shows on other systems, README's chapter on Windows says how to see there.
type Lack string

// Modes are what access control lists are instead, on Windows.
const Modes Lack = "files have access control lists there, not modes"

// What Wine lacks.
const (
	SymbolicLinks Lack = "a link that is made is an empty file"
	Recovery      Lack = "a service's recovery actions are kept and not told"
	FileACLs      Lack = "a file's access control list comes back as what a unix mode can say of it"
)

// On skips the test where that is lacking.
func (l Lack) On(t testing.TB) {
	t.Helper()
	if runtime.GOOS == "windows" && (l == Modes || Wine()) {
		t.Skipf("not on this system: %s", l)
	}
}
