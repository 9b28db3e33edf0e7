package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/textfile"
)

// maxAnswers bounds a file of answers, in bytes.
const maxAnswers = 64 << 10

// answersFile is a file with answers: a JSON object by the names of setup's flags. A name that is no flag's is refused, and
// so is one that stands there twice: an answer that is left out in silence would be asked for, or missed, much later.
type answersFile map[string]any

// readAnswersFile reads one. Names may be written with underscores.
func readAnswersFile(r io.Reader) (kong.Resolver, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxAnswers+1))
	if err != nil {
		return nil, fmt.Errorf("the file of answers cannot be read: %w", err)
	}
	text, err := textfile.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("the file of answers cannot be used: %w", err)
	}
	var given map[string]any
	if err := control.Decode(bytes.NewReader(text), maxAnswers, &given); err != nil {
		p := problem.Of(err)
		return nil, fmt.Errorf("the file of answers cannot be used: %s (%s)", p.Title, p.Text)
	}
	file := answersFile{}
	for name, value := range given {
		flag := strings.ReplaceAll(name, "_", "-")
		if _, twice := file[flag]; twice {
			return nil, fmt.Errorf("the file of answers has %q twice, with a hyphen and with an underscore", flag)
		}
		file[flag] = value
	}
	return file, nil
}

// Validate refuses what is not asked.
func (f answersFile) Validate(app *kong.Application) error {
	flags := map[string]bool{}
	for _, command := range app.Leaves(false) {
		for _, flag := range command.Flags {
			flags[flag.Name] = flags[flag.Name] || command.Name == "setup"
		}
	}
	for name := range f {
		if !flags[name] {
			return fmt.Errorf("the file of answers has %q, which is no flag of setup", name)
		}
	}
	return nil
}

// Resolve gives the answer for a flag, of the flag's own kind.
func (f answersFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, there := f[flag.Name]
	if !there {
		return nil, nil
	}
	_, isText := value.(string)
	_, isBool := value.(bool)
	texts, isList := value.([]any)
	for _, each := range texts {
		if _, ok := each.(string); !ok {
			isList = false
		}
	}
	switch {
	case flag.IsSlice() && isList:
		return texts, nil
	case flag.IsBool() && !isBool:
		return nil, fmt.Errorf("the file of answers must say true or false for %q", flag.Name)
	case !flag.IsBool() && !isText:
		return nil, fmt.Errorf("the file of answers must have a text in quotation marks for %q", flag.Name)
	}
	return value, nil
}
