// Package postgrestest starts a real PostgreSQL server for tests: one for a test process, on a socket in a folder of its own
// and on no port, with a fresh database for each test. It ends with the process.
package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"passlysync/pkg/needs"
)

// startLimit is how long the server may take to answer.
const startLimit = 30 * time.Second

// Server is a running server.
type Server struct {
	programs string
	folder   string
	command  *exec.Cmd
	account  *account // nil: whoever runs the tests
	ended    chan struct{}
	mu       sync.Mutex
	made     int
}

var (
	one     = sync.OnceValues(start)
	running atomic.Pointer[Server]
)

// Start gives the process's server, or skips (fails under CI) where PostgreSQL is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, ok := programs(); !ok {
		needs.Missing(t, "PostgreSQL is not installed", "apt-get install -y --no-install-recommends postgresql")
	}
	s, err := one()
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	return s
}

// Fresh gives the address of a new, empty database.
func Fresh(t testing.TB) string {
	t.Helper()
	return Start(t).Database(t)
}

// Database makes an empty database and gives its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.made++
	name := "test" + strconv.Itoa(s.made)
	s.mu.Unlock()
	s.Exec(t, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'")
	return s.address(name)
}

// Exec runs a statement as the server's owner.
func (s *Server) Exec(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (s *Server) address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("passly"), Path: "/" + database, RawQuery: url.Values{"host": {s.folder}}.Encode()}).String()
}

// programs finds the newest version's folder, where Debian keeps what is not in PATH.
func programs() (string, bool) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), true
	}
	path, ok := needs.Find("postgres")
	return filepath.Dir(path), ok
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func start() (*Server, error) {
	dir, _ := programs()
	folder, err := os.MkdirTemp("", "passly-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{programs: dir, folder: folder, ended: make(chan struct{})}
	if err := s.asOther(); err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	if err := s.run("initdb", "-D", data, "-U", "passly", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"); err != nil {
		return nil, err
	}
	return s, s.serve(data)
}

// account is who runs the server.
type account struct{ user, group uint32 }

// asOther lets somebody else than root own the server, who may not.
func (s *Server) asOther() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(who.Uid, 10, 32)
		gid, _ := strconv.ParseUint(who.Gid, 10, 32)
		s.account = &account{uint32(uid), uint32(gid)}
		return errors.Join(os.Chown(s.folder, int(uid), int(gid)), os.Chmod(s.folder, 0o755))
	}
	return errors.New("there is neither an account postgres nor nobody to run the server as")
}

func (s *Server) program(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, name), args...)
	command.Dir, command.Env = s.folder, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	own(command, s.account, name == "postgres")
	return command
}

func (s *Server) run(name string, args ...string) error {
	if out, err := s.program(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// serve starts the server, and has it die with this process.
func (s *Server) serve(data string) error {
	var said bytes.Buffer
	s.command = s.program("postgres", "-D", data, "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "unix_socket_permissions=0777")
	s.command.Stdout, s.command.Stderr = &said, &said
	started := make(chan error, 1)
	go func() { // the thread that starts it has to live, or the server would die with it
		runtime.LockOSThread()
		err := s.command.Start()
		started <- err
		if err == nil {
			_ = s.command.Wait()
			close(s.ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	running.Store(s)
	db, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for end := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		err := db.Ping()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("it does not answer: %w\n%s", err, said.String())
		}
	}
}
