package storetest

import (
	"fmt"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// How many users a bulk request adds at once, and how many there are when lists are measured.
const (
	bulkSize = 500
	crowd    = 100_000
)

// Bench measures a store: what an agent's first sync writes, and what the console's lists read.
func Bench(b *testing.B, open func(b *testing.B) store.Store) {
	b.Run("add", func(b *testing.B) { benchAdd(b, open(b)) })
	b.Run("heartbeat-sized write", func(b *testing.B) { benchWrite(b, open(b)) })
	b.Run("lists", func(b *testing.B) { benchLists(b, open(b)) })
}

// invented are users with names that a directory would have.
func invented(from, n int) []tenant.User {
	users := make([]tenant.User, n)
	for i := range users {
		name := fmt.Sprintf("person%07d", from+i)
		users[i] = tenant.User{
			Agent: 7, Organization: 1, ExternalID: fmt.Sprintf("%08x-0000-4000-8000-%012x", from+i, from+i), UserName: name + "@example.test",
			GivenName: "Given" + name, FamilyName: "Family" + name, DisplayName: "Given" + name + " Family" + name,
			Mail: name + "@example.test", MailType: "work", SAMAccountName: name, State: tenant.Created,
		}
	}
	return users
}

func addInvented(b *testing.B, s store.Store, from, n int) {
	b.Helper()
	for ; n > 0; from, n = from+bulkSize, n-bulkSize {
		if err := s.Write(b.Context(), func(tx store.Tx) error {
			_, err := tx.AddUsers(b.Context(), invented(from, min(n, bulkSize)))
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchAdd(b *testing.B, s store.Store) {
	begin, total := time.Now(), 0
	for b.Loop() {
		addInvented(b, s, total, bulkSize)
		total += bulkSize
	}
	b.ReportMetric(float64(total)/time.Since(begin).Seconds(), "users/s")
}

func benchWrite(b *testing.B, s store.Store) {
	for i := 0; b.Loop(); i++ {
		if err := s.Write(b.Context(), func(tx store.Tx) error {
			return tx.AskForInvitation(b.Context(), tenant.Ask{Purpose: tenant.ToReset, Address: fmt.Sprintf("u%d@example.test", i%50)}, time.UnixMilli(int64(i)))
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchLists(b *testing.B, s store.Store) {
	addInvented(b, s, 0, crowd)
	for name, q := range map[string]store.Query{
		"newest":      {NewestFirst: true, Limit: 51},
		"state":       {State: tenant.Created, NewestFirst: true, Limit: 51},
		"search-rare": {Search: "person0000042", NewestFirst: true, Limit: 51},
		"search-none": {Search: "nobody at all", NewestFirst: true, Limit: 51},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Users(b.Context(), tenant.Scope{}, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			if n, err := s.CountUsers(b.Context(), tenant.Scope{}, store.Query{}); err != nil || n < crowd {
				b.Fatal(n, err)
			}
		}
	})
}
