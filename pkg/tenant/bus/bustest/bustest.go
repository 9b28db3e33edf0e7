// Package bustest is the suite that every bus.Bus has to pass.
package bustest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"passlysync/pkg/tenant/bus"
)

// wait is how long a message may take at most.
const wait = 10 * time.Second

// Run runs the suite. replicas gives two replicas' buses, which may be the same.
func Run(t *testing.T, replicas func(t *testing.T) (here, there bus.Bus)) {
	for name, test := range map[string]func(t *testing.T, here, there bus.Bus){
		"all hear a message once":                  heard,
		"messages come in their order":             ordered,
		"large bodies arrive whole, up to a limit": large,
		"topics are apart, and listening ends":     apart,
	} {
		t.Run(name, func(t *testing.T) {
			here, there := replicas(t)
			test(t, here, there)
		})
	}
}

// listen gathers what is heard.
func listen(t *testing.T, b bus.Bus, topic bus.Topic) <-chan []byte {
	t.Helper()
	heard := make(chan []byte, 1000)
	t.Cleanup(b.Listen(topic, func(m bus.Message) {
		if !m.Missed {
			heard <- m.Body
		}
	}))
	return heard
}

func tell(t *testing.T, b bus.Bus, topic bus.Topic, body string) {
	t.Helper()
	if err := b.Tell(t.Context(), topic, []byte(body)); err != nil {
		t.Fatalf("telling: %v", err)
	}
}

func expect(t *testing.T, heard <-chan []byte, want string) {
	t.Helper()
	select {
	case got := <-heard:
		if string(got) != want {
			t.Fatalf("heard %.80q, want %.80q", got, want)
		}
	case <-time.After(wait):
		t.Fatalf("nothing was heard, want %.80q", want)
	}
}

func heard(t *testing.T, here, there bus.Bus) {
	one, two, other := listen(t, here, "news"), listen(t, here, "news"), listen(t, there, "news")
	tell(t, here, "news", "hello")
	if len(one) != 1 || len(two) != 1 {
		t.Errorf("%d and %d messages heard where it was told, when telling returned; want 1 each", len(one), len(two))
	}
	expect(t, other, "hello")
	tell(t, there, "news", "and back") // would come after a second hello
	expect(t, other, "and back")
	for _, c := range []<-chan []byte{one, two} {
		expect(t, c, "hello")
		expect(t, c, "and back")
	}
}

func ordered(t *testing.T, here, there bus.Bus) {
	const many = 200
	far := listen(t, there, "news")
	for i := range many {
		body := fmt.Sprint(i)
		if i%50 == 7 { // some go another way
			body += string(bytes.Repeat([]byte{'x'}, 100_000))
		}
		tell(t, here, "news", body)
	}
	for i := range many {
		want := fmt.Sprint(i)
		if i%50 == 7 {
			want += string(bytes.Repeat([]byte{'x'}, 100_000))
		}
		expect(t, far, want)
	}
}

func large(t *testing.T, here, there bus.Bus) {
	far := listen(t, there, "news")
	body := bytes.Repeat([]byte{0, 255, '\'', '\n'}, bus.MaxBody/4)
	tell(t, here, "news", string(body))
	expect(t, far, string(body))
	if err := here.Tell(t.Context(), "news", append(body, 'x')); err == nil {
		t.Error("a body that is too large was told")
	}
}

func apart(t *testing.T, here, there bus.Bus) {
	far, others := listen(t, there, "news"), listen(t, there, "olds")
	ended := make(chan []byte, 10)
	stop := there.Listen("news", func(m bus.Message) { ended <- m.Body })
	stop()
	tell(t, here, "news", "")
	expect(t, far, "")
	if len(others) > 0 || len(ended) > 0 {
		t.Error("another topic's listener, or one that had ended, heard it")
	}
}
