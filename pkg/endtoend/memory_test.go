//go:build linux

package endtoend

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inMemory looks for a text through all that a process can write to, and says where it found it: its address, and what stands
// around it.
func inMemory(t testing.TB, pid int, what []byte) (found []string) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	looked := 0
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to uint64
		var rights string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); n != 3 || !strings.HasPrefix(rights, "rw") {
			continue
		}
		part := make([]byte, to-from)
		n, _ := memory.ReadAt(part, int64(from)) // what is not there cannot be read
		looked += n
		for at := 0; ; {
			i := bytes.Index(part[at:n], what)
			if i < 0 {
				break
			}
			at += i
			found = append(found, fmt.Sprintf("%#x: %q", from+uint64(at), part[max(0, at-48):min(n, at+len(what)+32)]))
			at += len(what)
		}
	}
	if looked < 1<<20 {
		t.Fatalf("only %d bytes of the process could be looked at", looked)
	}
	return found
}

// forms are those in which a password may lie in memory: as it was typed, as a form sends it, and as the directory takes it.
func forms(password string) map[string][]byte {
	var wide []byte
	for _, c := range []byte(password) {
		wide = append(wide, c, 0)
	}
	return map[string][]byte{"as it is": []byte(password), "in UTF-16": wide}
}

// TestAttackMemoryOfTheAgent looks for passwords in the memory of an agent that set and verified them.
func TestAttackMemoryOfTheAgent(t *testing.T) {
	f := newWriting(t)
	// The words are put together here, so that no program has them as they are.
	first, second := secretly(1), secretly(2)
	for _, secret := range []string{first, second} {
		f.do(f.reset(secret))
		f.do(f.verify(secret))
	}
	for _, secret := range []string{first, second} {
		for form, text := range forms(secret) {
			for _, where := range inMemory(t, f.agent.command.Process.Pid, text) {
				t.Errorf("%s, %s: %s", secret, form, where)
			}
		}
	}
	if len(inMemory(t, f.agent.command.Process.Pid, []byte(filepath.Base(f.dir)))) == 0 {
		t.Error("what surely is in its memory was not found")
	}
}

func secretly(n int) string { return fmt.Sprintf("%s-%d%s", "Violet", 4710+n, "-tractor") }
