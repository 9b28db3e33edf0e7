package samba

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/needs"
)

// Signals that freeze a process and let it go on, by number: Samba runs on Linux, while this file builds everywhere.
const (
	sigStop = syscall.Signal(19)
	sigCont = syscall.Signal(18)
)

// patience bounds starting and stopping.
const patience = 30 * time.Second

// process is a running samba.
type process struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	logFile string
	ended   chan struct{}
}

// startProcess runs samba in the foreground. In one process (-M single) a change is notified within milliseconds; with
// several it takes seconds. Its standard input is a pipe: samba ends when the other end closes, so it never outlives
// this process.
func startProcess(dir string) (*process, error) {
	program, _ := needs.Find("samba")
	logFile := filepath.Join(dir, "log", "output")
	out, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(program, "-i", "-M", "single", "-d1", "-s", configFile(dir))
	cmd.Env = append(os.Environ(), systemPath, "KRB5_CONFIG="+kerberosFile(dir))
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting samba: %w", err)
	}
	p := &process{cmd: cmd, stdin: stdin, logFile: logFile, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// systemPath puts Debian's own Python first, the only one with Samba's modules.
const systemPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"

// stop asks samba to end and waits; what does not listen is killed.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(sigCont) // it may be paused
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	defer func() { _ = p.stdin.Close() }()
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return errors.New("samba did not end by itself and was killed")
	}
}

// output gives the end of what samba printed.
func (p *process) output() string {
	b, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-4000):]))
}

func (dc *DC) signal(s os.Signal) error {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	if dc.process == nil {
		return errors.New("samba does not run")
	}
	return dc.process.cmd.Process.Signal(s)
}

// awaitReady polls until LDAP answers, under TLS where there is any, then learns the domain's objectGUID. The caller holds dc.mu.
func (dc *DC) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := dc.probe(ctx)
		if err == nil {
			return errors.Join(dc.learnRoot(), dc.nameByAddress())
		}
		select {
		case <-tick.C:
		case <-dc.process.ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

// probe asks the root DSE.
func (dc *DC) probe(ctx context.Context) error {
	transport, err := dc.dialReady(ctx)
	if err != nil {
		return err
	}
	conn := ldap.NewConn(transport, true)
	conn.Start()
	defer func() { _ = conn.Close() }()
	conn.SetTimeout(5 * time.Second)
	_, err = conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", []string{"defaultNamingContext"}, nil))
	return err
}

// dialReady connects to the ports that will be used.
func (dc *DC) dialReady(ctx context.Context) (net.Conn, error) {
	plain := new(net.Dialer)
	if dc.options.NoTLS {
		if centre, err := plain.DialContext(ctx, "tcp", net.JoinHostPort(dc.address, "88")); err != nil {
			return nil, err
		} else if err := centre.Close(); err != nil {
			return nil, err
		}
		return plain.DialContext(ctx, "tcp", net.JoinHostPort(dc.address, "389"))
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(dc.ca)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: dc.address, MinVersion: tls.VersionTLS12}}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(dc.address, "636"))
}
