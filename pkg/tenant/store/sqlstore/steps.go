package sqlstore

import (
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Steps gives the steps from one schema to the next, which an engine has in its folder migrations.
func Steps(dialect database.Dialect, db *sql.DB, engine fs.FS, more ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(engine, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files, append(more, goose.WithDisableGlobalRegistry(true))...)
}
