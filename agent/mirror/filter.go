package mirror

import (
	"encoding/binary"

	"passlysync/pkg/directory"
)

// filter remembers which keys were met. It is a chain of Bloom filters, each larger than the one before, so that a small directory
// takes little memory: it may take a key for met that was not, which costs a question, never the other way round. Keys are
// spread evenly already (nameKey, guidKey), so that each gives its places by itself.
type filter struct{ parts []part }

type part struct {
	bits []uint64
	room int // keys until it is full
}

// firstPart and largestPart are in bits: 512 KiB, and 8 MiB, which is where a million people with a GUID and two names each come to;
// of them all about ten are taken for met that were not.
const (
	firstPart   = 1 << 22
	largestPart = 1 << 26
	growth      = 4
)

// placesOfKey is how many bits stand for a key; bitsOfKey is how many a part has for each when it is full.
const (
	placesOfKey = 12
	bitsOfKey   = 22
)

// places spreads a key: two independent halves, combined (Kirsch and Mitzenmacher).
func places(key int64, size uint64) (at [placesOfKey]uint64) {
	one, two := uint64(key)&0xffffffff, uint64(key)>>32|1
	for i := range at {
		at[i] = (one + uint64(i)*two) % size
	}
	return at
}

func (f *filter) add(key int64) {
	last := len(f.parts) - 1
	if last < 0 || f.parts[last].room == 0 {
		size := firstPart
		if last >= 0 {
			size = min(largestPart, growth*64*len(f.parts[last].bits))
		}
		f.parts = append(f.parts, part{make([]uint64, size/64), size / bitsOfKey})
		last++
	}
	p := &f.parts[last]
	p.room--
	for _, at := range places(key, uint64(64*len(p.bits))) {
		p.bits[at/64] |= 1 << (at % 64)
	}
}

// may reports whether a key may have been met.
func (f *filter) may(key int64) bool {
	for _, p := range f.parts {
		if p.may(key) {
			return true
		}
	}
	return false
}

func (p part) may(key int64) bool {
	for _, at := range places(key, uint64(64*len(p.bits))) {
		if p.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}

// guidKey spreads a GUID, of which a directory may give many that are nearly alike.
func guidKey(g directory.GUID) int64 {
	x := binary.LittleEndian.Uint64(g[:8]) ^ binary.LittleEndian.Uint64(g[8:])*0x9e3779b97f4a7c15
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // the finish of MurmurHash3
	return int64(x ^ x>>33)
}
