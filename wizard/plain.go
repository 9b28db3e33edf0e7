package wizard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// Plain is the wizard as lines: for screen readers, serial consoles and remote shells. An empty line takes the answer in
// brackets; the end of the input leaves.
func Plain(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	l := &lines{setup: &setup{Options: o, token: o.Prefilled.EnrolmentToken}, in: bufio.NewReaderSize(o.In, maxTyped)}
	defer l.setup.signOut(ctx)
	err := l.run(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return Result{}, &problem.Problem{
			Code: Left, Title: "Setup was left before the agent was enrolled", Text: l.done(), Hint: "Run “passly-sync setup” again whenever you like.",
		}
	}
	return l.setup.result, err
}

// lines is one conversation.
type lines struct {
	setup *setup
	in    *bufio.Reader
	began bool // steps were begun
}

func (l *lines) done() string {
	if l.began {
		return "The steps above say what was done."
	}
	return "Nothing was changed, here or at the tenant."
}

func (l *lines) run(ctx context.Context) error {
	l.say("Passly Directory Sync: setup. Press enter to take what stands in [brackets].")
	if status, err := l.setup.Agent.Status(ctx); err == nil && status.Enrolled {
		l.setup.known = status
		l.setup.Prefilled.known(status)
		l.say("This machine's agent is enrolled with " + status.TenantName + ". Going on enrols it again, as the same agent with a new key.")
	}
	for _, part := range []func(context.Context) error{l.machine, l.domain, l.signIn, l.account, l.confirm, l.perform} {
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
	for _, text := range []string{"Not yet: " + p.Title + ".", p.Text, p.Hint} {
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
	fmt.Fprint(l.setup.Out, label+": ")
	text, err := l.in.ReadString('\n')
	text = strings.TrimSpace(text)
	if text == "" && err == nil {
		text = value
	}
	if text != "" {
		err = nil
	}
	return text, err
}

// secret asks for a password, without showing it where there is a terminal.
func (l *lines) secret(label, value string) (string, error) {
	if value != "" {
		return value, nil
	}
	file, ok := l.setup.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return l.ask(label, "")
	}
	fmt.Fprint(l.setup.Out, label+" (not shown): ")
	raw, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(l.setup.Out)
	return string(raw), err
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

func (l *lines) machine(ctx context.Context) error {
	checks := l.setup.Checks()
	if len(checks) == 0 {
		return nil
	}
	l.say("Looking at this machine.")
	for _, r := range preflight.Run(ctx, checks, func(preflight.Result) {}) {
		l.say(strings.TrimSuffix(string(r.State)+": "+r.Title+", "+r.Detail, ", "))
		if r.Problem != nil {
			l.say("  " + r.Problem.Title + ". " + r.Problem.Hint)
		}
		if r.Stops() {
			return r.Problem
		}
		l.setup.Prefilled.offer(r.Found)
	}
	return ctx.Err()
}

func (l *lines) domain(ctx context.Context) error {
	a := &l.setup.Prefilled
	return l.until(func() (err error) {
		if a.Domain, err = l.ask("1 of 3. Passly domain", a.Domain); err != nil {
			return err
		}
		p, err := l.setup.find(ctx, a.Domain, a.TenantCAFile)
		if err != nil {
			return err
		}
		l.setup.found(p)
		l.say("This is " + p.discovery.TenantName + ", at " + p.base + ".")
		return nil
	})
}

func (l *lines) signIn(ctx context.Context) error {
	if l.setup.token != "" {
		return nil
	}
	a := &l.setup.Prefilled
	given := a.Password
	return l.until(func() (err error) {
		if a.Email, err = l.ask("2 of 3. E-mail of the tenant's administrator", a.Email); err != nil {
			return err
		}
		password, err := l.secret("Password", given)
		if err != nil {
			return err
		}
		given = ""
		in := control.SignIn{Email: a.Email, Password: password}
		l.setup.session, err = l.setup.tenant.SignIn(ctx, l.setup.base, in)
		if problem.Is(err, control.NeedsCode) {
			if in.Code, err = l.ask("One-time code", ""); err != nil {
				return err
			}
			l.setup.session, err = l.setup.tenant.SignIn(ctx, l.setup.base, in)
		}
		return err
	})
}

func (l *lines) account(ctx context.Context) error {
	a, s := &l.setup.Prefilled, l.setup
	given := a.DirectoryPassword
	return l.until(func() (err error) {
		for _, each := range []struct {
			label string
			into  *string
		}{
			{"3 of 3. Directory, such as ldaps://dc1.example.com", &a.DirectoryURL},
			{"Account that reads it", &a.DirectoryAccount},
			{"CA file of the directory, empty for the system's", &a.DirectoryCAFile},
		} {
			if *each.into, err = l.ask(each.label, *each.into); err != nil {
				return err
			}
		}
		typed := *a
		if typed.DirectoryPassword, err = l.secret("Password of that account", given); err != nil {
			return err
		}
		given = ""
		if s.directory, s.access, err = s.look(ctx, typed); err != nil {
			return err
		}
		s.account = a.ServiceAccount
		l.say("Signed in: " + s.access.Domain.Words() + ".")
		fmt.Fprint(s.Out, grantWords(s.access))
		return nil
	})
}

func (l *lines) confirm(context.Context) error {
	l.say(l.setup.intention() + " Credentials are kept " + l.setup.vaultWords() + ". By going on you accept Passly's terms of use.")
	text, err := l.ask("Type yes to go on", "")
	if err == nil && !strings.EqualFold(text, "yes") {
		err = io.EOF
	}
	return err
}

func (l *lines) perform(ctx context.Context) error {
	l.began = true
	return l.setup.perform(ctx, func(s handoff.Step) {
		if s.State != handoff.StepRunning {
			l.say(strings.TrimSuffix(string(s.State)+": "+s.Name+", "+s.Detail, ", "))
		} else if s.Problem != nil {
			l.say(s.Problem.Title + s.Problem.Text)
		}
	})
}
