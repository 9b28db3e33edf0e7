package main

import (
	"context"
	"fmt"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store/postgres"
)

type copyCommand struct {
	State  string `help:"Folder with the tenant to copy. Stop serving it first: what is written meanwhile waits, and what is written afterwards is not copied." required:"" placeholder:"DIR" type:"path"`
	To     string `help:"Empty PostgreSQL database to copy it to, such as postgres://passly@db.example.com/passly, without a password." placeholder:"URL" xor:"to"`
	ToFile string `help:"File with that address in its first line, which may have the password in it." placeholder:"FILE" xor:"to"`
}

// Run copies the tenant, and says what was compared and what comes next.
func (c *copyCommand) Run(ctx context.Context, t terminal) error {
	if c.To == "" && c.ToFile == "" {
		return &problem.Problem{Code: problem.Invalid, Title: "It is not said where to copy the tenant to", Hint: "Give an empty PostgreSQL database with --to."}
	}
	to, err := databaseAddress(c.To, c.ToFile, "--to")
	if err != nil {
		return err
	}
	total := 0
	if err := serve.Copy(ctx, serve.Options{State: c.State, Version: version}, to, func(f postgres.Filled) {
		total += f.Rows
		fmt.Fprintf(t.out, "  %-26s %9d  the same on both sides\n", f.Table, f.Rows)
	}); err != nil {
		return err
	}
	flag := "--database " + c.To
	if c.ToFile != "" {
		flag = "--database-file " + c.ToFile
	}
	fmt.Fprintf(t.out, `
Copied %d rows to %s; every table was counted and compared.

Next: passly-tenant serve %s …
  Copy the folders outbox and installers of %s too, if you use them.
  Do not serve that folder again: agents and people would write into two tenants. Keep it until you trust the new one.
`, total, to, flag, c.State)
	return nil
}
