package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"errors"
	"hash"

	"github.com/jcmturner/gokrb5/v8/crypto/common"
	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/types"
)

// derived is one direction's encryption under keys that are derived once (RFC 3961 §5.3). The library derives them for every message,
// which costs more than to decrypt one.
type derived struct {
	suite      etype.EType
	encryption []byte
	mac        hash.Hash
}

func derive(suite etype.EType, key types.EncryptionKey, usage uint32) (*derived, error) {
	encryption, err := suite.DeriveKey(key.KeyValue, common.GetUsageKe(usage))
	if err != nil {
		return nil, err
	}
	integrity, err := suite.DeriveKey(key.KeyValue, common.GetUsageKi(usage))
	if err != nil {
		return nil, err
	}
	return &derived{suite, encryption, hmac.New(sha1.New, integrity)}, nil
}

var errAltered = errors.New("its checksum is wrong")

// encrypt puts random bytes before a text, encrypts both, and adds their checksum.
func (d *derived) encrypt(text []byte) ([]byte, error) {
	size := d.suite.GetConfounderByteSize()
	whole := append(make([]byte, size, size+len(text)), text...)
	_, _ = rand.Read(whole[:size]) // never fails (crypto/rand)
	_, sealed, err := d.suite.EncryptData(d.encryption, whole)
	if err != nil {
		return nil, err
	}
	return append(bytes.Clone(sealed), d.checksum(whole)...), nil
}

// decrypt is for what has at least the random bytes and a checksum.
func (d *derived) decrypt(sealed []byte) ([]byte, error) {
	end := len(sealed) - d.suite.GetHMACBitLength()/8
	whole, err := d.suite.DecryptData(d.encryption, sealed[:end])
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(sealed[end:], d.checksum(whole)) {
		return nil, errAltered
	}
	return whole[d.suite.GetConfounderByteSize():], nil
}

func (d *derived) checksum(whole []byte) []byte {
	d.mac.Reset()
	d.mac.Write(whole)
	return d.mac.Sum(nil)[:d.suite.GetHMACBitLength()/8]
}
