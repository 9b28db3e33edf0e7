package ad_test

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/problem"
)

// scissors stand before a controller and cut a connection at a chosen request. They see TLS records (RFC 8446 §5.1), and a
// request is one of application data.
type scissors struct {
	to     string
	left   atomic.Int64 // requests until the cut; negative: none
	before atomic.Bool  // the last one is not passed on
}

const applicationData = 23

func newScissors(t *testing.T, host string) (s *scissors, url string) {
	t.Helper()
	listener, err := net.Listen("tcp", host+":0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	s = &scissors{to: host + ":636"}
	s.left.Store(-1)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(client)
		}
	}()
	return s, "ldaps://" + listener.Addr().String()
}

func (s *scissors) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", s.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		record := make([]byte, int(head[3])<<8|int(head[4]))
		if _, err := io.ReadFull(client, record); err != nil {
			return
		}
		cut := head[0] == applicationData && s.left.Load() > 0 && s.left.Add(-1) == 0
		if cut && s.before.Load() {
			return
		}
		if cut { // it arrives, and its answer does not
			_ = client.Close()
		}
		if _, err := server.Write(append(head, record...)); err != nil {
			return
		}
		if cut {
			time.Sleep(time.Second)
			s.left.Store(-1)
			return
		}
	}
}

// TestABrokenConnectionLeavesNoDoubtWhereThereIsNone: a password that was set although the answer was lost counts as set; where it
// cannot be told, that is said, and never that nothing was changed.
func TestABrokenConnectionLeavesNoDoubtWhereThereIsNone(t *testing.T) {
	d := newDesk(t, allowReset)
	cutter, url := newScissors(t, strings.TrimPrefix(d.dc.URL(), "ldaps://"))
	s := settings(d.dc)
	s.URL, s.Account = url, "CN=writer,"+d.dc.BaseDN()
	reader, err := ad.Open(t.Context(), s)
	must(t, err)
	defer reader.Close()
	set := func(password string) error {
		_, err := reader.SetPassword(t.Context(), directory.PasswordChange{ID: d.ann, New: []byte(password)})
		return err
	}
	must(t, set("Umbrella-1-salad"))
	const requests = 3 // the account, the controls that the server knows, the password
	cutter.left.Store(requests)
	if err := set("Umbrella-2-salad"); err != nil {
		t.Errorf("the answer was lost: %v", err)
	}
	if got := d.verify("Umbrella-2-salad"); got != "" {
		t.Errorf("it was not set: %q", got)
	}
	cutter.before.Store(true)
	cutter.left.Store(requests)
	if err := set("Umbrella-3-salad"); !problem.Is(err, directory.PasswordInDoubt) {
		t.Errorf("it did not arrive: %v", err)
	}
	if got := d.verify("Umbrella-2-salad"); got != "" {
		t.Errorf("the one before: %q", got)
	}
	cutter.left.Store(requests - 2)
	if err := set("Umbrella-4-salad"); !problem.Is(err, directory.Unreachable) {
		t.Errorf("cut before anything was asked: %v", err)
	}
}
