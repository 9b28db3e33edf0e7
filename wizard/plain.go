package wizard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/term"

	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// Plain is the wizard as lines: for screen readers, serial consoles and remote shells. An empty line takes the answer in
// brackets; the end of the input leaves.
func Plain(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	l := &lines{setup: &setup{Options: o, token: o.Prefilled.EnrolmentToken}, in: bufio.NewReaderSize(newInterruptible(ctx, o.In), maxTyped)}
	defer l.setup.signOut(ctx)
	loud, err := l.hush()
	if err != nil {
		return Result{}, err
	}
	defer loud()
	err = l.run(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return Result{}, l.left()
	}
	return l.setup.result, err
}

// lines is one conversation.
type lines struct {
	setup    *setup
	in       *bufio.Reader
	began    bool  // steps were begun
	terminal *hush // nil: the input is none
	asking   atomic.Pointer[typing]
}

// hush keeps the terminal from showing what is typed for the whole conversation: a password that is pasted together with
// the e-mail, or typed while a check still runs, would stand there before it is asked for. loud ends that.
func (l *lines) hush() (loud func(), err error) {
	file, ok := l.setup.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func() {}, nil
	}
	if l.terminal, err = newHush(int(file.Fd())); err != nil {
		return nil, err
	}
	if err := l.terminal.on(); err != nil {
		return nil, err
	}
	stop := l.terminal.follow(func() {
		if t := l.asking.Load(); t != nil {
			t.begin()
		}
	})
	return func() {
		stop()
		l.terminal.off()
	}, nil
}

func (l *lines) left() *problem.Problem {
	p := leftProblem(l.setup.known.Enrolled)
	p.Text = "Nothing was changed, here or at the tenant."
	if l.began {
		p.Text = "The steps above say what was done."
	}
	return p
}

func (l *lines) run(ctx context.Context) error {
	l.say("Passly Directory Sync: setup. Press enter to take what stands in [brackets]. The end of the input (Ctrl+D) leaves.")
	if status, err := l.setup.Agent.Status(ctx); err == nil && status.Enrolled {
		l.setup.recall(ctx, status)
		return l.menu(ctx)
	}
	if err := l.machine(ctx); err != nil {
		return err
	}
	if status, err := l.setup.Agent.Status(ctx); err == nil && status.Enrolled { // a repair started it
		l.setup.recall(ctx, status)
		return l.menu(ctx)
	}
	return l.whole(ctx)
}

// whole is everything from the first question to the end.
func (l *lines) whole(ctx context.Context) error {
	parts := []func(context.Context) error{l.domain, l.signIn, l.directory, l.rights, l.runAs, l.vault, l.confirm, l.perform}
	if l.setup.toService() {
		parts = []func(context.Context) error{l.target, l.directory, l.rights, l.units, l.runAs, l.vault, l.confirm, l.perform}
	}
	for {
		err := l.parts(ctx, parts...)
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

// parts does one after the other, and says at the end what stands.
func (l *lines) parts(ctx context.Context, parts ...func(context.Context) error) error {
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	l.say(l.setup.result.Words)
	return nil
}

func (l *lines) say(text string) { fmt.Fprintln(l.setup.Out, terminal.Plain(text)) }

// trouble says a problem; false: it is no problem to go on with, but the end.
func (l *lines) trouble(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return false
	}
	p := problem.Of(err)
	for _, text := range []string{"Not yet: " + terminal.OneLine(p.Title, maxShown) + ".", terminal.Text(p.Text), terminal.Text(p.Hint)} {
		if strings.TrimSpace(text) != "" {
			l.say(text)
		}
	}
	return true
}

// ask asks for one line.
func (l *lines) ask(label, value string) (string, error) {
	if value != "" {
		label += " [" + terminal.Plain(value) + "]"
	}
	text, err := l.read(label, false)
	if text = strings.TrimSpace(text); text == "" {
		text = value
	}
	return text, err
}

// secret asks for a password, without showing it where there is a terminal.
func (l *lines) secret(label, value string) (string, error) {
	if value != "" {
		return value, nil
	}
	if l.terminal != nil {
		label += " (not shown)"
	}
	return l.read(label, true)
}

// until repeats a question until its check passes.
func (l *lines) until(once func() error) error {
	for {
		err := once()
		if err == nil || !l.trouble(err) {
			return err
		}
	}
}
