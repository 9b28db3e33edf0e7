package tenant

import "time"

// DeviceDecision is what an administrator said to a device sign-in.
type DeviceDecision string

// The decisions.
const (
	DevicePending  DeviceDecision = "pending"
	DeviceApproved DeviceDecision = "approved"
	DeviceDenied   DeviceDecision = "denied"
)

// DeviceSignIn is a sign-in that a machine began and that an administrator decides in a browser (RFC 8628). The machine
// knows the device code, the person the user code; the store keeps the hashes.
type DeviceSignIn struct {
	Hash          []byte // SHA-256 of the device code
	UserHash      []byte // of the user code
	Host          string // the machine's name as it tells itself: not proven
	Address       string // the network address that asks
	Created       time.Time
	Expires       time.Time
	Decision      DeviceDecision
	Administrator ID // who decided; zero: nobody yet
}
