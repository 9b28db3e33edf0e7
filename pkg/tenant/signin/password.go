package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"passlysync/pkg/problem"
)

// MaxPassword bounds what is hashed; MinPassword is for new ones.
const (
	MinPassword = 12
	MaxPassword = 1024
)

// argon2id with RFC 9106 §4's second recommended option, less memory than that of its first.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 2
	argonKey     = 32
	argonSalt    = 16
)

// HashPassword gives the PHC form of a password's argon2id hash.
func HashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	typed := []byte(password)
	defer clear(typed) // nothing of it stays where the next one who is given this memory, or a dump of it, has it
	return phc(salt, argon2.IDKey(typed, salt, argonTime, argonMemory, argonThreads, argonKey))
}

// dummyHash is checked for an unknown e-mail: the same work as for a known one. No password is known to fit.
func dummyHash() string {
	random := make([]byte, argonSalt+argonKey)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return phc(random[:argonSalt], random[argonSalt:])
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// CheckPassword compares in constant time. It does the same work whatever the password, also for one that is too long.
func CheckPassword(hash, password string) bool {
	var (
		version, memory, rounds uint32
		threads                 uint8
	)
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &rounds, &threads); err != nil {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	tooLong := len(password) > MaxPassword
	if tooLong {
		password = password[:MaxPassword]
	}
	typed := []byte(password)
	defer clear(typed)
	got := argon2.IDKey(typed, salt, rounds, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && !tooLong
}

// CheckNewPassword says whether a password may be chosen.
func CheckNewPassword(password string) error {
	switch {
	case len([]rune(password)) < MinPassword:
		return &problem.Problem{
			Code: problem.Invalid, Title: "The password is too short",
			Hint: fmt.Sprintf("Use at least %d characters; several words are easy to remember.", MinPassword),
		}
	case len(password) > MaxPassword:
		return &problem.Problem{Code: problem.Invalid, Title: "The password is too long", Hint: fmt.Sprintf("Use at most %d bytes.", MaxPassword)}
	}
	return nil
}
