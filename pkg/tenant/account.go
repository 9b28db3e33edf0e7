package tenant

import (
	"time"

	"passlysync/pkg/problem"
)

// Account is what a person signs in with. It is made at enrolment.
type Account struct {
	User          ID
	PasswordHash  string    // argon2id in PHC form
	SecondFactor  string    // base32 secret of the one-time codes (RFC 6238); empty: none is asked
	CodeStep      int64     // the last time step whose code was used: none up to it counts again
	PendingFactor string    // secret that was shown at enrolment and is not confirmed yet
	Activated     time.Time // zero: enrolment is under way
}

// InvitationLife is how long the link of an enrolment e-mail works.
const InvitationLife = 24 * time.Hour

// Invitation is the link of an enrolment e-mail. Its token is in the e-mail only; the store keeps the hash.
type Invitation struct {
	Hash    []byte // SHA-256 of the token
	User    ID
	Address string // that it was sent to, folded
	Created time.Time
	Expires time.Time
	Used    time.Time // zero: not yet
}

// Admits reports whether the invitation can be used now, by this user.
func (i Invitation) Admits(u User, now time.Time) bool {
	return i.Used.IsZero() && now.Before(i.Expires) && u.ID == i.User && u.State == Provisioned && Fold(u.Mail) == i.Address
}

// PersonPurpose says what a person's session is good for.
type PersonPurpose string

// The purposes: the own pages, and only to say that the password was right while the one-time code is lacking.
const (
	ForOwnPages   PersonPurpose = "own-pages"
	ForPersonCode PersonPurpose = "second-step"
)

// PersonSession is a signed-in person.
type PersonSession struct {
	Hash    []byte // SHA-256 of the token
	User    User   // as it is now
	Purpose PersonPurpose
	Created time.Time
	Expires time.Time
}

// MessagePurpose says what a message is for.
type MessagePurpose string

// EnrolmentMessage is the e-mail by which a Provisioned person becomes Active.
const EnrolmentMessage MessagePurpose = "enrolment"

// MessageState is how far a message is.
type MessageState string

// The states. A refused message is not tried again by itself: the address is refused, or it was tried too often.
const (
	MessagePending MessageState = "pending"
	MessageSent    MessageState = "sent"
	MessageRefused MessageState = "refused"
)

// MessageStates lists them.
var MessageStates = []MessageState{MessagePending, MessageSent, MessageRefused}

// Message is an e-mail to a user; there is one for each user and purpose.
type Message struct {
	User     ID
	Purpose  MessagePurpose
	Round    int // from 1; grows when it is sent anew
	State    MessageState
	Attempts int // in this round, that reached the server
	Due      time.Time
	Claim    string           // who is sending it
	Claimed  time.Time        // until when
	Sent     time.Time        // zero: not yet
	Problem  *problem.Problem // what the last attempt met
}
