package samba

import (
	"errors"
	"fmt"
	"net"
)

// claimPort is listened on for as long as an address is in use. It keeps other packages and processes off the address
// and is given back by the kernel whatever happens to this process.
const claimPort = "40636"

// claimAddress takes the address wanted, or the first free one.
func claimAddress(wanted string) (string, net.Listener, error) {
	if wanted != "" {
		claim, err := claim(wanted)
		return wanted, claim, err
	}
	for last := 10; last <= 250; last++ {
		address := fmt.Sprintf("127.0.0.%d", last)
		if claim, err := claim(address); err == nil {
			return address, claim, nil
		}
	}
	return "", nil, errors.New("no loopback address from 127.0.0.10 to 127.0.0.250 is free")
}

// claim takes one address if nobody uses Samba's ports on it.
func claim(address string) (net.Listener, error) {
	held, err := net.Listen("tcp", net.JoinHostPort(address, claimPort))
	if err != nil {
		return nil, fmt.Errorf("%s is in use: %w", address, err)
	}
	for _, port := range []string{"88", "389", "464", "636", "3268", "3269"} {
		probe, err := net.Listen("tcp", net.JoinHostPort(address, port))
		if err != nil {
			_ = held.Close()
			return nil, fmt.Errorf("port %s is in use: %w", port, err)
		}
		_ = probe.Close()
	}
	return held, nil
}
