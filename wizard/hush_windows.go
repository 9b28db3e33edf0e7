package wizard

import (
	"fmt"

	sys "golang.org/x/sys/windows"
)

// hush is a console whose own echo and line editing can be turned off: then nothing is shown that was typed or pasted
// before it was asked for. Ctrl+C still ends the program.
type hush struct {
	console sys.Handle
	before  uint32
}

func newHush(fd int) (*hush, error) {
	h := &hush{console: sys.Handle(fd)}
	if err := sys.GetConsoleMode(h.console, &h.before); err != nil {
		return nil, fmt.Errorf("looking at the console: %w", err)
	}
	return h, nil
}

func (h *hush) on() error {
	mode := h.before&^(sys.ENABLE_ECHO_INPUT|sys.ENABLE_LINE_INPUT) | sys.ENABLE_PROCESSED_INPUT
	if err := sys.SetConsoleMode(h.console, mode); err != nil {
		return fmt.Errorf("keeping the console from showing passwords: %w", err)
	}
	return nil
}

// off makes the console what it was, and drops what nobody has read: it may be a password, and a prompt would show it.
func (h *hush) off() {
	_ = sys.FlushConsoleInputBuffer(h.console)
	_ = sys.SetConsoleMode(h.console, h.before)
}

// follow has nothing to follow: no console program is suspended.
func (*hush) follow(func()) (stop func()) { return func() {} }
