package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/serve"
)

type serveCommand struct {
	place
	Listen     string `help:"Address to listen on." default:"127.0.0.1:8484" placeholder:"HOST:PORT"`
	TLSCert    string `help:"Certificate chain, PEM. Needed to listen on anything but this machine." name:"tls-cert" placeholder:"FILE" and:"tls"`
	Installers string `help:"Folder with the agent's installers, which the console offers; without it, installers in the state folder." placeholder:"DIR" type:"path"`
	TLSKey     string `help:"Its key, PEM." name:"tls-key" placeholder:"FILE" and:"tls"`
	mailFlags
}

// Run serves until it is stopped.
func (c *serveCommand) Run(ctx context.Context, t terminal) error {
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	o.Installers, o.Log = c.Installers, slog.New(slog.NewTextHandler(t.errs, nil))
	if o.State == "" && c.SMTP == "" {
		return &problem.Problem{
			Code: problem.Invalid, Title: "It is not said how e-mails go out", Text: "Without --smtp they are written into the outbox folder of the state folder, and there is none.",
			Hint: "Give --smtp and --smtp-from, or a folder with --state that all replicas share.",
		}
	}
	if err := c.fill(&o, c.Listen, certificate); err != nil {
		return err
	}
	tenant, err := c.open(ctx, t, o)
	if err != nil {
		return err
	}
	defer tenant.Close()
	listener, err := serve.Listen(ctx, c.Listen, certificate)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is served at %s\n  Stop with Ctrl+C.\n", tenant.Info().Name, address(listener.Addr(), certificate != nil))
	return tenant.Serve(ctx, listener)
}

// open opens the tenant; where there is none and a person is there, it offers to make one.
func (c *serveCommand) open(ctx context.Context, t terminal, o serve.Options) (*serve.Tenant, error) {
	tenant, err := serve.Open(ctx, o)
	if !problem.Is(err, problem.NotFound) || !t.interactive() {
		return tenant, err
	}
	p := problem.Of(err)
	fmt.Fprintf(t.errs, "%s. Make one now? [y/N] ", p.Title)
	answers := bufio.NewReader(t.in)
	if answer := readLine(answers); !strings.HasPrefix(strings.ToLower(answer), "y") {
		return nil, err
	}
	first := initCommand{place: c.place}
	fmt.Fprint(t.errs, "Name of the tenant: ")
	first.Name = readLine(answers)
	fmt.Fprint(t.errs, "E-mail of the administrator: ")
	first.Admin = readLine(answers)
	if err := first.Run(ctx, t); err != nil {
		return nil, err
	}
	return serve.Open(ctx, o)
}

func readLine(r *bufio.Reader) string {
	line, _ := r.ReadString('\n') // at the end of input: what there is
	return strings.TrimSpace(line)
}

func (c *serveCommand) certificate() (*tls.Certificate, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, &problem.Problem{
			Code: problem.Invalid, Title: "The certificate cannot be used", Text: err.Error(), Err: err,
			Hint: "Give the certificate chain with --tls-cert and its key with --tls-key, both in PEM form.",
		}
	}
	return &pair, nil
}

// address is what to type into a browser.
func address(a net.Addr, secure bool) string {
	scheme, host := "http", a.String()
	if secure {
		scheme = "https"
	}
	if at, ok := a.(*net.TCPAddr); ok && at.IP.IsLoopback() {
		host = fmt.Sprintf("localhost:%d", at.Port)
	}
	return scheme + "://" + host + "/"
}
