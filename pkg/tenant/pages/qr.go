package pages

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Groups cuts a text into groups of n, as people copy it.
func Groups(text string, n int) []string {
	var groups []string
	for len(text) > n {
		groups, text = append(groups, text[:n]), text[n:]
	}
	return append(groups, text)
}

// QR draws a QR code as SVG, with the four modules of margin that scanners want (ISO/IEC 18004). It is made of
// numbers only.
func QR(text string) (template.HTML, error) {
	const margin = 4
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("drawing a QR code: %w", err)
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := range side {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	all := side + 2*margin
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" width="232" height="232" role="img" aria-label="QR code for an authenticator" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, all, all, all, all, path.String())), nil
}
