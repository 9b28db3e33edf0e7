package sqlstore

import (
	"strconv"
	"strings"
)

// Numbered turns the parameters of a query into PostgreSQL's: ?3 becomes $3, and ? the one after the greatest before it. A
// question mark in quotes stays.
func Numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	greatest, quoted := 0, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '?' || quoted {
			b.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(query) && query[end] >= '0' && query[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(query[i+1 : end])
		if err != nil {
			n = greatest + 1
		}
		greatest = max(greatest, n)
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		i = end - 1
	}
	return b.String()
}
