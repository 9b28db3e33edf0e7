package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// heaviest is how many bytes a page may have, with all that it brings.
const heaviest = 100_000

const weight = `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource")).reduce((sum, e) => sum + e.decodedBodySize, 0)`

// Look holds a page to what every page must be: it is light, fits 320 px, which is also a desk's 1280 px at 400 %, and is WCAG 2.2
// AA light and dark, wide and narrow. Where PICTURES names a folder, it takes a picture of each.
func Look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if bytes, err := chromedp.Run(ctx, chromedp.Evaluate[int](weight)); err != nil || bytes == 0 || bytes > heaviest {
		t.Errorf("%s has %d bytes with all that it brings (%v), want at most %d", name, bytes, err, heaviest)
	}
	Step(t, ctx, "fitting "+name+" on a small phone", chromedp.EmulateViewport(320, 640), Until(`document.documentElement.scrollWidth <= 320`))
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			view := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			Step(t, ctx, "looking at "+view, chromedp.EmulateViewport(width, 800), shown(scheme))
			t.Run(view, func(t *testing.T) { accessible(t, ctx) })
			picture(t, ctx, view)
		}
	}
	Step(t, ctx, "back to a desk", chromedp.EmulateViewport(1280, 800), shown("light"))
}

// shown sets the colours, and stops what moves, so that no colour is seen on its way to another.
func shown(scheme string) Action {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return none, err
	}
}

func picture(t *testing.T, ctx context.Context, view string) {
	t.Helper()
	folder := os.Getenv("PICTURES")
	if folder == "" {
		return
	}
	taken, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, view+".png"), taken, 0o600); err != nil {
		t.Fatal(err)
	}
}
