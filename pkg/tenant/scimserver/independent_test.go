package scimserver_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/scim/scimtest"
	"passlysync/pkg/tenant/tenanttest"
)

var (
	clientSeed   = flag.Uint64("scimseed", 0, "seed of the independent SCIM client; 0: a new one")
	clientRounds = flag.Int("scimrounds", 400, "how many random filters, and as many PATCHes, it tries")
)

// TestIndependentClient has clients that are none of ours (scimmy, scim-patch, scim2-parse-filter) read every kind of answer, evaluate
// random filters and apply random PATCHes once more. A seed that fails is printed; -scimseed repeats it.
func TestIndependentClient(t *testing.T) {
	folder, seed := scimtest.Folder(t), *clientSeed
	if seed == 0 {
		seed = uint64(rand.Uint32()) + 1
	}
	s := tenanttest.Start(t)
	agent := s.Enrol(t, "dc1")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", "client.cjs")
	command.Dir, command.Stderr = folder, os.Stderr
	command.Env = append(os.Environ(), "URL="+s.URL+"/scim/v2", "TOKEN="+agent.Token, fmt.Sprint("SEED=", seed), fmt.Sprint("ROUNDS=", *clientRounds))
	out, err := command.Output()
	if err != nil {
		t.Errorf("the client ended: %v", err)
	}
	last := ""
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if last = lines.Text(); strings.HasPrefix(last, "wrong: ") {
			t.Errorf("seed %d: %.1500s", seed, strings.TrimPrefix(last, "wrong: "))
		}
	}
	if !strings.HasPrefix(last, "looked at ") {
		t.Fatalf("the client did not come to its end: %q", last)
	}
	t.Logf("seed %d: %s", seed, last)
}
