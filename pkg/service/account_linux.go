package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"

	"passlysync/pkg/problem"
)

// owner is who the service runs as, by number.
type owner struct{ uid, gid int }

// lookUp finds the account that the service shall run under; an empty name is root.
func lookUp(account string) (owner, error) {
	if account == "" {
		return owner{}, nil
	}
	found, err := user.Lookup(account)
	if err != nil {
		return owner{}, err
	}
	uid, err := strconv.Atoi(found.Uid)
	if err != nil {
		return owner{}, err
	}
	gid, err := strconv.Atoi(found.Gid)
	return owner{uid, gid}, err
}

// noAccount says how to make the account that is missing.
func noAccount(s Settings, err error) error {
	var unknown user.UnknownUserError
	if !errors.As(err, &unknown) {
		return failed("installed", "The account "+s.Account+" could not be looked up: "+err.Error(), err)
	}
	return &problem.Problem{
		Code: NoAccount, Title: "There is no account " + s.Account + " on this machine",
		Text: "The service shall run under it.",
		Hint: "Make it, then try again: useradd --system --home-dir " + s.State + " --no-create-home --shell /usr/sbin/nologin " + s.Account,
		Op:   "looking up the service's account", Err: err,
	}
}

// giveState makes the state folder, and gives it and all in it to the account. No symbolic link is followed, be it put there
// while this works: who owned the folder before must not get others' files given to the new one.
func giveState(folder string, to owner) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if info, err := os.Lstat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder, but perhaps a link to one", folder)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		return root.Lchown(path, to.uid, to.gid)
	})
	if err != nil {
		return err
	}
	return errors.Join(root.Chmod(".", 0o700), root.Lchown(".", to.uid, to.gid))
}
