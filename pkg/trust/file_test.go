package trust

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCertificatesAreReadHoweverWindowsWroteThem(t *testing.T) {
	for name, raw := range map[string]string{
		"as they are": "-----BEGIN", "with Notepad's mark": "\xef\xbb\xbf-----BEGIN", "from PowerShell": "\xff\xfe-\x00-\x00-\x00-\x00-\x00B\x00E\x00G\x00I\x00N\x00",
	} {
		path := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(path); err != nil || string(got) != "-----BEGIN" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	path := filepath.Join(t.TempDir(), "ca.der")
	if err := os.WriteFile(path, []byte{0x30, 0x82, 0xff}, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(path); err != nil || len(got) != 3 {
		t.Errorf("what is no text: got %x, %v; want it as it is, for its reader to refuse", got, err)
	}
}
