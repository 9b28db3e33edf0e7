package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const goodPage = `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1><button>Go</button></main></html>`

// TestRulesSeeWhatIsWrong breaks a good page in one way at a time, behind a policy that allows no script: each is told by name.
func TestRulesSeeWhatIsWrong(t *testing.T) {
	page := goodPage
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_, _ = fmt.Fprint(w, page)
	}))
	t.Cleanup(server.Close)
	ctx := Start(t)
	for _, row := range []struct{ rule, old, broken string }{
		{"", "", ""},
		{"color-contrast", "<button>", `<button style="color:#999;background:#fff">`},
		{"button-name", ">Go<", "><"},
		{"label", "</main>", "<input></main>"},
		{"target-size", "</main>", `<br><button style="padding:0;border:0;width:9px;height:9px">x</button><button style="padding:0;border:0;width:9px;height:9px">y</button></main>`},
		{"heading-order", "</main>", "<h3>Deep</h3></main>"},
		{"region", "</main>", "</main><p>Nowhere</p>"},
		{"focus-not-obscured", "</main>", `<div style="position:fixed;inset:0;background:#fff"></div></main>`},
	} {
		page = strings.Replace(goodPage, row.old, row.broken, 1)
		Step(t, ctx, "a page with "+row.rule, chromedp.Navigate(server.URL))
		told := strings.Join(violations(t, ctx), "\n")
		if row.rule == "" && told != "" || !strings.Contains(told, row.rule) {
			t.Errorf("broken by %q, told %q", row.rule, told)
		}
	}
}
