package wizard

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// maxLine bounds one line of the input, in bytes.
const maxLine = 4096

// Keys of a line that is typed.
const (
	keyEndOfInput = 0x04 // Ctrl+D
	keyBackspace  = 0x08
	keyKillLine   = 0x15 // Ctrl+U
	keyEscape     = 0x1b
	keyDelete     = 0x7f
)

// typing is one line while it comes in. On a hushed terminal it is edited and shown here, a secret not at all.
type typing struct {
	mu     sync.Mutex
	out    io.Writer
	label  string
	secret bool
	edited bool // the terminal does it not
	text   []byte
	shown  int // how much of it
	long   bool
}

// begin asks; when a suspended program goes on, it asks again.
func (t *typing) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprint(t.out, t.label+": ")
	t.shown = 0
	t.show()
}

// show brings what was typed on the terminal, as far as its characters are whole.
func (t *typing) show() {
	for t.edited && !t.secret && t.shown < len(t.text) && utf8.FullRune(t.text[t.shown:]) {
		_, n := utf8.DecodeRune(t.text[t.shown:])
		fmt.Fprint(t.out, terminal.Plain(string(t.text[t.shown:t.shown+n])))
		t.shown += n
	}
}

// take takes one byte; true: the line is at its end.
func (t *typing) take(b byte) (end bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case b == '\n', t.edited && b == '\r':
		return true, nil
	case !t.edited:
		t.add(b)
	case b == keyEndOfInput && len(t.text) == 0:
		return true, io.EOF
	case b == keyBackspace, b == keyDelete:
		t.erase()
	case b == keyKillLine:
		for len(t.text) > 0 {
			t.erase()
		}
	case b >= ' ':
		t.add(b)
	}
	return false, nil
}

func (t *typing) add(b byte) {
	if len(t.text) == maxLine {
		t.long = true
		return
	}
	t.text = append(t.text, b)
	t.show()
}

// erase takes the last character back.
func (t *typing) erase() {
	last, n := utf8.DecodeLastRune(t.text)
	t.text = t.text[:len(t.text)-n]
	if t.shown > len(t.text) {
		t.shown = len(t.text)
		width := ansi.StringWidth(terminal.Plain(string(last)))
		fmt.Fprint(t.out, strings.Repeat("\b", width)+strings.Repeat(" ", width)+strings.Repeat("\b", width))
	}
}

// read reads one line as it was typed; the end of the input is io.EOF where nothing stands before it.
func (l *lines) read(label string, secret bool) (string, error) {
	t := &typing{out: l.setup.Out, label: label, secret: secret, edited: l.terminal != nil}
	l.asking.Store(t)
	defer l.asking.Store(nil)
	t.begin()
	err := l.fill(t)
	if t.edited {
		fmt.Fprintln(t.out)
	}
	text := strings.TrimRight(string(t.text), "\r")
	switch {
	case errors.Is(err, io.EOF) && text != "":
		return text, nil
	case err == nil && t.long:
		err = &problem.Problem{
			Code: problem.TooLarge, Title: fmt.Sprintf("The answer has more than %d characters", maxLine),
			Hint: "Type a shorter one.",
		}
	}
	return text, err
}

func (l *lines) fill(t *typing) error {
	for {
		b, err := l.in.ReadByte()
		if err != nil {
			return err
		}
		if t.edited && b == keyEscape {
			l.skipSequence()
			continue
		}
		if end, err := t.take(b); end {
			return err
		}
	}
}

// skipSequence drops what a key such as an arrow sends after its escape (ECMA-48 5.4): CSI or SS3, up to the final byte.
func (l *lines) skipSequence() {
	for n := 0; l.in.Buffered() > 0; n++ {
		b, err := l.in.ReadByte()
		if err != nil || n == 0 && b != '[' && b != 'O' || n > 0 && b >= '@' && b <= '~' {
			return
		}
	}
}
