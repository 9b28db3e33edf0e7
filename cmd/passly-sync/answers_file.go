package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// answersFile is a file with answers: a JSON object by the names of setup's flags. A name that is no flag's is refused: an
// answer that is left out in silence would be asked for, or missed, much later.
type answersFile struct {
	kong.Resolver
	names []string
}

// readAnswersFile reads one. kong.JSON knows the flags with underscores.
func readAnswersFile(r io.Reader) (kong.Resolver, error) {
	var given map[string]json.RawMessage
	if err := json.NewDecoder(r).Decode(&given); err != nil {
		return nil, fmt.Errorf("reading the file of answers: %w", err)
	}
	known, file := map[string]json.RawMessage{}, answersFile{}
	for name, value := range given {
		known[strings.ReplaceAll(name, "-", "_")] = value
		file.names = append(file.names, name)
	}
	raw, err := json.Marshal(known)
	if err != nil {
		return nil, fmt.Errorf("reading the file of answers: %w", err)
	}
	file.Resolver, err = kong.JSON(bytes.NewReader(raw))
	return file, err
}

// Validate refuses what is not asked.
func (f answersFile) Validate(app *kong.Application) error {
	flags := map[string]bool{}
	for _, command := range app.Leaves(false) {
		for _, flag := range command.Flags {
			flags[flag.Name] = flags[flag.Name] || command.Name == "setup"
		}
	}
	for _, name := range f.names {
		if !flags[strings.ReplaceAll(name, "_", "-")] {
			return fmt.Errorf("the file of answers has %q, which is no flag of setup", name)
		}
	}
	return nil
}
