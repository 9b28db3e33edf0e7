package directory_test

import (
	"strings"
	"testing"

	"passlysync/pkg/directory"
)

func TestGUIDOrderOfBytes(t *testing.T) {
	// MS-DTYP 2.3.4.3 writes the first three fields in the other order than the wire.
	wire := []byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	id, err := directory.GUIDFromBytes(wire)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := id.String(), "00112233-4455-6677-8899-aabbccddeeff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := directory.GUIDFromBytes(wire[:15]); err == nil {
		t.Error("15 bytes passed for a GUID")
	}
}

func FuzzParseGUID(f *testing.F) {
	f.Add("00112233-4455-6677-8899-aabbccddeeff")
	f.Add("00112233445566778899aabbccddeeff")
	f.Add("00112233-4455-6677-8899-AABBCCDDEEFG")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := directory.ParseGUID(text)
		if err == nil && id.String() != strings.ToLower(text) {
			t.Errorf("%q became %s", text, id)
		}
	})
}
