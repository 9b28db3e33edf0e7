//go:build linux

package endtoend

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// table is what came out: one figure a row.
type table struct{ figures []figure }

type figure struct{ what, budget, measured, verdict, detail string }

// atMost adds a figure that must not be larger than its budget.
func (t *table) atMost(what string, budget, got float64, unit, detail string) {
	t.add(what, "≤", budget, got, unit, detail, got <= budget)
}

// atLeast adds a figure that must not be smaller.
func (t *table) atLeast(what string, budget, got float64, unit, detail string) {
	t.add(what, "≥", budget, got, unit, detail, got >= budget)
}

func (t *table) add(what, sign string, budget, got float64, unit, detail string, met bool) {
	verdict := "missed"
	if met {
		verdict = "met"
	}
	t.figures = append(t.figures, figure{what, sign + " " + amount(budget, unit), amount(got, unit), verdict, detail})
}

// tell adds a figure without a budget.
func (t *table) tell(what string, got float64, unit, detail string) {
	t.figures = append(t.figures, figure{what, "–", amount(got, unit), "–", detail})
}

// amount writes a number with as many digits as say something.
func amount(n float64, unit string) string {
	digits := 2
	switch {
	case n >= 100:
		digits = 0
	case n >= 10:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, n, unit)
}

func (t *table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tbudget\tmeasured\t\tin detail")
	for _, f := range t.figures {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.what, f.budget, f.measured, f.verdict, f.detail)
	}
	_ = w.Flush() // a string takes everything
	return b.String()
}
