package samba

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"passlysync/pkg/needs"
)

//go:embed script.py
var script string

// python is Debian's own, the only one that has Samba's modules.
const python = "/usr/bin/python3"

// populate fills dc.dir with the state of a controller that was provisioned and seeded as the options say: from the
// cache, or made now and then put there.
func (dc *DC) populate(ctx context.Context) error {
	if dc.options.Fresh {
		return dc.build(ctx, dc.dir)
	}
	kept, err := dc.cached(ctx, dc.key(ctx, true), dc.build)
	if err != nil {
		return err
	}
	return copyTree(kept, dc.dir)
}

// cached gives the folder kept under a key, making it with build first when it is not there. Others may do the same at
// the same time: each builds aside, the first rename wins.
func (dc *DC) cached(ctx context.Context, key string, build func(context.Context, string) error) (string, error) {
	home, err := os.UserCacheDir()
	if err != nil {
		home = os.TempDir()
	}
	home = filepath.Join(home, "passly-sync-lab")
	kept := filepath.Join(home, key)
	now := time.Now()
	if err := os.Chtimes(kept, now, now); err == nil {
		return kept, nil
	}
	sweep(home, now.Add(-keptFor))
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", err
	}
	aside, err := os.MkdirTemp(home, "making-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := build(ctx, aside); err != nil {
		return "", err
	}
	if err := os.Rename(aside, kept); err != nil {
		if _, there := os.Stat(kept); there != nil {
			return "", err
		}
	}
	return kept, nil
}

// keptFor is how long a state that nobody used is kept.
const keptFor = 14 * 24 * time.Hour

// sweep removes what was last used before a time; what cannot be removed stays.
func sweep(home string, before time.Time) {
	entries, _ := os.ReadDir(home)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.RemoveAll(filepath.Join(home, e.Name()))
		}
	}
}

// build makes the state in a folder: a provisioned domain, kept apart since it is the same for all plans, then filled.
func (dc *DC) build(ctx context.Context, dir string) error {
	bare, err := dc.bare(ctx)
	if err != nil {
		return err
	}
	if err := copyTree(bare, dir); err != nil {
		return err
	}
	if err := writeConfig(dir, "127.0.0.1", dc.options); err != nil {
		return err
	}
	return dc.run(ctx, "fill", dc.options.order(dir))
}

func (dc *DC) bare(ctx context.Context) (string, error) {
	if !dc.options.Fresh {
		return dc.cached(ctx, dc.key(ctx, false), dc.provision)
	}
	dir, err := os.MkdirTemp(dc.dir, "bare-")
	if err != nil {
		return "", err
	}
	return dir, dc.provision(ctx, dir)
}

func (dc *DC) provision(ctx context.Context, dir string) error {
	return dc.run(ctx, "provision", map[string]string{
		"dir": dir, "address": "127.0.0.1", "domain": dc.options.Domain, "workgroup": workgroup(dc.options.Domain),
		"host": "dc1", "password": adminPassword,
	})
}

// key names a state by everything that it depends on.
func (dc *DC) key(ctx context.Context, filled bool) string {
	h := sha256.New()
	program, _ := needs.Find("samba")
	version, _ := exec.CommandContext(ctx, program, "--version").Output()
	fmt.Fprintln(h, string(version), script, config.Root.String(), dc.options.Domain, adminPassword, filled)
	if filled {
		_ = json.NewEncoder(h).Encode(dc.options.order(""))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// run runs the script with an order.
func (dc *DC) run(ctx context.Context, verb string, order any) error {
	input, err := json.Marshal(order)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, python, "-c", script, verb)
	cmd.Env = append(os.Environ(), systemPath)
	cmd.Stdin = strings.NewReader(string(input))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running Samba's %s: %w\n%s", verb, err, out[max(0, len(out)-4000):])
	}
	return nil
}

// copyTree copies a controller's state. Sockets and lock files belong to a process and are made anew.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case !d.Type().IsRegular(), strings.HasSuffix(path, ".ldb-lock"):
			return nil
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
