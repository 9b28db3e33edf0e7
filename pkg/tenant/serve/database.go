package serve

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/sqlite"
	"passlysync/pkg/tenant/store/sqlstore"
)

// makeStore opens the database, and makes what there is none of yet.
func (o Options) makeStore(ctx context.Context) (*sqlstore.Store, error) {
	if o.State != "" {
		if err := makeFolder(o.State); err != nil {
			return nil, err
		}
	}
	if o.Database != nil {
		return postgres.Open(ctx, *o.Database, o.Now)
	}
	return sqlite.Open(ctx, filepath.Join(o.State, DatabaseName), o.Now)
}

// openStore opens the database of a tenant that there is.
func openStore(ctx context.Context, o Options) (*sqlstore.Store, tenant.Tenant, error) {
	db, err := o.existing(ctx)
	if err != nil {
		return nil, tenant.Tenant{}, err
	}
	info, err := db.Tenant(ctx)
	if err != nil {
		if problem.Is(err, problem.NotFound) {
			err = o.notThere(err)
		}
		return nil, info, errors.Join(err, db.Close())
	}
	return db, info, nil
}

func (o Options) existing(ctx context.Context) (*sqlstore.Store, error) {
	if o.Database != nil {
		return postgres.Open(ctx, *o.Database, o.Now)
	}
	path := filepath.Join(o.State, DatabaseName)
	if _, err := os.Stat(path); err != nil {
		return nil, o.notThere(err)
	}
	return sqlite.Open(ctx, path, o.Now)
}

// openBus connects to the other replicas; nil where there can be none.
func (o Options) openBus(ctx context.Context) (*postgres.Bus, error) {
	if o.Database == nil {
		return nil, nil
	}
	return postgres.NewBus(ctx, *o.Database, o.Log)
}

func (o Options) notThere(err error) error {
	if o.Database != nil {
		return &problem.Problem{
			Code: problem.NotFound, Title: "There is no tenant in " + o.Database.String(), Op: "opening the tenant", Err: err,
			Text: "The database can be reached, but no tenant was made in it yet.",
			Hint: "Make one: passly-tenant init --database … --name NAME --admin EMAIL, or move one there: passly-tenant copy --state DIR --to …",
		}
	}
	if !errors.Is(err, fs.ErrNotExist) && !problem.Is(err, problem.NotFound) {
		return &problem.Problem{
			Code: problem.Forbidden, Title: "The state folder cannot be read", Text: err.Error(), Op: "opening the tenant", Err: err,
			Hint: "Run as the account that owns " + o.State + ".",
		}
	}
	return &problem.Problem{
		Code: problem.NotFound, Title: "There is no tenant in " + o.State, Op: "opening the tenant", Err: err,
		Text: "The folder does not exist, or no tenant was made in it yet.",
		Hint: "Make one: passly-tenant init --state " + o.State + " --name NAME --admin EMAIL",
	}
}
