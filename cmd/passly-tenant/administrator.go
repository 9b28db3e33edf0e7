package main

import (
	"context"
	"fmt"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
)

type administratorCommands struct {
	Add               addCommand    `cmd:"" help:"Add an administrator or a reader."`
	Lock              lockCommand   `cmd:"" help:"Let an administrator not sign in any more; sessions end at once."`
	Unlock            unlockCommand `cmd:"" help:"End what lock began."`
	Role              roleCommand   `cmd:"" help:"Change what somebody may do."`
	Remove            removeCommand `cmd:"" help:"Remove an administrator. One who owns the tenant always remains."`
	ResetSecondFactor resetCommand  `cmd:"" help:"Turn off one-time codes for somebody who lost the authenticator."`
}

// whom names an administrator of a tenant.
type whom struct {
	State string `help:"Folder in which the tenant is kept." required:"" placeholder:"DIR" type:"path"`
	Email string `help:"The administrator's e-mail." required:"" placeholder:"EMAIL"`
}

func (w whom) change(ctx context.Context, t terminal, done string, edit func(*tenant.Administrator)) error {
	if err := serve.ChangeAdministrator(ctx, serve.Options{State: w.State, Version: version}, w.Email, edit); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s %s\n", w.Email, done)
	return nil
}

type addCommand struct {
	whom
	Role         string `help:"What the newcomer may do: administrator; owner, who manages administrators too; or reader, who looks and changes nothing." enum:"owner,administrator,reader" default:"administrator"`
	Organization string `help:"URL name of the one organization that the newcomer is for. Without it: the whole tenant." placeholder:"NAME"`
	PasswordFile string `help:"File with the password in its first line; - reads standard input. Without it the password is asked for, or made up where nobody can be asked." placeholder:"FILE"`
}

// Run adds somebody. A password is shown only when it was made up here.
func (c *addCommand) Run(ctx context.Context, t terminal) error {
	password, made, err := choosePassword(t, c.PasswordFile)
	if err != nil {
		return err
	}
	newcomer := serve.Newcomer{Email: c.Email, Password: password, Role: tenant.Role(c.Role), Organization: c.Organization}
	if err := serve.AddAdministrator(ctx, serve.Options{State: c.State, Version: version}, newcomer); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s may sign in now, with the role %s.\n", c.Email, c.Role)
	if made {
		fmt.Fprintf(t.out, "\n  Password   %s\n\nKeep the password: it is shown this once.\n", password)
	}
	return nil
}

type lockCommand struct{ whom }

// Run locks.
func (c *lockCommand) Run(ctx context.Context, t terminal) error {
	return c.change(ctx, t, "is locked and signed out everywhere.", func(a *tenant.Administrator) { a.Locked = true })
}

type unlockCommand struct{ whom }

// Run unlocks.
func (c *unlockCommand) Run(ctx context.Context, t terminal) error {
	return c.change(ctx, t, "may sign in again.", func(a *tenant.Administrator) { a.Locked = false })
}

type roleCommand struct {
	whom
	Role string `help:"administrator; owner, who manages administrators too; or reader, who looks and changes nothing." enum:"owner,administrator,reader" required:""`
}

// Run changes the role.
func (c *roleCommand) Run(ctx context.Context, t terminal) error {
	return c.change(ctx, t, "has the role "+c.Role+" now.", func(a *tenant.Administrator) { a.Role = tenant.Role(c.Role) })
}

type removeCommand struct{ whom }

// Run removes.
func (c *removeCommand) Run(ctx context.Context, t terminal) error {
	if err := serve.RemoveAdministrator(ctx, serve.Options{State: c.State, Version: version}, c.Email); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is removed and signed out everywhere.\n", c.Email)
	return nil
}

type resetCommand struct{ whom }

// Run turns one-time codes off.
func (c *resetCommand) Run(ctx context.Context, t terminal) error {
	return c.change(ctx, t, "signs in by password alone now. Have one-time codes turned on again in the console, under Your account.",
		func(a *tenant.Administrator) { a.SecondFactor = "" })
}
