package sasl

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// signOnly is KERB_WRAP_NO_ENCRYPT, by which EncryptMessage signs and DecryptMessage tells what was only signed.
const signOnly = 0x80000001

// systemLayer seals by the system. Its tokens are those of RFC 4121, of which AES alone has this form, so the row of their numbers is
// checked here as well.
type systemLayer struct {
	context *sspi.Context
	in      side
	bounds
}

func (l *systemLayer) Wrap(plain []byte) ([]byte, error) { return l.close(plain, 0) }

func (l *systemLayer) Unwrap(sealed []byte) ([]byte, error) {
	if _, _, err := l.in.opened(sealed, l.in.flags|flagSealed); err != nil {
		return nil, err
	}
	return l.open(sealed, false)
}

// overhead is how much longer a buffer becomes by being sealed.
func (l *systemLayer) overhead() (int, error) {
	_, _, block, trailer, err := l.context.Sizes()
	if err != nil {
		return 0, systemError(err)
	}
	return int(block + trailer), nil
}

// close makes a token: the trailer, which the system puts first, the text, and the padding.
func (l *systemLayer) close(plain []byte, quality uint32) ([]byte, error) {
	_, _, block, trailer, err := l.context.Sizes()
	if err != nil {
		return nil, systemError(err)
	}
	b := make([]sspi.SecBuffer, 3)
	b[0].Set(sspi.SECBUFFER_TOKEN, make([]byte, trailer))
	b[1].Set(sspi.SECBUFFER_DATA, bytes.Clone(plain))
	b[2].Set(sspi.SECBUFFER_PADDING, make([]byte, block))
	if code := sspi.EncryptMessage(l.context.Handle, quality, sspi.NewSecBufferDesc(b), 0); code != sspi.SEC_E_OK {
		return nil, systemError(code)
	}
	return bytes.Join([][]byte{b[0].Bytes(), b[1].Bytes(), b[2].Bytes()}, nil), nil
}

// open reads a token whose head was checked.
func (l *systemLayer) open(token []byte, signed bool) ([]byte, error) {
	b := make([]sspi.SecBuffer, 2)
	b[0].Set(sspi.SECBUFFER_STREAM, token)
	b[1].Set(sspi.SECBUFFER_DATA, nil)
	var quality uint32
	if code := sspi.DecryptMessage(l.context.Handle, sspi.NewSecBufferDesc(b), 0, &quality); code != sspi.SEC_E_OK {
		return nil, violation("a buffer was altered, or sealed by somebody else (%#x)", uint32(code))
	}
	if (quality == signOnly) != signed {
		return nil, violation("a buffer is not sealed as was agreed on")
	}
	l.in.number++
	return b[1].Bytes(), nil
}

// What Windows says of a failed sign-in (MS-ERREF 2.1).
var systemErrors = map[syscall.Errno]error{
	0x80090303: &KerberosError{Code: ServiceUnknown},   // SEC_E_TARGET_UNKNOWN
	0x80090322: &KerberosError{Code: ServiceUnknown},   // SEC_E_WRONG_PRINCIPAL
	0x8009030c: &KerberosError{Code: ProofWrong},       // SEC_E_LOGON_DENIED
	0x8009030e: &KerberosError{Code: ClientUnknown},    // SEC_E_NO_CREDENTIALS
	0x80090311: ErrNoKDC,                               // SEC_E_NO_AUTHENTICATING_AUTHORITY
	0x80090324: &KerberosError{Code: ClockSkew},        // SEC_E_TIME_SKEW
	0x80090342: &KerberosError{Code: NoCommonStrength}, // SEC_E_KDC_UNKNOWN_ETYPE
}

func systemError(err error) error {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return err
	}
	if known := systemErrors[code]; known != nil {
		return fmt.Errorf("%w (%#x)", known, uint32(code))
	}
	return fmt.Errorf("asking Windows for Kerberos: %w (%#x)", code, uint32(code))
}
