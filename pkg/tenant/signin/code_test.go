package signin

import (
	"testing"
	"time"
)

// TestCodesOfTheRFC checks codes against RFC 6238 appendix B (SHA-1; the last six of its eight digits).
func TestCodesOfTheRFC(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got, err := codeAt(secret, stepOf(time.Unix(at, 0))); err != nil || got != want {
			t.Errorf("at %d: got %s (%v), want %s", at, got, err, want)
		}
	}
}

func TestSecretAddressIsWhatAuthenticatorsRead(t *testing.T) {
	got := SecretAddress("ABC", "Passly Acme & Sons", "anna@acme.test")
	want := "otpauth://totp/Passly%20Acme%20&%20Sons:anna@acme.test?algorithm=SHA1&digits=6&issuer=Passly%20Acme%20%26%20Sons&period=30&secret=ABC"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
