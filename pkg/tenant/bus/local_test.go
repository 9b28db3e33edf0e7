package bus_test

import (
	"testing"

	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/bus/bustest"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(*testing.T) (bus.Bus, bus.Bus) {
		b := bus.NewLocal()
		return b, b
	})
}

func TestMissedIsToldToAll(t *testing.T) {
	b, missed := bus.NewLocal(), 0
	for _, topic := range []bus.Topic{"news", "olds"} {
		b.Listen(topic, func(m bus.Message) {
			if m.Missed && m.Body == nil {
				missed++
			}
		})
	}
	if b.Missed(); missed != 2 {
		t.Errorf("%d listeners heard of it, want 2", missed)
	}
}
