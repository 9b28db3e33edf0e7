package writeback_test

import (
	"log/slog"

	"passlysync/pkg/tenant/store"
)

type storeTx = store.Tx

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
