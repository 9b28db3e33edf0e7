package handoff

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
)

var _ Forecaster = (*Client)(nil)

// Preview asks what the next sync would do.
func (c *Client) Preview(ctx context.Context, args control.PreviewArgs) (preview control.Preview, err error) {
	err = c.ask(ctx, previewPath, args, &preview)
	return preview, err
}

// Explain asks why somebody is, or is not, in the tenant.
func (c *Client) Explain(ctx context.Context, args control.ExplainArgs) (explanation control.Explanation, err error) {
	err = c.ask(ctx, explainPath, args, &explanation)
	return explanation, err
}

// ask sends a question and reads its answer.
func (c *Client) ask(ctx context.Context, path string, question, answer any) error {
	raw, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("writing a question: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, changeIn+answerIn)
	defer cancel()
	response, err := c.send(ctx, http.MethodPost, path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return control.Decode(response.Body, control.MaxResult, answer)
}
