package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/windows"
)

// MakeState makes the state folder where it is not there yet, for the system, administrators and this process's account alone.
// One that is there is left as setup made it.
func MakeState(folder string) error {
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("asking for this process's account: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return protect(folder, windows.DACL_SECURITY_INFORMATION, descriptor(user.User.Sid.String()))
}

// GiveState makes the state folder, or takes over one that is there, for a service that runs as account; empty: the system. Every
// user may make folders below ProgramData, and who made this one before would own it: so the owner is set, and what all had is
// taken. It needs an elevated administrator.
func GiveState(folder, account string) error {
	sid := ""
	if account != "" {
		found, _, _, err := windows.LookupSID("", account)
		if err != nil {
			return fmt.Errorf("looking up the account %s: %w", account, err)
		}
		sid = found.String()
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return protect(folder, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION, descriptor(sid))
}

// descriptor lets in SYSTEM, Administrators and an account, all of it and below, and inherits nothing (MS-DTYP 2.5.1).
func descriptor(sid string) string {
	const system, full = "S-1-5-18", "(A;OICI;FA;;;%s)"
	var text strings.Builder
	text.WriteString("O:BAD:P")
	for _, who := range []string{"SY", "BA", sid} {
		if who != "" && who != system {
			fmt.Fprintf(&text, full, who)
		}
	}
	return text.String()
}

func protect(folder string, what windows.SECURITY_INFORMATION, sddl string) error {
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return fmt.Errorf("reading %s: %w", sddl, err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("reading %s: %w", sddl, err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("reading %s: %w", sddl, err)
	}
	if what&windows.OWNER_SECURITY_INFORMATION == 0 {
		owner = nil
	}
	what |= windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, what, owner, nil, dacl, nil); err != nil {
		return fmt.Errorf("protecting %s: %w", folder, err)
	}
	return nil
}
