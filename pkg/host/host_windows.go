package host

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

func look(f *Facts) {
	f.Elevated = windows.GetCurrentProcessToken().IsElevated()
	version := windows.RtlGetVersion()
	f.Build = version.BuildNumber
	f.System = fmt.Sprintf("%s (build %d)", release(version.BuildNumber, version.ProductType), version.BuildNumber)
	f.Role, f.Domain = domainRole()
}

// Product types of OSVERSIONINFOEXW.
const workstation = 1

func release(build uint32, product byte) string {
	if product == workstation {
		return "Windows"
	}
	switch {
	case build >= 26100:
		return "Windows Server 2025"
	case build >= 20348:
		return "Windows Server 2022"
	case build >= 17763:
		return "Windows Server 2019"
	case build >= 14393:
		return "Windows Server 2016"
	case build >= 9600:
		return "Windows Server 2012 R2"
	}
	return "Windows Server"
}

// domainInformation is DSROLE_PRIMARY_DOMAIN_INFO_BASIC (MS-DSSP 2.2.1).
type domainInformation struct {
	machineRole uint32
	flags       uint32
	flat        *uint16
	dns         *uint16
	forest      *uint16
	guid        windows.GUID
}

// Machine roles of DSROLE_MACHINE_ROLE.
const (
	memberWorkstation = 1
	memberServer      = 3
	backupDC          = 4
	primaryDC         = 5
	basicInformation  = 1 // DsRolePrimaryDomainInfoBasic
	readOnly          = 8 // DSROLE_PRIMARY_DS_READONLY
)

func domainRole() (Role, string) {
	library := windows.NewLazySystemDLL("netapi32.dll")
	ask, free := library.NewProc("DsRoleGetPrimaryDomainInformation"), library.NewProc("DsRoleFreeMemory")
	if ask.Find() != nil || free.Find() != nil {
		return NotApplicable, ""
	}
	var info *domainInformation
	if status, _, _ := ask.Call(0, basicInformation, uintptr(unsafe.Pointer(&info))); status != 0 || info == nil {
		return NotApplicable, ""
	}
	defer func() { _, _, _ = free.Call(uintptr(unsafe.Pointer(info))) }()
	return roleOf(info.machineRole, info.flags), windows.UTF16PtrToString(info.dns)
}

func roleOf(role, flags uint32) Role {
	switch role {
	case backupDC, primaryDC:
		if flags&readOnly != 0 {
			return ReadOnlyController
		}
		return DomainController
	case memberWorkstation, memberServer:
		return Member
	}
	return Standalone
}
