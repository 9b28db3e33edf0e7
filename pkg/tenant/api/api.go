// Package api says what the tenant's HTTP API looks like: the JSON of its answers, the operations with what they are asked
// with, and the OpenAPI document (OpenAPI Specification 3.1) that describes both.
//
// The API is the console without its pages: the same routes below Prefix, the same permissions, the same words. What always
// holds:
//
//   - An answer is one of the types here and is filled field by field: what is not named here (a hash, a secret, a token that
//     was not just made) cannot get out.
//   - Ids are strings. Times are RFC 3339. Lists end with Next, the address of what follows, where there is more.
//   - A problem is application/problem+json (RFC 9457): Problem.
//
// Types and their making out of what the tenant keeps; package console serves them.
package api

import (
	_ "embed"

	"passlysync/pkg/problem"
)

// Prefix is what the addresses of the API begin with; DocumentPath is where the OpenAPI document is, for everybody.
const (
	Prefix       = "/api/v1"
	DocumentPath = Prefix + "/openapi.json"
)

// Document is the OpenAPI document, made out of Operations; a test holds it to them and to the console's routes.
//
//go:embed openapi.json
var Document []byte

// Done says what a change has done. Location is where to look next, such as at what was added.
type Done struct {
	Done     string `json:"done"` // a stable code
	Text     string `json:"text,omitzero"`
	Location string `json:"location"`
}

// Problem says why something was not done (RFC 9457). Code is stable.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`           // what happened
	Detail string `json:"detail,omitzero"` // what it means
	Hint   string `json:"hint,omitzero"`   // what to do next
}

// Because makes the answer of a problem.
func Because(p *problem.Problem, status int) Problem {
	return Problem{Status: status, Code: string(p.Code), Title: p.Title, Detail: p.Text, Hint: p.Hint}
}

// Page is one page of a list. Total is how many there are of what was asked for, where that is counted.
type Page[T any] struct {
	Rows  []T    `json:"rows"`
	Total *int   `json:"total,omitzero"`
	Next  string `json:"next,omitzero"`
}

// NewPage makes a page; next is the console's own address of what follows.
func NewPage[Row, T any](rows []Row, next string, of func(Row) T) Page[T] {
	return Page[T]{Rows: Each(rows, of), Next: Address(next)}
}

// Counted gives the page with how many there are.
func (p Page[T]) Counted(total int) Page[T] {
	p.Total = &total
	return p
}

// Address makes an address of the console one of the API.
func Address(path string) string {
	if path == "" {
		return ""
	}
	return Prefix + path
}

// Each makes answers of rows; never null.
func Each[Row, T any](rows []Row, of func(Row) T) []T {
	all := make([]T, len(rows))
	for i, r := range rows {
		all[i] = of(r)
	}
	return all
}
