package browsertest

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/needs"
)

// rules is where npm puts axe-core, and installRules what puts it there, both from the repository's top.
const (
	rules        = "pkg/tenant/browsertest/testdata/node_modules/axe-core/axe.min.js"
	installRules = "npm ci --ignore-scripts --prefix pkg/tenant/browsertest/testdata"
)

//go:embed accessible.js
var judge string

// accessible holds the page, as it is shown now, to WCAG 2.2 AA.
func accessible(t *testing.T, ctx context.Context) {
	t.Helper()
	if broken := violations(t, ctx); len(broken) > 0 {
		t.Errorf("not WCAG 2.2 AA:\n%s", strings.Join(broken, "\n"))
	}
}

// violations tells each element that breaks a rule. The rules come in through the browser's debugger, which the content
// security policy does not bind.
func violations(t testing.TB, ctx context.Context) []string {
	t.Helper()
	source := axe(t)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	known, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`"axe" in window`))
	if err == nil && !known {
		err = chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](source))
	}
	if err != nil {
		t.Fatalf("bringing the rules in: %v", err)
	}
	broken, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](judge, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("judging the page: %v", err)
	}
	return broken
}

// axe gives the source of axe-core, or skips (fails under CI).
func axe(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(needs.Repository(t), rules))
	if err != nil {
		needs.Missing(t, "axe-core, which holds pages to WCAG, is not installed", installRules)
	}
	return string(source)
}
