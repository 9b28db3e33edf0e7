package postgrestest

import (
	"os/exec"
	"syscall"
)

// own has a program run as an account, and where it dies end with the thread that starts it.
func own(command *exec.Cmd, a *account, dies bool) {
	command.SysProcAttr = &syscall.SysProcAttr{}
	if dies {
		command.SysProcAttr.Pdeathsig = syscall.SIGINT
	}
	if a != nil {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: a.user, Gid: a.group}
	}
}
