package wine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"passlysync/pkg/needs"
)

// TestInstallerIsSignedAndSaysWhenItWasChanged signs with a certificate made for the test.
func TestInstallerIsSignedAndSaysWhenItWasChanged(t *testing.T) {
	sign := needs.Program(t, "osslsigncode", "osslsigncode")
	key, certificate := filepath.Join(t.TempDir(), "key.pem"), filepath.Join(t.TempDir(), "certificate.pem")
	out, err := exec.Command(needs.Program(t, "openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
		"-subj", "/CN=Passly test", "-days", "2", "-addext", "extendedKeyUsage=codeSigning").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	msi := Installer(t, "1.2.3", "SIGN_CERTIFICATE="+certificate, "SIGN_KEY="+key)
	verify := func() (string, error) {
		out, err := exec.Command(sign, "verify", "-CAfile", certificate, "-in", msi).CombinedOutput()
		return string(out), err
	}
	if said, err := verify(); err != nil || !strings.Contains(said, "Passly test") {
		t.Errorf("the signature does not count: %v\n%s", err, said)
	}
	raw, err := os.ReadFile(msi)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(msi, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := verify(); err == nil {
		t.Errorf("a changed installer still counts as signed:\n%s", said)
	}
}
