package plan

// Claimant is one of several entries that want the same e-mail or logon name.
type Claimant struct {
	Holds bool  // the tenant has it active with these very values
	Added bool  // the tenant has it
	Order int64 // the order in which the directory first reported them
}

// Precedes reports whether c keeps the name rather than other: first who holds it already, then who is in the tenant at all,
// then whom the directory reported first. Neither ever overwrites the other.
func (c Claimant) Precedes(other Claimant) bool {
	switch {
	case c.Holds != other.Holds:
		return c.Holds
	case c.Added != other.Added:
		return c.Added
	}
	return c.Order < other.Order
}
