//go:build linux

package endtoend

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// passwordsChanged has the agent's own benchmark run, beside the agent.
func passwordsChanged(b *testing.B, t *table) {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkPasswords$", "-benchtime", "1x", "passlysync/agent").CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	figures := map[string]float64{}
	for _, found := range regexp.MustCompile(`([\d.e+]+) (ms-\S+)`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		figures[found[2]] = n
	}
	if len(figures) != 6 {
		b.Fatalf("the agent's benchmark said something else:\n%s", out)
	}
	const what = "password set in Passly until it signs in to Samba, "
	for _, share := range []struct {
		name   string
		budget float64
	}{{"p50", 300}, {"p99", 1000}} {
		got, plain, alone := figures["ms-"+share.name], figures["ms-"+share.name+"-plain"], figures["ms-"+share.name+"-alone"]
		b.ReportMetric(got, "ms-"+share.name)
		t.atMost(what+share.name, share.budget, got, "ms", fmt.Sprintf("100 changes, 8 at once; one at a time: %.0f ms; 8 at once by LDAP alone: %.0f ms", alone, plain))
	}
}
