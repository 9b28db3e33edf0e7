package ad

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"passlysync/pkg/directory"
)

// vector makes a replUpToDateVector of a version.
func vector(version uint32, rows map[directory.GUID]int64) string {
	head := binary.LittleEndian.AppendUint32(nil, version)
	head = binary.LittleEndian.AppendUint32(append(head, 0, 0, 0, 0), uint32(len(rows)))
	b := append(head, 0, 0, 0, 0)
	for id, usn := range rows {
		b = binary.LittleEndian.AppendUint64(append(b, id[:]...), uint64(usn))
		if version == 2 {
			b = append(b, "a time.."...)
		}
	}
	return string(b)
}

func TestUpToWhatAnotherOneIsKnown(t *testing.T) {
	one, two, three := directory.GUID{1}, directory.GUID{2}, directory.GUID{3}
	rows := map[directory.GUID]int64{one: 3950, two: 1 << 40}
	for name, c := range map[string]struct {
		vector string
		of     directory.GUID
		want   int64
	}{
		"version 2":            {vector(2, rows), one, 3950},
		"version 2, another":   {vector(2, rows), two, 1 << 40},
		"version 1":            {vector(1, rows), two, 1 << 40},
		"one it never met":     {vector(2, rows), three, 0},
		"a version to come":    {vector(3, rows), one, 0},
		"none, as with one DC": {"", one, 0},
		"cut":                  {vector(2, map[directory.GUID]int64{one: 3950})[:30], one, 0},
	} {
		if got := appliedOf(c.vector, c.of); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func FuzzUpToDateVector(f *testing.F) {
	id := directory.GUID{1}
	f.Add(vector(2, map[directory.GUID]int64{id: 3950}))
	f.Add(vector(1, map[directory.GUID]int64{id: 3950}))
	f.Fuzz(func(_ *testing.T, text string) { appliedOf(text, id) })
}

func FuzzUSNCookie(f *testing.F) {
	f.Add(usnCookie{mark: 3951, seen: 3950, at: 1_800_000_000}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := usnCookieFrom(b)
		if err == nil && !bytes.Equal(c.bytes(), b) {
			t.Errorf("%x became %x", b, c.bytes())
		}
	})
}

func TestAClockThatIsSetBackMakesNobodyWait(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for at, want := range map[time.Duration]bool{-time.Minute: true, time.Minute: true, -time.Hour: false, 24 * time.Hour: false} {
		if got := (usnCookie{at: now.Add(at).Unix()}).within(15*time.Minute, now); got != want {
			t.Errorf("a pass that ended %v from now: waiting is %v, want %v", at, got, want)
		}
	}
}
