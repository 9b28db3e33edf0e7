package scim

import (
	"fmt"
	"strings"
)

// Bounds of a filter: its text, and how deep parentheses and value paths may nest.
const (
	MaxFilter      = 64 << 10
	maxFilterDepth = 16
)

// Filter is a parsed filter expression (RFC 7644 §3.4.2.2): And, Or, Not, Compare or ValuePath.
type Filter interface{ filter() }

// And holds where all of its parts hold.
type And []Filter

// Or holds where one of its parts holds.
type Or []Filter

// Not holds where its part does not.
type Not struct{ Of Filter }

// Compare compares an attribute with a value; the value is nil for Present and for null.
type Compare struct {
	Path  Path
	Op    Operator
	Value any // string, float64, bool or nil
}

// ValuePath holds where one value of a multi-valued attribute fulfils the filter, which names sub-attributes.
type ValuePath struct {
	Path Path
	Of   Filter
}

func (And) filter()       {}
func (Or) filter()        {}
func (Not) filter()       {}
func (Compare) filter()   {}
func (ValuePath) filter() {}

// Operator compares.
type Operator string

// The operators of RFC 7644 table 3.
const (
	Equal          Operator = "eq"
	NotEqual       Operator = "ne"
	Contains       Operator = "co"
	StartsWith     Operator = "sw"
	EndsWith       Operator = "ew"
	Present        Operator = "pr"
	Greater        Operator = "gt"
	GreaterOrEqual Operator = "ge"
	Less           Operator = "lt"
	LessOrEqual    Operator = "le"
)

var operators = map[string]Operator{
	"eq": Equal, "ne": NotEqual, "co": Contains, "sw": StartsWith, "ew": EndsWith, "pr": Present,
	"gt": Greater, "ge": GreaterOrEqual, "lt": Less, "le": LessOrEqual,
}

// Path names an attribute: schema URN (may be empty), name and sub-attribute. Names are matched without case.
type Path struct {
	URN, Name, Sub string
}

// String gives the path in the form of RFC 7644 figure 1.
func (p Path) String() string {
	s := p.Name
	if p.URN != "" {
		s = p.URN + ":" + s
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// Is reports whether the path names this attribute of the core schema, in any case: "name.givenName".
func (p Path) Is(core string) bool {
	name, sub, _ := strings.Cut(core, ".")
	return (p.URN == "" || isCore(p.URN)) && strings.EqualFold(p.Name, name) && strings.EqualFold(p.Sub, sub)
}

// IsPassly reports whether the path names this attribute of Passly's extension.
func (p Path) IsPassly(name string) bool {
	return strings.EqualFold(p.URN, PasslySchema) && strings.EqualFold(p.Name, name) && p.Sub == ""
}

func isCore(urn string) bool {
	return strings.EqualFold(urn, UserSchema) || strings.EqualFold(urn, GroupSchema)
}

// InputError says what is wrong with a filter, path or value, with SCIM's name for the kind of error (RFC 7644 table 9).
type InputError struct{ SCIMType, Detail string }

// Error gives the detail.
func (e *InputError) Error() string { return e.Detail }

// The kinds of error that parsing makes.
const (
	InvalidFilter = "invalidFilter"
	InvalidPath   = "invalidPath"
	InvalidValue  = "invalidValue"
	InvalidSyntax = "invalidSyntax"
	Mutability    = "mutability"
	NoTarget      = "noTarget"
)

func inputError(kind, format string, args ...any) error {
	return &InputError{kind, fmt.Sprintf(format, args...)}
}

// ParseFilter reads a filter expression. Errors are InputErrors of type invalidFilter.
func ParseFilter(text string) (Filter, error) {
	p, err := newFilterParser(text)
	if err != nil {
		return nil, err
	}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.unexpected("the end, and, or or")
	}
	return f, nil
}
