//go:build linux

package vaulttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"passlysync/pkg/needs"
)

// busConfiguration is a session bus that starts nothing by itself, so that only what a test started answers.
const busConfiguration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`

// Session starts a private D-Bus session with an unlocked gnome-keyring on it, and gives the environment by which a child
// process finds it (append it to the child's environment). Both end with the test.
func Session(t testing.TB) []string {
	t.Helper()
	daemon := needs.Program(t, "gnome-keyring-daemon", "gnome-keyring")
	env := Bus(t)
	keyring := exec.Command(daemon, "--foreground", "--unlock", "--components=secrets")
	keyring.Env = append(os.Environ(), env...)
	keyring.Stdin = strings.NewReader("\n") // the keyring's password; empty input would not unlock
	launch(t, keyring)
	await(t, "the Secret Service", func() bool { return owned(env, "org.freedesktop.secrets") })
	return env
}

// Bus starts a private D-Bus session with nothing on it, and gives its environment, with a home of its own.
func Bus(t testing.TB) []string {
	t.Helper()
	program := needs.Program(t, "dbus-daemon", "dbus")
	folder, err := os.MkdirTemp("", "bus") // short: a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket, config := filepath.Join(folder, "bus"), filepath.Join(folder, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfiguration, socket), 0o600); err != nil {
		t.Fatal(err)
	}
	launch(t, exec.Command(program, "--nofork", "--nopidfile", "--config-file="+config))
	env := []string{
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket, "HOME=" + folder, "XDG_RUNTIME_DIR=" + folder,
		"XDG_DATA_HOME=" + filepath.Join(folder, "data"), "XDG_CONFIG_HOME=" + filepath.Join(folder, "config"),
		"XDG_CACHE_HOME=" + filepath.Join(folder, "cache"),
	}
	await(t, "the D-Bus session", func() bool { return owned(env, "org.freedesktop.DBus") })
	return env
}

// Use puts a session's environment into this process for the rest of the test.
func Use(t testing.TB, env []string) {
	t.Helper()
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// Lock locks the keyring that Session unlocked, as a screen lock does.
func Lock(t testing.TB, env []string) {
	t.Helper()
	conn, err := connect(env)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	service := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
	all := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
	if err := service.Call("org.freedesktop.Secret.Service.Lock", 0, all).Err; err != nil {
		t.Fatal(err)
	}
}

// launch starts a daemon that ends with the test, or with this process when that is killed.
func launch(t testing.TB, c *exec.Cmd) {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		gone := time.AfterFunc(3*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		gone.Stop()
	})
}

func connect(env []string) (*dbus.Conn, error) {
	_, address, _ := strings.Cut(env[0], "=")
	return dbus.Connect(address)
}

func owned(env []string, name string) bool {
	conn, err := connect(env)
	if err != nil {
		return false
	}
	defer conn.Close()
	var has bool
	err = conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&has)
	return err == nil && has
}

func await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ready() {
			return
		}
	}
	t.Fatalf("%s did not start within 10 seconds", what)
}
