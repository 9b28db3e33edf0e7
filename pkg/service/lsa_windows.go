package service

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// logOnAsService is the right without which no account can run a service (MS-LSAD 3.1.1.2.2). The service manager's own window
// grants it, its functions do not.
const logOnAsService = "SeServiceLogonRight"

// Access to the policy of the local security authority (MS-LSAD 2.2.1.1.2).
const (
	policyCreateAccount = 0x00000010
	policyLookupNames   = 0x00000800
)

// authority is the local security authority of this machine: advapi32.dll, or in tests one that remembers what it was asked.
type authority struct{ library *windows.LazyDLL }

// grant gives an account a right; one that it has already is no error.
func (a authority) grant(account *windows.SID, right string) error {
	policy, err := a.policy(policyCreateAccount | policyLookupNames)
	if err != nil {
		return err
	}
	defer func() { _, _, _ = a.library.NewProc("LsaClose").Call(policy) }()
	name, err := windows.NewNTUnicodeString(right)
	if err != nil {
		return fmt.Errorf("writing %q for Windows: %w", right, err)
	}
	add := a.library.NewProc("LsaAddAccountRights")
	status, _, _ := add.Call(policy, uintptr(unsafe.Pointer(account)), uintptr(unsafe.Pointer(name)), 1)
	return a.failed("granting the right "+right, status)
}

// policy opens the policy; the caller closes it.
func (a authority) policy(access uint32) (uintptr, error) {
	attributes := windows.OBJECT_ATTRIBUTES{}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var policy uintptr
	open := a.library.NewProc("LsaOpenPolicy")
	status, _, _ := open.Call(0, uintptr(unsafe.Pointer(&attributes)), uintptr(access), uintptr(unsafe.Pointer(&policy)))
	return policy, a.failed("opening the local security policy", status)
}

// failed is nil for success; else what Windows says of a status.
func (a authority) failed(doing string, status uintptr) error {
	if uint32(status) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, windows.NTStatus(uint32(status)).Errno())
}
