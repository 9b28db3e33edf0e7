// Package browsertest drives the console in a real browser, Chromium, as an administrator does.
//
// What always holds: each browser has a profile of its own and ends with the test; a step that does not come true within
// its time fails the test with the words that say what was tried; a page that is looked at is accessible, or the test fails.
package browsertest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"passlysync/pkg/needs"
)

// patience is how long a step may take.
const patience = 20 * time.Second

// Action is what a step does in the browser.
type Action = chromedp.Action[chromedp.Void]

// Start starts Chromium with a profile of its own. It trusts, beside the system's authorities, the key of each certificate
// given (PEM).
func Start(t testing.TB, trusted ...string) context.Context {
	t.Helper()
	path := needs.Program(t, "chromium", "chromium")
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	for _, certificate := range trusted {
		options = append(options, chromedp.Flag("ignore-certificate-errors-spki-list", fingerprint(t, certificate)))
	}
	ctx, stopAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx, inFront, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// inFront makes the page have the focus, as the one that a person looks at has, whichever other browser is open.
func inFront(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
	_, err = cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return none, err
}

// fingerprint names a certificate's key as Chromium wants it: SHA-256 of the SubjectPublicKeyInfo, in base64.
func fingerprint(t testing.TB, certificate string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		t.Fatal("what the browser is to trust is no certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Step does something in the browser; what says what is tried.
func Step(t testing.TB, ctx context.Context, what string, actions ...Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// again tries something until it is done or fails; what says what is waited for.
func again(what string, try func(context.Context, *chromedp.Target) (done bool, err error)) Action {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		for {
			if done, err := try(ctx, target); done || err != nil {
				return none, err
			}
			select {
			case <-ctx.Done():
				return none, fmt.Errorf("waiting for %s: %w", what, ctx.Err())
			case <-time.After(30 * time.Millisecond):
			}
		}
	}
}

// Until waits until an expression is true, also across page loads.
func Until(expression string) Action {
	return again(expression, func(ctx context.Context, target *chromedp.Target) (bool, error) {
		holds, err := chromedp.Evaluate[bool](expression)(ctx, target)
		return err == nil && holds, nil
	})
}

// WaitText waits until the page says something.
func WaitText(text string) Action {
	return Until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// Click clicks on the first element that a selector finds, once there is one: the page before may still be leaving.
func Click(selector string) Action {
	click := fmt.Sprintf("(e => { e?.click(); return e !== null })(document.querySelector(%q))", selector)
	return again(selector+" to click on", chromedp.Evaluate[bool](click))
}
