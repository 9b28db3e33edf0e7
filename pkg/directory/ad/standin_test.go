package ad

import (
	"bytes"
	"errors"
	"testing"
)

// wire keeps what is sent.
type wire struct{ sent [][]byte }

func (w *wire) write(p []byte) (int, error) {
	w.sent = append(w.sent, bytes.Clone(p))
	return len(p), nil
}

func TestPasswordsTakeTheirStandInsPlace(t *testing.T) {
	var s standIns
	var w wire
	old, fresh := []byte("former password"), []byte("next password")
	request := []byte("delete " + s.standFor(old, false) + ", add " + s.standFor(fresh, false) + ".")
	before := bytes.Clone(request)
	if _, err := s.send(request, w.write); err != nil || string(w.sent[0]) != "delete former password, add next password." {
		t.Fatalf("sent %q, %v", w.sent, err)
	}
	if !bytes.Equal(request, before) || !s.forget() {
		t.Error("the library's own copy has the passwords, or they are kept")
	}
	bind := []byte("x x" + s.standFor([]byte("x"), true))
	if _, err := s.send(bind, w.write); err != nil || string(w.sent[1]) != "x xx" {
		t.Errorf("a short one: %q, %v", w.sent, err)
	}
	if _, err := s.send([]byte("search"), w.write); err != nil || string(w.sent[2]) != "search" {
		t.Errorf("afterwards: %q, %v", w.sent, err)
	}
}

// TestAttackStandInAsPassword: a server that was sent a stand-in would set it as the password.
func TestAttackStandInAsPassword(t *testing.T) {
	for what, use := range map[string]func(*standIns, []byte) []byte{
		"written when the password is gone":    func(s *standIns, request []byte) []byte { s.forget(); return request },
		"without the stand-in":                 func(*standIns, []byte) []byte { return []byte("a request in parts") },
		"with one of two":                      func(s *standIns, request []byte) []byte { s.standFor([]byte("another"), false); return request },
		"a bind whose stand-in is not its end": func(s *standIns, r []byte) []byte { return append([]byte(s.standFor([]byte("short"), true)), r...) },
	} {
		var s standIns
		var w wire
		request := use(&s, []byte("add "+s.standFor([]byte("next password"), false)))
		if _, err := s.send(request, w.write); !errors.Is(err, errStandIn) || len(w.sent) > 0 {
			t.Errorf("%s: sent %q, %v", what, w.sent, err)
		}
		if _, err := s.send([]byte("search"), w.write); !errors.Is(err, errStandIn) || s.forget() {
			t.Errorf("%s: something else is sent afterwards: %q, %v", what, w.sent, err)
		}
	}
}
