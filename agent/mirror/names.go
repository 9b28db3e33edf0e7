package mirror

// names remembers which names were claimed in the very first pass, when nearly every one is new: then the table need not be asked
// who else claims it. It is a Bloom filter: it may take a name for claimed that is not, which costs a question, never the other way
// round. The keys are digests already (nameKey), so that each gives its places by itself.
type names struct{ bits []uint64 }

// namesSize is in bits: 4 MiB, which a million people with two names each take one question in 1,500 too many from.
const namesSize = 1 << 25

// placesOfName is how many bits stand for a name.
const placesOfName = 4

func newNames() *names { return &names{make([]uint64, namesSize/64)} }

// places spreads a key: two independent halves, combined (Kirsch and Mitzenmacher).
func (n *names) places(key int64) (at [placesOfName]uint64) {
	one, two := uint64(key)&0xffffffff, uint64(key)>>32|1
	for i := range at {
		at[i] = (one + uint64(i)*two) % namesSize
	}
	return at
}

func (n *names) add(key int64) {
	for _, at := range n.places(key) {
		n.bits[at/64] |= 1 << (at % 64)
	}
}

// may reports whether a name may be claimed.
func (n *names) may(key int64) bool {
	for _, at := range n.places(key) {
		if n.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}
