package sqlite

import (
	"errors"
	"strings"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"passlysync/pkg/tenant/store/sqlstore"
)

func dialect() *sqlstore.Dialect {
	return &sqlstore.Dialect{
		Duplicate: duplicate,
		AddChunk:  50,
		Contains:  func(text, part string) string { return "instr(" + text + ", " + part + ") > 0" },
		IDs:       func(expression string) string { return "json_each(" + expression + ")" },
		InOrder:   "CROSS JOIN",
		Scattered: "+",
		Index:     func(name string) string { return " INDEXED BY " + name },
		AuditText: sqlstore.TextSearch{
			From: "audit_text t CROSS JOIN audit_log l ON l.number = t.rowid", Number: "t.rowid",
			Match: func(folded string) (string, any) {
				return "audit_text MATCH ?", `"` + strings.ReplaceAll(folded, `"`, `""`) + `"`
			},
		},
	}
}

func duplicate(err error) bool {
	var told *modernc.Error
	return errors.As(err, &told) &&
		(told.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || told.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
