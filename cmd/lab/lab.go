package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"passlysync/pkg/directory/samba"
)

// options are the command line.
type options struct {
	People  int    `help:"How many people to invent; about 900 a second the first time." default:"200"`
	Address string `help:"Loopback address to listen on, ports 389 and 636." default:"127.0.0.1"`
	Domain  string `help:"DNS name of the domain." default:"example.test"`
	Dir     string `help:"Folder to keep the state in; without it nothing is left behind." type:"path"`
}

// run starts the controller, says how to reach it, and stops it when ctx ends.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	fmt.Fprintf(out, "Starting a domain controller for %s with %d people …\n", o.Domain, o.People)
	begin := time.Now()
	dc, err := samba.Start(ctx, samba.Options{
		Domain: o.Domain, Address: o.Address, Dir: o.Dir, Plan: samba.Simple(o.Domain, o.People),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dc.Stop()) }()
	if err := reached.Execute(out, describe(dc, time.Since(begin))); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nStopping.")
		return nil
	case <-dc.Ended():
		if ctx.Err() != nil { // Ctrl+C reached it as well
			return nil
		}
		return errors.New("the domain controller ended by itself")
	}
}

func (o options) check() error {
	switch {
	case o.People < 0 || o.People > 1_000_000:
		return fmt.Errorf("--people %d: give a number from 0 to 1,000,000", o.People)
	case !strings.HasPrefix(o.Address, "127."):
		return fmt.Errorf("--address %s: give a loopback address, 127.x.y.z: its passwords are known to everybody", o.Address)
	case len(strings.Split(o.Domain, ".")) < 2 || strings.ContainsAny(o.Domain, " /\\,=_"):
		return fmt.Errorf("--domain %s: give a DNS name such as example.test", o.Domain)
	}
	return nil
}

var reached = template.Must(template.New("reached").Parse(`
It answers after {{.Took}}. Ctrl+C stops it.

  LDAPS            {{.DC.URL}}
  StartTLS         {{.DC.PlainURL}}
  CA certificate   {{.DC.CAFile}}
  base DN          {{.DC.BaseDN}}
  sync account     {{.DC.Account}}   password {{.DC.Password}}
  administrator    {{.Admin}}   password {{.AdminPassword}}

Look at it:

  LDAPTLS_CACERT={{.DC.CAFile}} ldapsearch -x -LLL -H {{.DC.URL}} \
    -D {{.DC.Account}} -w '{{.DC.Password}}' -b {{.DC.BaseDN}} '(objectClass=organizationalUnit)' ou

Set an agent up with it:

  printf '%s' '{{.DC.Password}}' > {{.DC.Dir}}/sync-password
  passly-sync setup --directory {{.DC.URL}} --directory-ca {{.DC.CAFile}} \
    --directory-user {{.DC.Account}} --directory-password-file {{.DC.Dir}}/sync-password
`))

func describe(dc *samba.DC, took time.Duration) map[string]any {
	admin, password := dc.Admin()
	return map[string]any{"DC": dc, "Took": took.Round(10 * time.Millisecond), "Admin": admin, "AdminPassword": password}
}
