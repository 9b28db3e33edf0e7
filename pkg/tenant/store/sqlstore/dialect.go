package sqlstore

// Dialect is what the engines' SQL differs in. All else is written once, in words that both know: ON CONFLICT, RETURNING, TRUE
// and FALSE, NOT for a truth in a column, IS DISTINCT FROM, NULLS FIRST. A parameter is ? or ?1, as SQLite numbers them;
// Numbered gives PostgreSQL's.
type Dialect struct {
	// Duplicate reports whether an error says that a unique key is in use.
	Duplicate func(error) bool
	// FailureEnds says that a failed statement spoils its transaction, so that one that may fail needs a savepoint.
	FailureEnds bool
	// AddChunk is how many users one INSERT adds.
	AddChunk int
	// Contains is the condition that a text has another in it, both given as expressions.
	Contains func(text, part string) string
	// IDs is a table of one column, value, of the ids in the JSON array that an expression gives. Name it where it is used.
	IDs func(expression string) string
	// InOrder joins a table to the one before it, of which it is looked up for each row.
	InOrder string
	// Scattered is written before a column whose index is better not used; Index, after a table, has this one used.
	Scattered string
	Index     func(name string) string
	// AuditText is how the audit log is searched for a text of at least leastTrigram characters.
	AuditText TextSearch
}

// TextSearch finds entries of the audit log, which is l, by a part of their text.
type TextSearch struct {
	From   string // what is selected from
	Number string // the entry's number, in whose order the search goes
	// Match is a condition with one parameter, and the value that it needs to find a folded text.
	Match func(folded string) (condition string, value any)
}
