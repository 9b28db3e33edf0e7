package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// Outbox is a folder (0700) into which messages are written as files (0600), named for their Message-ID.
type Outbox struct{ Folder string }

var _ Delivery = Outbox{}

const (
	suffix     = ".eml"
	maxWritten = 1 << 20 // bytes of a message that are read
)

// Deliver writes the message; a second time it takes the place of the first.
func (o Outbox) Deliver(_ context.Context, m Message) error {
	if err := o.write(m); err != nil {
		return &problem.Problem{
			Code: ServerUnusable, Title: "The outbox folder cannot be written", Text: err.Error(), Op: "writing an e-mail", Err: err,
			Hint: "Check the rights on " + o.Folder + " and the space on its disk. E-mails wait, and are written when it works.",
		}
	}
	return nil
}

// write makes the file whole before it gets its name.
func (o Outbox) write(m Message) error {
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(o.Folder, ".writing-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it has another name by then, unless something failed
	_, err = m.compose().WriteTo(f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(o.Folder, fileName(m.ID)))
}

// fileName keeps of an id what every file system takes.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, id) + suffix
}

// Rest does nothing.
func (o Outbox) Rest() {}

// Written is a message in the folder.
type Written struct {
	Name        string // of the file
	At          time.Time
	To, Subject string
	Text        string // of Read only
}

// List gives the newest messages, at most limit, and how many there are.
func (o Outbox) List(limit int) (newest []Written, total int, err error) {
	entries, err := os.ReadDir(o.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the outbox: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		newest = append(newest, Written{Name: e.Name(), At: info.ModTime()})
	}
	slices.SortFunc(newest, func(a, b Written) int { return b.At.Compare(a.At) })
	total = len(newest)
	newest = newest[:min(limit, total)]
	for i := range newest {
		if full, err := o.Read(newest[i].Name); err == nil {
			newest[i].To, newest[i].Subject = full.To, full.Subject
		}
	}
	return newest, total, nil
}

// Read gives one message.
func (o Outbox) Read(name string) (Written, error) {
	root, err := os.OpenRoot(o.Folder)
	if err != nil {
		return Written{}, tenant.NotFound("e-mail")
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil || !strings.HasSuffix(name, suffix) {
		return Written{}, tenant.NotFound("e-mail")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Written{}, fmt.Errorf("reading an e-mail: %w", err)
	}
	read, err := readMessage(f)
	if err != nil {
		return Written{}, &problem.Problem{Code: problem.Invalid, Title: name + " is no e-mail", Text: err.Error(), Hint: "Somebody changed the file.", Err: err}
	}
	read.Name, read.At = name, info.ModTime()
	return read, nil
}

// readMessage takes a message of ours apart.
func readMessage(r io.Reader) (Written, error) {
	m, err := mail.ReadMessage(io.LimitReader(r, maxWritten))
	if err != nil {
		return Written{}, err
	}
	var w Written
	decoder := new(mime.WordDecoder)
	if w.To, err = decoder.DecodeHeader(m.Header.Get("To")); err != nil {
		return w, err
	}
	if to, err := mail.ParseAddress(m.Header.Get("To")); err == nil {
		w.To = strings.TrimSpace(to.Name + " <" + to.Address + ">")
	}
	if w.Subject, err = decoder.DecodeHeader(m.Header.Get("Subject")); err != nil {
		return w, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return w, err
	}
	text, err := multipart.NewReader(m.Body, params["boundary"]).NextPart() // the first part is the text, and is decoded
	if err != nil {
		return w, err
	}
	raw, err := io.ReadAll(text)
	w.Text = strings.ReplaceAll(string(raw), "\r\n", "\n")
	return w, err
}
