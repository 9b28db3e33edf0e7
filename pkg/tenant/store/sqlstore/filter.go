package sqlstore

import (
	"strings"
	"time"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// kind says how an attribute's values are compared.
type kind string

const (
	exact    kind = "exact"    // as they are
	folded   kind = "folded"   // the column is folded already
	caseless kind = "caseless" // folded by the engine, ASCII only
	ident    kind = "id"       // tenant.ID
	moment   kind = "time"
	truth    kind = "bool" // the column is an expression
)

// attribute says where a SCIM attribute is kept. One with exists is a set: a subquery that the comparison completes.
type attribute struct {
	column string
	kind   kind
	exists string
	parted bool // there is one index for who is disabled and one for who is not
}

// table is what filters on users or groups may name, keyed by the path in lower case.
type table struct {
	name, columns string
	search        string // the expression that a search looks in
	sought        string // the parameter, as it is looked for
	searchIndex   string // empty: the table itself is read
	attributes    map[string]attribute
}

var usersTable = table{
	name:        "users",
	columns:     userSelect,
	search:      "search_key",
	sought:      "?",
	searchIndex: "users_search",
	attributes: map[string]attribute{
		"id":                {column: "id", kind: ident},
		"externalid":        {column: "external_id", kind: exact},
		"username":          {column: "user_name_key", kind: folded, parted: true},
		"displayname":       {column: "display_name", kind: caseless},
		"name.givenname":    {column: "given_name", kind: caseless},
		"name.familyname":   {column: "family_name", kind: caseless},
		"name.formatted":    {column: "formatted_name", kind: caseless},
		"emails":            {column: "mail_key", kind: folded, parted: true},
		"emails.value":      {column: "mail_key", kind: folded, parted: true},
		"emails.type":       {column: "mail_type", kind: caseless},
		"emails.primary":    {column: "(mail IS NOT NULL)", kind: truth},
		"active":            {column: "(state <> 'disabled')", kind: truth},
		"meta.created":      {column: "created", kind: moment},
		"meta.lastmodified": {column: "modified", kind: moment},
		"groups":            {kind: ident, exists: "SELECT 1 FROM members m WHERE m.member_id = users.id AND m.group_id"},
		"groups.value":      {kind: ident, exists: "SELECT 1 FROM members m WHERE m.member_id = users.id AND m.group_id"},
		"samaccountname":    {column: "sam_account", kind: caseless},
		"state":             {column: "state", kind: exact},
	},
}

var groupsTable = table{
	name:    "groups",
	columns: groupColumns,
	search:  "lower(display_name)",
	sought:  "lower(?)",
	attributes: map[string]attribute{
		"id":                {column: "id", kind: ident},
		"externalid":        {column: "external_id", kind: exact},
		"displayname":       {column: "display_name", kind: caseless},
		"meta.created":      {column: "created", kind: moment},
		"meta.lastmodified": {column: "modified", kind: moment},
		"members":           {kind: ident, exists: "SELECT 1 FROM members m WHERE m.group_id = groups.id AND m.member_id"},
		"members.value":     {kind: ident, exists: "SELECT 1 FROM members m WHERE m.group_id = groups.id AND m.member_id"},
	},
}

// attribute finds where a path is kept. The extension's attributes are found with their URN only.
func (t table) attribute(path scim.Path) (attribute, bool) {
	key := strings.ToLower(path.Name)
	if path.Sub != "" {
		key += "." + strings.ToLower(path.Sub)
	}
	extension := key == "samaccountname" || key == "state"
	if extension != strings.EqualFold(path.URN, scim.PasslySchema) {
		return attribute{}, false
	}
	if path.URN != "" && !extension && !path.Is(key) {
		return attribute{}, false
	}
	a, ok := t.attributes[key]
	return a, ok
}

// compiler turns a filter into SQL with parameters; no text of the filter gets into the SQL.
type compiler struct {
	table   table
	dialect *Dialect
	args    []any
}

func (c *compiler) filter(f scim.Filter) (string, error) {
	switch f := f.(type) {
	case scim.And:
		return c.join(f, " AND ")
	case scim.Or:
		return c.join(f, " OR ")
	case scim.Not:
		inner, err := c.filter(f.Of)
		return "NOT coalesce(" + inner + ", FALSE)", err
	case scim.ValuePath:
		return c.filter(within(f.Path, f.Of))
	case scim.Compare:
		return c.compare(f)
	}
	return "", refused("this kind of filter is not supported")
}

// within prefixes the paths of a value filter, so that emails[value eq "x"] is read as emails.value eq "x". That is the
// same where only one value is kept for searching, as here.
func within(parent scim.Path, f scim.Filter) scim.Filter {
	switch f := f.(type) {
	case scim.And:
		return scim.And(eachWithin(parent, f))
	case scim.Or:
		return scim.Or(eachWithin(parent, f))
	case scim.Not:
		return scim.Not{Of: within(parent, f.Of)}
	case scim.Compare:
		if f.Path.URN == "" && f.Path.Sub == "" {
			f.Path = scim.Path{URN: parent.URN, Name: parent.Name, Sub: f.Path.Name}
		}
		return f
	}
	return f
}

func eachWithin(parent scim.Path, parts []scim.Filter) []scim.Filter {
	all := make([]scim.Filter, len(parts))
	for i, part := range parts {
		all[i] = within(parent, part)
	}
	return all
}

const maxComparisons = 1000

func (c *compiler) join(parts []scim.Filter, word string) (string, error) {
	if len(parts) > maxComparisons {
		return "", refused("the filter has too many parts")
	}
	compiled := make([]string, len(parts))
	for i, part := range parts {
		one, err := c.filter(part)
		if err != nil {
			return "", err
		}
		compiled[i] = one
	}
	return "(" + strings.Join(compiled, word) + ")", nil
}

func (c *compiler) compare(f scim.Compare) (string, error) {
	a, ok := c.table.attribute(f.Path)
	if !ok {
		return "", refused("lists cannot be filtered by " + f.Path.String())
	}
	if a.exists != "" {
		return c.membership(a, f)
	}
	if f.Op == scim.Present || f.Value == nil {
		return presence(a, f)
	}
	value, err := a.parameter(f)
	if err != nil {
		return "", err
	}
	if a.parted && f.Op == scim.Equal {
		c.args = append(c.args, value, value)
		return "(" + a.column + " = ? AND state <> 'disabled' OR " + a.column + " = ? AND state = 'disabled')", nil
	}
	column := a.column
	if a.kind == caseless {
		column = "lower(" + column + ")"
	}
	return c.operation(column, f, value)
}

func (c *compiler) operation(column string, f scim.Compare, value any) (string, error) {
	signs := map[scim.Operator]string{
		scim.Equal: "=", scim.NotEqual: "IS DISTINCT FROM", scim.Greater: ">", scim.GreaterOrEqual: ">=", scim.Less: "<", scim.LessOrEqual: "<=",
	}
	if sign, ok := signs[f.Op]; ok {
		c.args = append(c.args, value)
		return column + " " + sign + " ?", nil
	}
	text, ok := value.(string)
	if !ok {
		return "", refused(f.Path.String() + " cannot be compared with " + string(f.Op))
	}
	switch f.Op {
	case scim.Contains:
		c.args = append(c.args, text)
		return c.dialect.Contains(column, "?"), nil
	case scim.StartsWith:
		c.args = append(c.args, text, text)
		return "substr(" + column + ", 1, length(?)) = ?", nil
	}
	c.args = append(c.args, text, text, text)
	return "(length(" + column + ") >= length(?) AND substr(" + column + ", length(" + column + ") - length(?) + 1) = ?)", nil
}

func presence(a attribute, f scim.Compare) (string, error) {
	switch f.Op {
	case scim.Present, scim.NotEqual:
		return a.column + " IS NOT NULL", nil
	case scim.Equal:
		return a.column + " IS NULL", nil
	}
	return "", refused(f.Path.String() + " can only be compared with null by eq and ne")
}

func (c *compiler) membership(a attribute, f scim.Compare) (string, error) {
	if f.Op == scim.Present {
		return "EXISTS (" + a.exists + " > 0)", nil
	}
	value, err := a.parameter(f)
	if err != nil || f.Op != scim.Equal {
		return "", refused(f.Path.String() + " can only be compared with an id by eq")
	}
	c.args = append(c.args, value)
	return "EXISTS (" + a.exists + " = ?)", nil
}

// parameter gives the value as it is kept, and checks its kind.
func (a attribute) parameter(f scim.Compare) (any, error) {
	if b, ok := f.Value.(bool); ok && a.kind == truth {
		return b, nil
	}
	text, ok := f.Value.(string)
	if !ok || a.kind == truth {
		return nil, refused(f.Path.String() + " is compared with a value of the wrong kind")
	}
	switch a.kind {
	case folded, caseless:
		return tenant.Fold(text), nil
	case ident:
		id, err := tenant.ParseID(text)
		if err != nil {
			return int64(-1), nil // there is no such object, and that is no error
		}
		return int64(id), nil
	case moment:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, refused(f.Path.String() + " is compared with something that is no time")
		}
		return at.UnixMilli(), nil
	}
	return text, nil
}

func refused(detail string) error {
	return &scim.InputError{SCIMType: scim.InvalidFilter, Detail: detail}
}
