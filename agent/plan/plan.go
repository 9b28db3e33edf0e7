// Package plan decides. Given what the directory says of one entry and what the tenant holds of it, it says what is to be
// done and why; given a set of removals, it says whether they may pass.
//
// Nothing here does I/O, keeps state or asks for the time, so the real run, the preview and the explanation share every
// decision. What an entry's neighbours contribute (its place in the tree, another entry with its name) comes in as a
// fact.
package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// Todo is what must be sent to the tenant for one entry. The words are stored in the mirror.
type Todo string

// What there is to do. Removing is for groups; users are only ever disabled.
const (
	Nothing Todo = ""
	Add     Todo = "add"
	Update  Todo = "update"
	Disable Todo = "disable"
	Remove  Todo = "remove"
)

// Flag is why an entry is not, or not fully, where one would expect it. The words are stored in the mirror.
type Flag string

// The flags. Unplaced, Incomplete and Conflicting hold back the additions after them while they are not added (see
// Blocks); the other reasons concern only the entry itself.
const (
	Clear       Flag = ""
	Unplaced    Flag = "unplaced"   // its units are not read yet
	Incomplete  Flag = "incomplete" // required attributes are missing
	Conflicting Flag = "conflict"   // another entry has its e-mail or logon name
	Refused     Flag = "refused"    // the tenant did not take it
)

// Place says where an entry stands as to scope.
type Place int8

// The places. The zero value is Unknown: the chain of parents is not read yet.
const (
	Unknown Place = iota
	Inside
	Outside
)

// Hash stands for the values that the tenant should hold. Zero means that nothing is known.
type Hash int64

// Standing is what the tenant holds of an entry.
type Standing struct {
	Added  bool // the tenant has it
	Values Hash // what was acknowledged last; zero when not known
	Active bool
}

// Verdict is a decision on one entry.
type Verdict struct {
	Todo    Todo
	Flag    Flag
	Missing []string  // everyday names, with Incomplete
	Values  Hash      // what the tenant should hold
	Active  bool      // what the tenant should hold
	Claims  bool      // it wants to own its e-mail and logon name
	Due     time.Time // when time alone will change the verdict; zero: never
}

// Blocks reports whether the entry holds back the additions after it under the documented halt.
func (f Flag) Blocks() bool { return f == Unplaced || f == Incomplete || f == Conflicting }

// settle compares what is wanted with what stands, and fills Todo.
func (v Verdict) settle(s Standing) Verdict {
	switch {
	case s.Active && !v.Active:
		v.Todo = Disable
	case v.Values != s.Values || v.Active != s.Active:
		v.Todo = Update
	}
	return v
}

// mapping is part of every hash: raise it when the projection changes, and everything is sent anew.
const mapping = "1"

// HashOf digests values in their order; two different lists never share a text. It is never zero.
func HashOf(values ...string) Hash {
	var b strings.Builder
	b.WriteString(mapping)
	for _, v := range values {
		b.WriteByte(0)
		b.WriteString(v)
	}
	sum := sha256.Sum256([]byte(b.String()))
	h := Hash(binary.LittleEndian.Uint64(sum[:8]))
	if h == 0 {
		return 1
	}
	return h
}
