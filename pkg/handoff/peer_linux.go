package handoff

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// peerOf gives the user id of the process at the other end: SO_PEERCRED, unix(7).
func peerOf(conn net.Conn) (uint32, error) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, fmt.Errorf("checking the local channel: %T is no unix socket", conn)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("checking the local channel: %w", err)
	}
	var credentials *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) {
		credentials, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err == nil {
		err = asked
	}
	if err != nil {
		return 0, fmt.Errorf("asking who is at the other end of the local channel: %w", err)
	}
	return credentials.Uid, nil
}
