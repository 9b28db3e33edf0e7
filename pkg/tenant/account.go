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
	PasswordSet   time.Time // when the password was set last
	MustChange    bool      // another password has to be chosen at the next sign-in
}

// InvitationLife is how long the link of an enrolment e-mail works, ResetLife that of Forgot password.
const (
	InvitationLife = 24 * time.Hour
	ResetLife      = 30 * time.Minute
)

// LinkPurpose says what a link is good for. They never stand for each other.
type LinkPurpose string

// The purposes: to enrol, to begin to reset a password, and to end that, once all that is asked for was shown. The token of the
// last is in no e-mail, only in the browser that showed it.
const (
	ToEnrol    LinkPurpose = "enrolment"
	ToReset    LinkPurpose = "reset"
	ToResetNow LinkPurpose = "resetting"
)

// Ask is somebody's wish that a link be sent to an address, which may be nobody's.
type Ask struct {
	Purpose LinkPurpose
	Address string // folded
}

// Invitation is the link of an e-mail. Its token is in the e-mail only; the store keeps the hash.
type Invitation struct {
	Hash    []byte // SHA-256 of the token
	User    ID
	Purpose LinkPurpose
	Address string // that it was sent to, folded
	Created time.Time
	Expires time.Time
	Used    time.Time // zero: not yet
}

// Admits reports whether the invitation can be used now, by this user: who enrols is Provisioned, who has a password to reset
// is Active.
func (i Invitation) Admits(u User, now time.Time) bool {
	state := Active
	if i.Purpose == ToEnrol {
		state = Provisioned
	}
	return i.Used.IsZero() && now.Before(i.Expires) && u.ID == i.User && u.State == state && Fold(u.Mail) == i.Address
}

// PersonPurpose says what a person's session is good for.
type PersonPurpose string

// The purposes: the own pages; only to say that the password was right while the one-time code is lacking; and only to choose
// another password, where that has to be done first.
const (
	ForOwnPages    PersonPurpose = "own-pages"
	ForPersonCode  PersonPurpose = "second-step"
	ForNewPassword PersonPurpose = "new-password"
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

// The purposes: the link by which a Provisioned person becomes Active, the link by which an Active one resets the password,
// and notices that the password is another now, by whom it was changed.
const (
	EnrolmentMessage MessagePurpose = "enrolment"
	ResetMessage     MessagePurpose = "password-reset"
	ChangedNotice    MessagePurpose = "password-changed"   // by the person
	WasResetNotice   MessagePurpose = "password-was-reset" // by a link
	GivenNotice      MessagePurpose = "password-given"     // by an administrator
)

// For gives the state of users whom a message of this purpose is sent to; for others it waits.
func (p MessagePurpose) For() State {
	if p == EnrolmentMessage {
		return Provisioned
	}
	return Active
}

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
