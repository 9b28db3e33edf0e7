package scim

import (
	"strings"

	"github.com/go-json-experiment/json"
)

// filterParser is a recursive descent over tokens. Precedence as in RFC 7644 §3.4.2.2: not, and, or.
type filterParser struct {
	tokens []string
	at     int
}

func newFilterParser(text string) (*filterParser, error) {
	if len(text) > MaxFilter {
		return nil, inputError(InvalidFilter, "the filter is longer than %d bytes", MaxFilter)
	}
	tokens, err := filterTokens(text)
	if err != nil {
		return nil, err
	}
	return &filterParser{tokens: tokens}, nil
}

// filterTokens splits at spaces, brackets and parentheses; a quoted string is one token with its quotes.
func filterTokens(text string) ([]string, error) {
	var tokens []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ':
			i++
		case strings.IndexByte("()[]", c) >= 0:
			tokens = append(tokens, text[i:i+1])
			i++
		default:
			end := i + wordEnd(text[i:])
			if end == i {
				return nil, inputError(InvalidFilter, "the string that begins at byte %d does not end", i+1)
			}
			tokens = append(tokens, text[i:end])
			i = end
		}
	}
	return tokens, nil
}

// wordEnd gives the length of the word or string that text begins with, 0 for a string that does not end.
func wordEnd(text string) int {
	if text[0] != '"' {
		if end := strings.IndexAny(text, " ()[]\""); end > 0 {
			return end
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func (p *filterParser) done() bool { return p.at == len(p.tokens) }

func (p *filterParser) peek() string {
	if p.done() {
		return ""
	}
	return p.tokens[p.at]
}

func (p *filterParser) take(word string) bool {
	if p.done() || !strings.EqualFold(p.tokens[p.at], word) {
		return false
	}
	p.at++
	return true
}

func (p *filterParser) unexpected(wanted string) error {
	if p.done() {
		return inputError(InvalidFilter, "the filter ends where %s should stand", wanted)
	}
	return inputError(InvalidFilter, "%.60s stands where %s should stand", p.peek(), wanted)
}

func (p *filterParser) or(depth int) (Filter, error) {
	return p.chain(depth, "or", p.and, func(parts []Filter) Filter { return Or(parts) })
}

func (p *filterParser) and(depth int) (Filter, error) {
	return p.chain(depth, "and", p.term, func(parts []Filter) Filter { return And(parts) })
}

// chain reads parts joined by word, without recursion, so that a thousand of them cost no stack.
func (p *filterParser) chain(depth int, word string, part func(int) (Filter, error), join func([]Filter) Filter) (Filter, error) {
	first, err := part(depth)
	if err != nil {
		return nil, err
	}
	parts := []Filter{first}
	for p.take(word) {
		next, err := part(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, next)
	}
	if len(parts) == 1 {
		return first, nil
	}
	return join(parts), nil
}

func (p *filterParser) term(depth int) (Filter, error) {
	if depth >= maxFilterDepth {
		return nil, inputError(InvalidFilter, "the filter nests deeper than %d levels", maxFilterDepth)
	}
	if p.take("(") {
		return p.enclosed(depth, ")")
	}
	if strings.EqualFold(p.peek(), "not") && p.at+1 < len(p.tokens) && p.tokens[p.at+1] == "(" {
		p.at += 2
		f, err := p.enclosed(depth, ")")
		return Not{f}, err
	}
	return p.expression(depth)
}

func (p *filterParser) enclosed(depth int, end string) (Filter, error) {
	f, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.take(end) {
		return nil, p.unexpected(end)
	}
	return f, nil
}

func (p *filterParser) expression(depth int) (Filter, error) {
	path, err := parseAttribute(p.peek())
	if err != nil {
		return nil, p.unexpected("an attribute")
	}
	p.at++
	if p.take("[") {
		of, err := p.enclosed(depth, "]")
		return ValuePath{path, of}, err
	}
	op, ok := operators[strings.ToLower(p.peek())]
	if !ok {
		return nil, p.unexpected("an operator such as eq")
	}
	p.at++
	if op == Present {
		return Compare{Path: path, Op: op}, nil
	}
	value, err := p.value()
	return Compare{path, op, value}, err
}

// value reads a JSON string, number, true, false or null (RFC 7644 §3.4.2.2, compValue).
func (p *filterParser) value() (any, error) {
	word := p.peek()
	switch strings.ToLower(word) {
	case "true", "false", "null":
		word = strings.ToLower(word)
	}
	var v any
	if word == "" || strings.IndexByte("{[", word[0]) >= 0 || json.Unmarshal([]byte(word), &v) != nil {
		return nil, p.unexpected("a value in quotes, a number, true, false or null")
	}
	p.at++
	return v, nil
}

// parseAttribute reads [URN:]name[.sub].
func parseAttribute(text string) (Path, error) {
	var path Path
	rest := text
	if len(text) > 4 && strings.EqualFold(text[:4], "urn:") {
		at := strings.LastIndexByte(text, ':')
		path.URN, rest = text[:at], text[at+1:]
	}
	path.Name, path.Sub, _ = strings.Cut(rest, ".")
	if !attributeName(path.Name) || strings.Contains(rest, ".") && !attributeName(path.Sub) {
		return Path{}, inputError(InvalidPath, "%.60s is no attribute", text)
	}
	return path, nil
}

// attributeName is RFC 7643 §2.1's ATTRNAME, and $ref.
func attributeName(s string) bool {
	if s == "$ref" {
		return true
	}
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(s[i] >= '0' && s[i] <= '9' || s[i] == '-' || s[i] == '_')) {
			return false
		}
	}
	return s != ""
}
