package wizard

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/charmbracelet/lipgloss"
)

// quiet is the free edge around a QR code in modules. ISO/IEC 18004 asks for 4; readers of screens do with 2.
const quiet = 2

// qrCode draws text as a QR code: two rows of modules in one of characters. Light modules are drawn, dark ones left free, as
// most terminals are dark; with colour, light is painted and the terminal's own does not matter.
func qrCode(text string, light lipgloss.Style) (string, error) {
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("making a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var rows []string
	for y := -quiet; y < size+quiet; y += 2 {
		var row strings.Builder
		for x := -quiet; x < size+quiet; x++ {
			row.WriteString(halves(lit(code, x, y), y+1 < size+quiet && lit(code, x, y+1)))
		}
		rows = append(rows, light.Render(row.String()))
	}
	return strings.Join(rows, "\n"), nil
}

// lit reports whether a module is light; all around the code are.
func lit(code barcode.Barcode, x, y int) bool {
	size := code.Bounds().Dx()
	if x < 0 || y < 0 || x >= size || y >= size {
		return true
	}
	red, _, _, _ := code.At(x, y).RGBA()
	return red > 0x7fff
}

func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
