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

// Look takes pictures of a page where PICTURES names a folder: light and dark, wide and narrow. The page must fit a phone
// in any case.
func Look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	Step(t, ctx, "fitting "+name+" on a phone", chromedp.EmulateViewport(360, 800), Until(`document.documentElement.scrollWidth <= 360`))
	folder := os.Getenv("PICTURES")
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			if folder != "" {
				picture(t, ctx, filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), width, scheme)
			}
		}
	}
	Step(t, ctx, "back to a desk", chromedp.EmulateViewport(1280, 800))
}

func picture(t *testing.T, ctx context.Context, path string, width int64, scheme string) {
	t.Helper()
	Step(t, ctx, "looking", chromedp.EmulateViewport(width, 800), func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return none, err
	})
	taken, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, taken, 0o600); err != nil {
		t.Fatal(err)
	}
}
