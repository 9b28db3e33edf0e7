package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/signin"
)

type initCommand struct {
	place
	Name         string `help:"Name of the tenant, such as the company's." required:""`
	Admin        string `help:"E-mail of the first administrator." required:"" placeholder:"EMAIL"`
	PasswordFile string `help:"File with the administrator's password in its first line; - reads standard input. Without it the password is asked for, or made up where nobody can be asked." placeholder:"FILE"`
}

// Run makes the tenant. A password is shown only when it was made up here.
func (c *initCommand) Run(ctx context.Context, t terminal) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	password, made, err := choosePassword(t, c.PasswordFile)
	if err != nil {
		return err
	}
	setup := serve.Setup{Name: c.Name, Email: c.Admin, Password: password}
	if err := serve.Init(ctx, o, setup); err != nil {
		return err
	}
	where := c.State
	if o.Database != nil {
		where = o.Database.String()
	}
	fmt.Fprintf(t.out, "The tenant %s stands in %s.\n\n  Administrator   %s\n", c.Name, where, c.Admin)
	if made {
		fmt.Fprintf(t.out, "  Password        %s\n\nKeep the password: it is shown this once.", password)
	}
	fmt.Fprintf(t.out, "\nNext: passly-tenant serve %s\n", c.named())
	return nil
}

// choosePassword reads a new password from a file, asks for it, or makes one up where nobody can be asked.
func choosePassword(t terminal, file string) (password string, made bool, err error) {
	switch {
	case file == "-":
		password, err = firstLine(t.in)
		return password, false, err
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return "", false, &problem.Problem{
				Code: problem.Invalid, Title: "The password file cannot be read", Text: err.Error(), Hint: "Check --password-file.", Err: err,
			}
		}
		defer f.Close()
		password, err = firstLine(f)
		return password, false, err
	case t.interactive():
		return askPassword(t)
	}
	return makePassword(), true, nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, signin.MaxPassword+2)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// askPassword asks twice without echo; an empty answer makes one up.
func askPassword(t terminal) (password string, made bool, err error) {
	for {
		first, err := ask(t, "Password for the administrator (empty: make one up): ")
		if err != nil || first == "" {
			return makePassword(), true, err
		}
		if err := signin.CheckNewPassword(first); err != nil {
			p := problem.Of(err)
			fmt.Fprintf(t.errs, "  %s. %s\n", p.Title, p.Hint)
			continue
		}
		second, err := ask(t, "The same again: ")
		if err != nil || first == second {
			return first, false, err
		}
		fmt.Fprintln(t.errs, "  The two are not the same.")
	}
}

func ask(t terminal, question string) (string, error) {
	fmt.Fprint(t.errs, question)
	answer, err := term.ReadPassword(int(t.in.Fd()))
	fmt.Fprintln(t.errs)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return string(answer), nil
}

// makePassword makes one of 80 bits in four groups, easy to copy by hand.
func makePassword() string {
	text := strings.ToLower(rand.Text())[:16]
	return text[0:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
}
