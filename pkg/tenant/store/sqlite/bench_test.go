package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/sqlite"
	"passlysync/pkg/tenant/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) store.Store {
		b.Helper()
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "tenant.db"), time.Now)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	})
}
