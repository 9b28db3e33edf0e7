package signin

import (
	"crypto/rand"
	"strings"
)

// Recovery codes stand for the authenticator when it is lost: eight of 80 bits each, each good once.
const (
	recoveryCodes  = 8
	recoveryLength = 16
	recoveryGroup  = 4
)

// NewRecoveryCodes makes recovery codes as they are shown, in groups, and the hashes to keep.
func NewRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		text := strings.ToLower(rand.Text())[:recoveryLength]
		var groups []string
		for at := 0; at < recoveryLength; at += recoveryGroup {
			groups = append(groups, text[at:at+recoveryGroup])
		}
		code := strings.Join(groups, "-")
		codes, hashes = append(codes, code), append(hashes, HashRecoveryCode(code))
	}
	return codes, hashes
}

// HashRecoveryCode gives what is kept of a code, however it was typed. A fast hash does: codes are random, not chosen.
func HashRecoveryCode(code string) []byte { return HashToken(plainRecovery(code)) }

// LikeRecoveryCode tells a recovery code from a one-time code.
func LikeRecoveryCode(code string) bool { return len(plainRecovery(code)) == recoveryLength }

func plainRecovery(code string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(code)))
}
