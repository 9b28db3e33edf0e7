package main

import (
	"bytes"
	"strings"
	"testing"

	"passlysync/pkg/problem"
)

// TestMachinesThatCannotKeepAnAgentAreRefusedInWords runs setup and agent on machines that the stub of netapi32.dll makes.
func TestMachinesThatCannotKeepAnAgentAreRefusedInWords(t *testing.T) {
	for name, c := range map[string]struct{ role, flags, title, hint string }{
		"a read-only domain controller": {"4", "9", "is a read-only domain controller", "nltest /dsgetdc:example.test /writable"},
		"a member server":               {"3", "0", "is not a domain controller", "Install and set up on a domain controller"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ROLE", c.role)
			t.Setenv("ROLE_FLAGS", c.flags)
			streams := Streams{In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
			for command, err := range map[string]error{
				"setup": SetupCmd{State: t.TempDir()}.Run(t.Context(), streams),
				"agent": AgentCmd{State: t.TempDir()}.Run(t.Context(), streams),
			} {
				if p := problem.Of(err); p == nil || !strings.Contains(p.Title, c.title) || !strings.Contains(p.Hint, c.hint) {
					t.Errorf("%s: got %v, want %q and %q", command, err, c.title, c.hint)
				}
			}
		})
	}
}
