package textfile

import (
	"errors"
	"testing"
)

func TestTextIsReadHoweverAnEditorWroteIt(t *testing.T) {
	for name, raw := range map[string]string{
		"UTF-8":                         "Größe",
		"UTF-8 with a mark, as Notepad": "\xef\xbb\xbfGröße",
		"UTF-16, as PowerShell":         "\xff\xfeG\x00r\x00\xf6\x00\xdf\x00e\x00",
		"UTF-16 of the other order":     "\xfe\xff\x00G\x00r\x00\xf6\x00\xdf\x00e",
	} {
		if got, err := Decode([]byte(raw)); err != nil || string(got) != "Größe" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := Decode(nil); err != nil || len(got) != 0 {
		t.Errorf("nothing: got %q, %v", got, err)
	}
	for what, raw := range map[string]string{"UTF-16 without a mark": "p\x00w\x00", "half a pair of UTF-16": "\xff\xfep\x00\x00\xd8w\x00"} {
		if got, err := Decode([]byte(raw)); !errors.Is(err, ErrEncoding) {
			t.Errorf("%s: got %q, %v; a password would be another one", what, got, err)
		}
	}
	if got, err := Decode([]byte("Gr\x94\xe1e")); !errors.Is(err, ErrEncoding) {
		t.Errorf("a code page of DOS: got %q, %v; a password would be another one", got, err)
	}
}
