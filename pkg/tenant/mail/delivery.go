package mail

import (
	"context"

	"passlysync/pkg/problem"
)

// Delivery hands messages over.
type Delivery interface {
	// Deliver hands one over. Errors are problems of the codes below.
	Deliver(ctx context.Context, m Message) error
	// Rest ends what is kept open between messages; the next Deliver opens it again.
	Rest()
}

// Codes of what may go wrong.
const (
	AddressRefused problem.Code = "address-refused"      // this message will never be taken
	TryLater       problem.Code = "mail-try-later"       // this message was not taken now
	ServerUnusable problem.Code = "mail-server-unusable" // no message can be handed over, whoever it is to
)
