// Package samba starts a real Active Directory domain controller, Samba's, for tests, benchmarks and cmd/lab.
//
// What always holds: everything a controller has lies in one folder and speaks on one loopback address; it ends with
// Stop, and by itself when this process dies; nothing leaves the machine. Its state comes from a copy made once for
// each kind of domain and kept in the user's cache folder, so that later starts take less than a second; packages that
// run at the same time do not disturb each other. Passwords here are fixed and known: it is a laboratory.
//
// It needs root, since LDAP's ports are below 1024, and programs that Missing names.
package samba

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// The accounts of every laboratory.
const (
	adminName     = "Administrator"
	adminPassword = "Lab-Admin-2026!"
	syncName      = "svc-sync"
	syncPassword  = "Lab-Sync-2026!"
)

// Options say what controller to start. The zero value is an empty domain example.test.
type Options struct {
	Domain  string // DNS name; default example.test
	Address string // loopback address to listen on; default a free one from 127.0.0.10 on
	Dir     string // folder for its state, left in place by Stop; default a temporary one, removed by Stop
	Plan    Plan   // who is in it

	LacksReplication bool // svc-sync is not granted Replicating Directory Changes
	HidesDeleted     bool // svc-sync is not granted List and Read on CN=Deleted Objects
	RefusesDirSync   int  // URL leads to what refuses DirSync with this result code, such as 53; 0: nothing does
	Kerberos         bool // it has a key distribution centre as well
	NoTLS            bool // it has Kerberos, no certificate, and refuses binds that are not signed; use PlainURL
	Fresh            bool // do not use the cache
}

// DC is a domain controller.
type DC struct {
	options   Options
	address   string
	claim     net.Listener // holds the address against other packages
	dir       string
	temporary bool
	ca        []byte
	root      directory.GUID
	front     *front // nil: there is none

	mu      sync.Mutex // guards what follows
	process *process
	system  *ldap.Conn
}

// Start brings a controller up and returns when it answers.
func Start(ctx context.Context, o Options) (*DC, error) {
	if what, command := Missing(); what != "" {
		return nil, fmt.Errorf("%s; get it with: %s", what, command)
	}
	if err := privileged(); err != nil {
		return nil, err
	}
	if o.Domain == "" {
		o.Domain = "example.test"
	}
	dc := &DC{options: o}
	if err := dc.up(ctx); err != nil {
		_ = dc.Stop()
		return nil, err
	}
	return dc, nil
}

func (dc *DC) up(ctx context.Context) (err error) {
	if dc.address, dc.claim, err = claimAddress(dc.options.Address); err != nil {
		return err
	}
	if err := dc.makeDir(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dc.dir, "private", "sam.ldb")); err != nil {
		if err := dc.populate(ctx); err != nil {
			return err
		}
	}
	if dc.ca, err = writeCertificates(filepath.Join(dc.dir, "tls"), dc.host(), dc.address); err != nil {
		return err
	}
	if err := writeConfig(dc.dir, dc.address, dc.options); err != nil {
		return err
	}
	if dc.options.RefusesDirSync != 0 {
		if dc.front, err = newFront(dc, dc.options.RefusesDirSync); err != nil {
			return err
		}
	}
	return dc.Restart(ctx)
}

// makeDir makes the folder. It has a short path: Samba's socket in it may have 108 characters.
func (dc *DC) makeDir() (err error) {
	dc.dir = dc.options.Dir
	if dc.dir == "" {
		dc.temporary = true
		dc.dir, err = os.MkdirTemp("", "lab-dc-")
		return err
	}
	if dc.dir, err = filepath.Abs(dc.dir); err != nil {
		return err
	}
	return os.MkdirAll(dc.dir, 0o700)
}

// Restart starts the process again after StopProcess, or for the first time.
func (dc *DC) Restart(ctx context.Context) error {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	if dc.process != nil {
		return nil
	}
	p, err := startProcess(dc.dir)
	if err != nil {
		return err
	}
	dc.process = p
	if err := dc.awaitReady(ctx); err != nil {
		return fmt.Errorf("waiting for Samba to answer: %w\n%s", err, p.output())
	}
	return nil
}

// StopProcess ends the process and keeps everything else: the directory is unreachable until Restart.
func (dc *DC) StopProcess() error {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	if dc.system != nil {
		_ = dc.system.Close()
		dc.system = nil
	}
	if dc.process == nil {
		return nil
	}
	err := dc.process.stop()
	dc.process = nil
	return err
}

// Stop ends the controller and removes its folder when it is a temporary one.
func (dc *DC) Stop() error {
	err := dc.StopProcess()
	if dc.front != nil {
		_ = dc.front.listener.Close()
	}
	if dc.claim != nil {
		_ = dc.claim.Close()
	}
	if dc.temporary && dc.dir != "" {
		if gone := os.RemoveAll(dc.dir); err == nil {
			err = gone
		}
	}
	return err
}

// Pause freezes the process: connections stay open and nothing answers, as when a network path is lost.
func (dc *DC) Pause() error { return dc.signal(sigStop) }

// Resume ends a Pause.
func (dc *DC) Resume() error { return dc.signal(sigCont) }

// Ended is closed when the process ends for whatever reason.
func (dc *DC) Ended() <-chan struct{} {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	if dc.process == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return dc.process.ended
}
