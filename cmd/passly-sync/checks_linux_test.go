package main

import (
	"os"
	"path/filepath"
	"testing"

	"passlysync/pkg/directory/adtest"
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
	tm := openConsole(t, "120", "36", program(t), "setup", "--allow-member", "--state", folder, "--directory", directory.URL())
	tm.waits("– Clock not looked at: the certificate is not trusted")
	tm.waits("f Trust CN=Throw-away CA of dc1.acme.test (SHA-256")
	if _, err := os.Stat(kept); err == nil {
		t.Error("looking alone has trusted it")
	}
	tm.do("send-keys", "f")
	tm.waits("✓ Certificate valid until")
	tm.waits("✓ Clock as the directory's")
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	tm.do("send-keys", "Enter")
	tm.waits("Step 1 of 3")
	tm.types(aTenantForAda(t))
	tm.waits("Sign in to Acme")
	tm.types("ada@acme.test", adminPassword)
	tm.waits("Step 3 of 3")
	tm.waits("directory-ca.pem")
	tm.do("send-keys", "Enter")
	tm.types(directory.Account(), directory.Password())
	tm.waits("Ready to set up")
}
