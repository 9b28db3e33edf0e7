package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory/samba"
)

func TestWrongOptionsSayWhatToDo(t *testing.T) {
	good := options{People: 1, Address: "127.0.0.1", Domain: "example.test"}
	for name, spoil := range map[string]func(*options){
		"--people":  func(o *options) { o.People = -1 },
		"--address": func(o *options) { o.Address = "192.168.0.1" },
		"--domain":  func(o *options) { o.Domain = "example" },
	} {
		o := good
		spoil(&o)
		if err := run(t.Context(), o, io.Discard); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "give a") {
			t.Errorf("%s: got %v, want the option's name and what to give", name, err)
		}
	}
}

// TestLab starts a laboratory, waits for its description and stops it as Ctrl+C does.
func TestLab(t *testing.T) {
	samba.Require(t)
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, options{People: 3, Address: "127.0.0.252", Domain: "example.test"}, in)
		_ = in.Close()
	}()
	text := ""
	b := make([]byte, 4096)
	for {
		n, err := out.Read(b)
		text += string(b[:n])
		if err != nil {
			break
		}
		if strings.Contains(text, "passly-sync setup") {
			interrupt()
		}
	}
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"ldaps://127.0.0.252", "ca.crt", "DC=example,DC=test", "svc-sync@example.test", "ldapsearch", "Stopping"} {
		if !strings.Contains(text, want) {
			t.Errorf("the description lacks %q:\n%s", want, text)
		}
	}
}
