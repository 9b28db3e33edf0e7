package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"passlysync/pkg/tenant/store/sqlstore"
)

// Codes of PostgreSQL's errors (appendix A of its manual).
const (
	uniqueViolation = "23505"
	lockNotGiven    = "55P03"
)

func dialect() *sqlstore.Dialect {
	return &sqlstore.Dialect{
		Duplicate:   duplicate,
		FailureEnds: true,
		AddChunk:    200,
		Contains:    func(text, part string) string { return "strpos(" + text + ", " + part + ") > 0" },
		IDs: func(expression string) string {
			return "(SELECT CAST(e AS BIGINT) AS value FROM json_array_elements_text(CAST(" + expression + " AS JSON)) AS e)"
		},
		InOrder: "JOIN",
		Index:   func(string) string { return "" }, // its planner needs no advice
		AuditText: sqlstore.TextSearch{
			From: "audit_log l", Number: "l.number",
			Match: func(folded string) (string, any) {
				return "l.search_key LIKE ?", "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(folded) + "%"
			},
		},
	}
}

func duplicate(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == uniqueViolation
}
