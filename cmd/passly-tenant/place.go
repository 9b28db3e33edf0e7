package main

import (
	"os"

	"passlysync/pkg/clock"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store/postgres"
)

// place says where a tenant is kept.
type place struct {
	State        string `help:"Folder in which the tenant is kept: its database, unless --database says another, outbox and installers." placeholder:"DIR" type:"path"`
	Database     string `help:"PostgreSQL database that several machines share, such as postgres://passly@db.example.com/passly. Its password is not written here, but into ~/.pgpass or the file that PGPASSFILE or ?passfile= names." placeholder:"URL" xor:"database"`
	DatabaseFile string `help:"File with that address in its first line, which may have the password in it." placeholder:"FILE" xor:"database"`
}

// options gives the options that name the tenant.
func (p place) options() (serve.Options, error) {
	o := serve.Options{State: p.State, Version: version, Now: clock.Now}
	switch {
	case p.Database != "" || p.DatabaseFile != "":
		address, err := databaseAddress(p.Database, p.DatabaseFile, "--database")
		o.Database = &address
		return o, err
	case p.State == "":
		return o, &problem.Problem{
			Code: problem.Invalid, Title: "It is not said where the tenant is kept", Hint: "Give its folder with --state, or its PostgreSQL database with --database.",
		}
	}
	return o, nil
}

// named is how a person names the place again.
func (p place) named() string {
	switch {
	case p.DatabaseFile != "":
		return "--database-file " + p.DatabaseFile
	case p.Database != "":
		return "--database " + p.Database
	}
	return "--state " + p.State
}

// databaseAddress reads the address from the flag or the file. A password among the arguments is refused: everybody on the
// machine could read it there.
func databaseAddress(address, file, flag string) (postgres.Address, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return postgres.Address{}, &problem.Problem{
				Code: problem.Invalid, Title: "The file with the database's address cannot be read", Text: err.Error(), Hint: "Check " + flag + "-file.", Err: err,
			}
		}
		defer f.Close()
		if address, err = firstLine(f); err != nil {
			return postgres.Address{}, err
		}
	} else if postgres.HasPassword(address) {
		return postgres.Address{}, &problem.Problem{
			Code: problem.Invalid, Title: "The database's password stands on the command line", Text: "Everybody on this machine can read it there. It was not used.",
			Hint: "Write it into ~/.pgpass, or the whole address into a file that only this account can read, and give that with " + flag + "-file. Then choose another password.",
		}
	}
	return postgres.Parse(address)
}
