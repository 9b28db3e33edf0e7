package main

import (
	"os"
	"path/filepath"
	"testing"

	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/service/servicetest"
	"passlysync/pkg/terminal/terminaltest"
)

// A person trusts the directory's authority on the checklist, and setup fills it in at the question about the directory.
func TestAuthorityIsTrustedInATerminal(t *testing.T) {
	directory, err := adtest.New(adtest.Options{ShowsAuthority: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	folder := t.TempDir()
	kept := filepath.Join(folder, "directory-ca.pem")
	tm := terminaltest.Open(t, 120, 36, servicetest.Apart(t, binary(t), "setup", "--allow-member", "--state", folder, "--directory", directory.URL())...)
	tm.Waits("– Clock not looked at: the certificate is not trusted")
	tm.Waits("f Trust CN=Throw-away CA of dc1.acme.test (SHA-256")
	if _, err := os.Stat(kept); err == nil {
		t.Error("looking alone has trusted it")
	}
	tm.Keys("f")
	tm.Waits("✓ Certificate valid until")
	tm.Waits("✓ Clock as the directory's")
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	tm.Keys("Enter")
	tm.Waits("Step 1 of 3")
	tm.Types(aTenantForAda(t))
	tm.Waits("Sign in to Acme")
	tm.Types("ada@acme.test", adminPassword)
	tm.Waits("Step 3 of 3")
	tm.Waits("directory-ca.pem")
	tm.Keys("Enter")
	tm.Types(directory.Account(), directory.Password())
	tm.Waits("Ready to set up")
}
