// Package adtest is a small Active Directory in this process: an LDAP server on loopback for the demo, for benchmarks
// and for tests that need no installation.
//
// It answers what the ad package and common tools ask for: bind (user principal name, distinguished name,
// DOMAIN\name), StartTLS, root DSE, base, one-level and subtree search with paging, extended DNs and ranged members,
// DirSync with incremental values, uSNChanged with tombstones, and change notification. What Samba hides but Windows does can be switched on
// (Options), and faults can be injected (Faults).
//
// What always holds: every change has a larger uSN than the one before; a DirSync answer to a cookie costs what
// changed, not what is there; entries are encoded when they are sent, so that a million seeded people take some tens
// of megabytes. It keeps no password but its accounts' and writes nothing to disk. It is no security boundary.
package adtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"
	"sync"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/invented"
)

// Options say what the directory is and which of Windows' ways it has. The zero value is useful.
type Options struct {
	Domain   string // DNS name; default acme.test
	Address  string // where to listen; default 127.0.0.1:0
	Account  string // name of the account that may read; default svc-sync
	Password string // its password; default made for the occasion

	PageLimit  int // entries in a search answer without paging, as Windows' MaxPageSize; 0 is no limit
	RangeLimit int // members in one answer, 1,500 on Windows; 0 is no limit
	SplitAt    int // entries in a DirSync answer, which then says that there is more; 0 never splits
	// LinksFirst sends a group's members in a full pass as an entry of their own, before the group's.
	LinksFirst bool

	ShowsAuthority bool // the CA's certificate is sent with the server's own

	HidesDeleted     bool // the account cannot see tombstones
	LacksReplication bool // the account lacks Replicating Directory Changes
	LacksReset       bool // the account lacks Reset Password, on everybody
	RefusesDirSync   int  // DirSync ends with this result code, whatever the rights: 53 by a policy, 12 where nobody knows it; 0: it works
}

// Server is a running directory.
type Server struct {
	options  Options
	base     string
	netbios  string
	listener net.Listener
	tls      *tls.Config
	ca       []byte
	cipher   cipher.Block // makes objectGUIDs of object numbers

	mu         sync.RWMutex
	objects    []object
	log        []change
	usn        int64
	seeded     int64 // uSN of the last object that was made without the log
	people     *invented.People
	invocation directory.GUID
	watchers   map[*watcher]bool
	clients    map[*client]bool
	seconds    []*Controller
	faults     Faults
	accounts   map[string]*account
	closed     bool
	done       sync.WaitGroup
}

// New starts a directory that holds the domain, CN=Users, CN=Deleted Objects and the account.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{
		options: o, base: "DC=" + strings.ReplaceAll(o.Domain, ".", ",DC="),
		netbios:  strings.ToUpper(strings.SplitN(o.Domain, ".", 2)[0]),
		watchers: map[*watcher]bool{}, clients: map[*client]bool{}, accounts: map[string]*account{},
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	s.plant()
	s.done.Add(1)
	go s.accept(nil)
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Domain == "" {
		o.Domain = "acme.test"
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Account == "" {
		o.Account = "svc-sync"
	}
	if o.Password == "" {
		o.Password = madePassword()
	}
	return o
}

// prepare makes certificate, key and listener.
func (s *Server) prepare() (err error) {
	key := randomGUID()
	if s.cipher, err = aes.NewCipher(key[:]); err != nil {
		return err
	}
	s.invocation = randomGUID()
	if s.tls, s.ca, err = certificate(s.host(), s.options.ShowsAuthority); err != nil {
		return err
	}
	s.listener, err = net.Listen("tcp", s.options.Address)
	return err
}

// URL is the LDAPS address, PlainURL the one for StartTLS; they share a port.
func (s *Server) URL() string { return "ldaps://" + s.listener.Addr().String() }

// PlainURL is the address for StartTLS.
func (s *Server) PlainURL() string { return "ldap://" + s.listener.Addr().String() }

// CA is the PEM certificate that the server's own is signed with.
func (s *Server) CA() []byte { return s.ca }

// Account is the user principal name of the account that may read; Password is its password.
func (s *Server) Account() string { return s.options.Account + "@" + s.options.Domain }

// Password is the password of Account.
func (s *Server) Password() string { return s.options.Password }

// BaseDN is the domain's distinguished name.
func (s *Server) BaseDN() string { return s.base }

// Root is the objectGUID of the domain.
func (s *Server) Root() directory.GUID { return s.guid(rootObject) }

func (s *Server) host() string { return "dc1." + s.options.Domain }

// Close ends all connections and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.seconds {
		_ = c.listener.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.CutConnections()
	s.done.Wait()
	return err
}

// guid gives the objectGUID of an object: its number under a cipher, so that no index is needed to find it back.
func (s *Server) guid(number int32) (id directory.GUID) {
	binary.LittleEndian.PutUint32(id[:], uint32(number))
	s.cipher.Encrypt(id[:], id[:])
	return id
}

// number gives the object with this objectGUID, or none.
func (s *Server) number(id directory.GUID) int32 {
	s.cipher.Decrypt(id[:], id[:])
	n := binary.LittleEndian.Uint64(id[:8])
	if n >= uint64(len(s.objects)) || binary.LittleEndian.Uint64(id[8:]) != 0 {
		return none
	}
	return int32(n)
}
