package sasl

import (
	"errors"
	"slices"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
)

// strengths are the encryption types that are used, the best first. RC4 and DES, which older accounts may have alone, are not:
// their keys are the password's hash itself, or too short. Those of RFC 8009 no Active Directory needs, and the library has the length
// of a key wrong.
var strengths = []int32{etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96}

var errWeak = errors.New("its encryption type is none of AES")

// suite gives the encryption that a key is for, if it is strong enough.
func suite(key types.EncryptionKey) (etype.EType, error) {
	if !slices.Contains(strengths, key.KeyType) {
		return nil, errWeak
	}
	suite, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		return nil, err
	}
	if len(key.KeyValue) != suite.GetKeyByteSize() {
		return nil, errors.New("its key has another length than its encryption type asks for")
	}
	return suite, nil
}

// decrypt opens one encrypted part of a Kerberos message.
func decrypt(key types.EncryptionKey, part types.EncryptedData, usage uint32) ([]byte, error) {
	suite, err := suite(key)
	switch {
	case err != nil:
		return nil, err
	case part.EType != key.KeyType:
		return nil, errors.New("it is encrypted with a key of another type")
	case len(part.Cipher) < suite.GetConfounderByteSize()+suite.GetHMACBitLength()/8:
		return nil, errors.New("it is too short to be encrypted")
	}
	return suite.DecryptMessage(key.KeyValue, part.Cipher, usage)
}
