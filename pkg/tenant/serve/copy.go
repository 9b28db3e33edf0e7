package serve

import (
	"context"
	"errors"

	"passlysync/pkg/tenant/store/postgres"
)

// Copy copies the tenant in the state folder into an empty PostgreSQL database, and tells of each table that was compared.
// Errors are problems.
func Copy(ctx context.Context, o Options, to postgres.Address, tell func(postgres.Filled)) error {
	o = o.withDefaults()
	o.Database = nil
	db, _, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(postgres.Fill(ctx, to, db, o.Now, tell), db.Close())
}
