package sasl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// Error codes of Kerberos (RFC 4120 §7.5.9) that have words of their own.
const (
	ClientUnknown    = errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN
	ServiceUnknown   = errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN
	NoCommonStrength = errorcode.KDC_ERR_ETYPE_NOSUPP
	ClientRevoked    = errorcode.KDC_ERR_CLIENT_REVOKED
	KeyExpired       = errorcode.KDC_ERR_KEY_EXPIRED
	ProofWrong       = errorcode.KDC_ERR_PREAUTH_FAILED
	PreAuthRequired  = errorcode.KDC_ERR_PREAUTH_REQUIRED
	ClockSkew        = errorcode.KRB_AP_ERR_SKEW
	WrongRealm       = errorcode.KDC_ERR_WRONG_REALM
)

// KerberosError is a refusal, of the key distribution centre or the service.
type KerberosError struct {
	Code       int32
	Status     uint32    // Windows' own reason (MS-KILE 2.2.1, an NTSTATUS); 0: none
	ServerTime time.Time // its clock
	data       []byte
}

func (e *KerberosError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s (NTSTATUS %#x)", errorcode.Lookup(e.Code), e.Status)
	}
	return errorcode.Lookup(e.Code)
}

// tagError begins a KRB-ERROR (RFC 4120 §5.10).
const tagError = 0x7e

func refusedWith(raw []byte) error {
	var no messages.KRBError
	if err := no.Unmarshal(raw); err != nil {
		return err
	}
	return &KerberosError{Code: no.ErrorCode, Status: status(no.EData), ServerTime: no.STime, data: no.EData}
}

// Windows puts its own reason among a refusal's data, as an entry of this type and size (MS-KILE 2.2.1, KERB-EXT-ERROR).
const (
	passwordSalt = 3
	extendedSize = 12 // NTSTATUS, a reserved word, flags
)

func status(data []byte) uint32 {
	var hints types.PADataSequence
	if err := guarded("a refusal", func() error { return hints.Unmarshal(data) }); err != nil {
		return 0
	}
	for _, hint := range hints {
		if hint.PADataType == passwordSalt && len(hint.PADataValue) == extendedSize {
			return binary.LittleEndian.Uint32(hint.PADataValue)
		}
	}
	return 0
}

// kdc is the address of a key distribution centre.
type kdc string

const (
	// maxReply bounds what a centre may answer: tickets of accounts in very many groups have 48 KB on Windows at most (MS-KILE
	// 3.1.1.1), and each answer has one.
	maxReply = 256 << 10
	// askLimit bounds one question.
	askLimit = 10 * time.Second
)

// ErrNoKDC is a centre that cannot be reached.
var ErrNoKDC = errors.New("the key distribution centre does not answer")

// ask sends one message over TCP, behind its length, and reads the answer (RFC 4120 §7.2.2).
func (k kdc) ask(ctx context.Context, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", string(k))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKDC, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKDC, err)
	}
	answer, err := readReply(conn)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return answer, err
}

func readReply(from io.Reader) ([]byte, error) {
	var length uint32
	if err := binary.Read(from, binary.BigEndian, &length); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKDC, err)
	}
	if length == 0 || length > maxReply {
		return nil, fmt.Errorf("the key distribution centre announces an answer of %d bytes, at most %d are read", length, maxReply)
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(from, answer); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKDC, err)
	}
	return answer, nil
}
