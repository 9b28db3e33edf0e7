package adtest

import (
	"time"

	"passlysync/pkg/directory"
)

// Faults are what goes wrong until it is set otherwise. The zero value is a healthy server.
type Faults struct {
	Delay  time.Duration // before every answer
	Hang   bool          // requests are read and never answered
	Refuse bool          // new connections are closed at once

	BindData   string // binds fail with this AD error code, such as 52e
	SearchCode int    // searches end with this result code: 51 busy, 4 size limit, 8 strong auth required
	PassCode   int    // the same for DirSync only

	CutAfter       int  // the connection breaks after that many entries of an answer; 0 never
	NoFinalControl bool // the final response of DirSync, or of a page, has no control
	GarbageControl bool // it has one that cannot be decoded
	EmptyCookie    bool // it has one without a cookie
	NoGUID         bool // entries come without objectGUID
	ShortGUID      bool // with one of 15 bytes
	RefuseCursor   bool // DirSync with a cookie is refused
	Referral       bool // a reference to another naming context stands among the entries of DirSync
	Flood          bool // an answer of one entry repeats it without end
	// BeforeRange happens before each answer to a question for a part of a group's members.
	BeforeRange func()
	// Lags has each controller say that it lacks nearly all that the others know.
	Lags bool
	// CommittedUSN is what the root DSE says instead of the truth, as of a database that was put back to an older copy; 0: the truth.
	CommittedUSN int64
	// PassedOver is an object that a search for everything does not come across, as when it moves in the index meanwhile.
	PassedOver directory.GUID
	// Unreadable is an attribute that plain searches do not show, while replication does, as in a hardened domain.
	Unreadable string
}

// SetFaults replaces the faults.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

func (s *Server) faulty() Faults {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.faults
}

// ChangeInvocation gives the database another invocationId, as a restore from backup does.
func (s *Server) ChangeInvocation() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invocation = randomGUID()
}

// CutConnections breaks every connection there is.
func (s *Server) CutConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		_ = c.transport.Close()
	}
}

// SetHidesDeleted takes or gives the account its view of tombstones.
func (s *Server) SetHidesDeleted(hides bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.HidesDeleted = hides
}

func (s *Server) hidesDeleted() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.options.HidesDeleted
}

// SetLacksReplication takes or gives the account the right to replicate.
func (s *Server) SetLacksReplication(lacks bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.LacksReplication = lacks
}

// SetRefusesDirSync has DirSync refused with a result code, whatever the rights; 0: it is not.
func (s *Server) SetRefusesDirSync(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.RefusesDirSync = code
}

func (s *Server) refusesDirSync() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.options.RefusesDirSync
}

// SetLacksReset takes or gives the account the right to set passwords.
func (s *Server) SetLacksReset(lacks bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.LacksReset = lacks
}

func (s *Server) lacksReplication() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.options.LacksReplication
}
