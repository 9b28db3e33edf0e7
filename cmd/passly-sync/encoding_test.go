package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// asPowerShell is a text as Windows PowerShell's > and Out-File write it.
func asPowerShell(text string) []byte {
	raw := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text + "\r\n")) {
		raw = append(raw, byte(unit), byte(unit>>8))
	}
	return raw
}

func TestSecretsAreReadHoweverWindowsWroteThem(t *testing.T) {
	const secret = "pass – Größe 密"
	for name, raw := range map[string][]byte{
		"UTF-8": []byte(secret), "Notepad": []byte("\xef\xbb\xbf" + secret + "\r\n"), "PowerShell": asPowerShell(secret),
	} {
		path := filepath.Join(t.TempDir(), "password – Größe.txt")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readSecret(t.Context(), nil, "--password-file", path); err != nil || got != secret {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	_, err := readSecret(t.Context(), strings.NewReader("Gr\x94\xe1e\r\n"), "--password-file", "-")
	if err == nil || !strings.Contains(err.Error(), "save it as UTF-8") {
		t.Errorf("a console's code page: got %v, want it refused rather than another password", err)
	}
}

func TestAnswersAreReadHoweverWindowsWroteThem(t *testing.T) {
	const answers = `{"domain": "acme", "directory-user": "größe@example.test"}`
	for name, raw := range map[string][]byte{"Notepad": []byte("\xef\xbb\xbf" + answers), "PowerShell": asPowerShell(answers)} {
		read, err := readAnswersFile(bytes.NewReader(raw))
		if file, ok := read.(answersFile); err != nil || !ok || file["directory-user"] != "größe@example.test" {
			t.Errorf("%s: got %v, %v", name, read, err)
		}
	}
}

// TestTimeZonesAreInTheProgram asks for one that the machine need not have: Windows has none that Go reads.
func TestTimeZonesAreInTheProgram(t *testing.T) {
	t.Setenv("ZONEINFO", filepath.Join(t.TempDir(), "none"))
	zone, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).In(zone).Format("15:04"); got != "05:45" {
		t.Errorf("midnight in Greenwich is %s there", got)
	}
}
