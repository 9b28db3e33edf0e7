package sasl

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/alexbrainman/sspi"
)

// TestOwnAccountOutsideADomain is all that can be seen without a domain: the program goes on, and says why.
func TestOwnAccountOutsideADomain(t *testing.T) {
	m, err := NewOwn(t.Context(), Service{Name: "ldap/dc1.example.test", Realm: "example.test"}, nil)
	if err == nil {
		_, _, err = m.Step(nil)
	}
	if err == nil || strings.Contains(err.Error(), "%!") {
		t.Errorf("got %v", err)
	}
	t.Log(err)
}

func TestWhatIsAskedOfWindows(t *testing.T) {
	sealed, bound := wanted(nil), wanted([]byte("x"))
	const always = sspi.ISC_REQ_INTEGRITY | sspi.ISC_REQ_MUTUAL_AUTH | sspi.ISC_REQ_SEQUENCE_DETECT | sspi.ISC_REQ_REPLAY_DETECT
	if sealed != sspi.ISC_REQ_CONFIDENTIALITY|always || bound != always {
		t.Errorf("asks for %#x without TLS and %#x under it", sealed, bound)
	}
	b := systemBindings([]byte("tls-server-end-point:x"))
	if at := binary.LittleEndian.Uint32(b[28:]); string(b[at:at+binary.LittleEndian.Uint32(b[24:])]) != "tls-server-end-point:x" {
		t.Errorf("bindings %x", b)
	}
}

func TestWhatWindowsSays(t *testing.T) {
	var no *KerberosError
	if err := systemError(syscall.Errno(0x80090322)); !errors.As(err, &no) || no.Code != ServiceUnknown {
		t.Errorf("got %v", err)
	}
	if err := systemError(syscall.Errno(0x80090311)); !errors.Is(err, ErrNoKDC) {
		t.Errorf("got %v", err)
	}
	if err := systemError(syscall.Errno(0x80090999)); err == nil || !strings.Contains(err.Error(), "0x80090999") {
		t.Errorf("got %v", err)
	}
}
