package service

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Notifier tells the service manager how the running program is: sd_notify(3). Where none listens, telling is silence.
// It never fails: a manager that cannot be told is no reason to stop working.
type Notifier struct {
	socket string
	every  time.Duration // how often the watchdog wants to hear; 0: never
}

// NewNotifier reads what systemd put into the environment.
func NewNotifier(environ func(string) string) Notifier {
	n := Notifier{socket: environ("NOTIFY_SOCKET")}
	micros, err := strconv.ParseInt(environ("WATCHDOG_USEC"), 10, 64)
	pid := environ("WATCHDOG_PID")
	if err == nil && micros > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(micros) * time.Microsecond / 2
	}
	return n
}

// Ready says that the program has started up, with a line for people.
func (n Notifier) Ready(status string) { n.tell("READY=1", "STATUS="+oneLine(status)) }

// Stopping says that the program is about to end.
func (n Notifier) Stopping() { n.tell("STOPPING=1", "STATUS=Stopping") }

// Watchdog keeps the service manager's watchdog content until ctx ends, as long as alive says so.
func (n Notifier) Watchdog(ctx context.Context, alive func() bool) {
	if n.every == 0 {
		return
	}
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if alive == nil || alive() {
				n.tell("WATCHDOG=1")
			}
		}
	}
}

func (n Notifier) tell(lines ...string) {
	if n.socket == "" {
		return
	}
	// A name that begins with @ is an abstract socket, which net.Dial spells the same.
	conn, err := net.Dial("unixgram", n.socket)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write([]byte(strings.Join(lines, "\n")))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
