package sqlstore

import "testing"

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                        "SELECT 1",
		"a = ? AND b = ?":                 "a = $1 AND b = $2",
		"a = ?2 OR ?2 = 0":                "a = $2 OR $2 = 0",
		"VALUES (?1, ?2, ?), (?1, ?2, ?)": "VALUES ($1, $2, $3), ($1, $2, $4)",
		"a = 'what?' AND b = ?12":         "a = 'what?' AND b = $12",
		"a = 'it''s ?' AND b = ?":         "a = 'it''s ?' AND b = $1",
	} {
		if got := Numbered(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}
