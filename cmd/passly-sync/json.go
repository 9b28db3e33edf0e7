package main

import (
	"encoding/json"
	"fmt"
	"io"

	"passlysync/pkg/problem"
)

// printJSON prints an answer, or {"problem": …} where there is none; then it gives the error as one that was said.
func printJSON(w io.Writer, answer any, err error) error {
	if err != nil {
		answer = map[string]*problem.Problem{"problem": problem.Of(err)}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if failed := encoder.Encode(answer); failed != nil {
		return fmt.Errorf("printing the answer: %w", failed)
	}
	if err != nil {
		return said{err}
	}
	return nil
}
