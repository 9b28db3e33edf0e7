package ad

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// TestNoPasswordOverAClearLine has a password written and proven over a line that others can read, as no code should try to.
func TestNoPasswordOverAClearLine(t *testing.T) {
	here, there := net.Pipe()
	var heard bytes.Buffer
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(&heard, there)
		close(ended)
	}()
	s := over(here, Settings{})
	secret := []byte("do-not-let-me-see-this")
	request := ldap.NewModifyRequest("CN=Ann", nil)
	request.Replace(attrPassword, []string{s.tap.secrets.standFor(secret, false)})
	err := s.withSecrets(t.Context(), func() error { return s.conn.Modify(request) })
	s.close()
	<-ended
	if err == nil || s.tap.secrets.all == nil {
		t.Errorf("it was sent: %v", err)
	}
	if heard.Len() > 0 {
		t.Errorf("%d bytes were heard", heard.Len())
	}
	if err := s.bind(t.Context()); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a bind without credentials: %v", err)
	}
}
