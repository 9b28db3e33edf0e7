package service

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"
)

// privileges are all that the agent's process keeps, whatever its account has: to pass through folders on the way to its own.
// The system's own account would bring about thirty, such as to debug every process and to read every file. What the agent
// does at the directory, the directory decides by the account, not by these.
var privileges = []string{"SeChangeNotifyPrivilege"}

// requiredPrivileges is SERVICE_REQUIRED_PRIVILEGES_INFOW: names that each end with a zero, and a zero.
type requiredPrivileges struct{ names *uint16 }

// sidInfo is SERVICE_SID_INFO. The unrestricted kind gives the process a SID of its own, by which administrators can grant or
// refuse it things. The restricted kind would let it write only where that SID is named: Credential Manager keeps an account's
// credentials in its profile, where it is not.
type sidInfo struct{ kind uint32 }

// restrict takes from the service's process what it does not need, and gives it a SID of its own.
func restrict(s *mgr.Service) error {
	names, err := multiString(privileges...)
	if err != nil {
		return err
	}
	for _, each := range []struct {
		doing string
		level uint32
		info  unsafe.Pointer
	}{
		{"restricting its privileges", windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, unsafe.Pointer(&requiredPrivileges{&names[0]})},
		{"giving it a SID", windows.SERVICE_CONFIG_SERVICE_SID_INFO, unsafe.Pointer(&sidInfo{windows.SERVICE_SID_TYPE_UNRESTRICTED})},
	} {
		err := windows.ChangeServiceConfig2(s.Handle, each.level, (*byte)(each.info))
		if err != nil && !errors.Is(err, windows.ERROR_INVALID_LEVEL) { // a system that does not know it goes without
			return fmt.Errorf("%s: %w", each.doing, err)
		}
	}
	return nil
}

// multiString is a list as Windows' functions want it: each text with a zero, and a further zero.
func multiString(texts ...string) ([]uint16, error) {
	var all []uint16
	for _, text := range texts {
		one, err := windows.UTF16FromString(text)
		if err != nil {
			return nil, fmt.Errorf("writing %q for Windows: %w", text, err)
		}
		all = append(all, one...)
	}
	if len(all) == 0 {
		all = append(all, 0)
	}
	return append(all, 0), nil
}
