package sasl

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxRounds bounds how long a centre can make this machine compute on a password; domains ask for 4,096
// (RFC 3962 §4).
const maxRounds = 1 << 17

// minRounds keeps who stands in for a centre from having the password proven by a key that is quick to guess at (RFC 3962 §4: the default).
const minRounds = 4096

// ErrNoStrongKey is an account that has no key of AES: its password was set when the domain knew none.
var ErrNoStrongKey = errors.New("the account has no key for AES")

// recipe is how a key is made of a password (ETYPE-INFO2, RFC 4120 §5.2.7.5).
type recipe = types.ETypeInfo2Entry

// recipes reads what the centre says.
func recipes(data []byte) (all []recipe, err error) {
	return all, guarded("what the key distribution centre says of keys", func() error {
		var hints types.PADataSequence
		if err := hints.Unmarshal(data); err != nil {
			return err
		}
		for _, hint := range hints {
			if hint.PADataType != patype.PA_ETYPE_INFO2 {
				continue
			}
			all, err = hint.GetETypeInfo2()
			return err
		}
		return errors.New("nothing")
	})
}

// key is the account's, by the best recipe.
func (a Account) key(client types.PrincipalName, realm string, data []byte) (types.EncryptionKey, error) {
	all, err := recipes(data)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	for _, strength := range strengths {
		at := slices.IndexFunc(all, func(r recipe) bool { return r.EType == strength })
		if at < 0 {
			continue
		}
		if a.Password == "" {
			return a.fromKeytab(client, realm, strength)
		}
		return a.fromPassword(all[at])
	}
	return types.EncryptionKey{}, ErrNoStrongKey
}

func (a Account) fromPassword(r recipe) (types.EncryptionKey, error) {
	suite, err := crypto.GetEtype(r.EType)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	rounds := suite.GetDefaultStringToKeyParams()
	if len(r.S2KParams) > 0 {
		if len(r.S2KParams) != 4 {
			return types.EncryptionKey{}, errors.New("the key distribution centre's parameters for keys are of another kind")
		}
		rounds = hex.EncodeToString(r.S2KParams)
		if n := binary.BigEndian.Uint32(r.S2KParams); n < minRounds || n > maxRounds { // 0 stands for 2^32
			return types.EncryptionKey{}, fmt.Errorf("the key distribution centre asks for %d rounds on the password, %d to %d are made", n, minRounds, maxRounds)
		}
	}
	value, err := suite.StringToKey(a.Password, r.Salt, rounds)
	return types.EncryptionKey{KeyType: r.EType, KeyValue: value}, err
}

// fromKeytab finds the newest key, whatever the spelling of the name: domains do not tell capitals from small letters.
func (a Account) fromKeytab(client types.PrincipalName, realm string, strength int32) (types.EncryptionKey, error) {
	kept, err := readKeytab(a.Keytab)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	name := client.PrincipalNameString()
	for _, entry := range kept.Entries {
		if strings.EqualFold(strings.Join(entry.Principal.Components, "/"), name) && strings.EqualFold(entry.Principal.Realm, realm) {
			client.NameString, realm = entry.Principal.Components, entry.Principal.Realm
			break
		}
	}
	key, _, err := kept.GetEncryptionKey(client, realm, 0, strength)
	if err != nil {
		return key, &KeytabError{fmt.Sprintf("it has no key of %s@%s of the type that the domain asks for", name, realm)}
	}
	return key, nil
}

// KeytabError is a keytab that does not do.
type KeytabError struct{ What string }

func (k *KeytabError) Error() string { return "the keytab cannot be used: " + k.What }

func readKeytab(raw []byte) (*keytab.Keytab, error) {
	kept := keytab.New()
	if err := guarded("the keytab", func() error { return kept.Unmarshal(raw) }); err != nil || len(kept.Entries) == 0 {
		return nil, &KeytabError{"it is no keytab, or an empty one"}
	}
	return kept, nil
}

// prove adds the time, encrypted with the account's key, to a request (RFC 4120 §5.2.7.2).
func prove(request *messages.ASReq, key types.EncryptionKey) error {
	now, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return err
	}
	sealed, err := crypto.GetEncryptedData(now, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return err
	}
	raw, err := sealed.Marshal()
	request.PAData = append(request.PAData, types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: raw})
	return err
}
