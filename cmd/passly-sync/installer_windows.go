package main

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// upgradeCode is that of every version's installer: installer/passly-sync.wxs.
const upgradeCode = "{7C5B0B4E-3B0E-4B39-9F58-5E3B2C0A7D11}"

// replaced reports whether another version than the product is installed: then an upgrade takes the old one away, and all else
// stays as it is.
func replaced(product string) bool {
	related := windows.NewLazySystemDLL("msi.dll").NewProc("MsiEnumRelatedProductsW")
	if related.Find() != nil {
		return false
	}
	code, err := windows.UTF16PtrFromString(upgradeCode)
	if err != nil {
		return false
	}
	for i := uintptr(0); ; i++ {
		var found [39]uint16 // a GUID in braces, and its end
		status, _, _ := related.Call(uintptr(unsafe.Pointer(code)), 0, i, uintptr(unsafe.Pointer(&found[0])))
		if windows.Errno(status) != windows.ERROR_SUCCESS {
			return false
		}
		if !strings.EqualFold(windows.UTF16ToString(found[:]), product) {
			return true
		}
	}
}
