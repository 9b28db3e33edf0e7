package scim

import "strings"

// evaluate decides a filter on values in memory: attribute gives a string, bool or nil. Strings are compared without case.
func evaluate(f Filter, attribute func(Path) any) bool {
	switch f := f.(type) {
	case And:
		for _, part := range f {
			if !evaluate(part, attribute) {
				return false
			}
		}
		return true
	case Or:
		for _, part := range f {
			if evaluate(part, attribute) {
				return true
			}
		}
		return false
	case Not:
		return !evaluate(f.Of, attribute)
	case Compare:
		return compare(attribute(f.Path), f.Op, f.Value)
	}
	return false
}

func compare(have any, op Operator, want any) bool {
	if op == Present {
		return have != nil && have != ""
	}
	a, aText := have.(string)
	b, bText := want.(string)
	if !aText || !bText {
		return op == Equal && have == want || op == NotEqual && have != want
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	switch op {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Contains:
		return strings.Contains(a, b)
	case StartsWith:
		return strings.HasPrefix(a, b)
	case EndsWith:
		return strings.HasSuffix(a, b)
	case Greater:
		return a > b
	case GreaterOrEqual:
		return a >= b
	case Less:
		return a < b
	case LessOrEqual:
		return a <= b
	}
	return false
}
