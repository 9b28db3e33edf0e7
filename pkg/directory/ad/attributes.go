package ad

import (
	"strings"

	"passlysync/pkg/directory"
)

// What is asked for beside directory.Attributes.
const (
	attrGUID     = "objectGUID"
	attrParent   = "parentGUID"
	attrName     = "name"
	attrClass    = "objectClass"
	attrDeleted  = "isDeleted"
	attrCritical = "isCriticalSystemObject"
	attrMember   = "member"
	attrMemberOf = "memberOf"           // of entries read anew only
	attrChanged  = "uSNChanged"         // without DirSync only
	attrUpToDate = "replUpToDateVector" // of the domain itself
)

// What is asked for to find out who and where the account is, and what it may do.
const (
	attrInvocation = "invocationId"
	attrDescriptor = "nTSecurityDescriptor"
	attrSID        = "objectSid"
	attrToken      = "tokenGroups" // computed by the server (MS-ADTS 3.1.1.4.5.19)
)

// requested are the attributes of every read.
func requested() []string {
	own := []string{attrGUID, attrParent, attrName, attrClass, attrDeleted, attrCritical, attrMember}
	return append(own, directory.Attributes...)
}

// canonical gives the schema's spelling of an attribute that was asked for, without a copy; "" for any other.
func canonical(name string) string {
	switch name {
	case attrGUID:
		return attrGUID
	case attrParent:
		return attrParent
	case attrName:
		return attrName
	case attrClass:
		return attrClass
	case attrDeleted:
		return attrDeleted
	case attrCritical:
		return attrCritical
	case attrMember:
		return attrMember
	case attrMemberOf:
		return attrMemberOf
	case attrChanged:
		return attrChanged
	case "instanceType": // comes with every DirSync entry unasked
		return ""
	}
	for _, known := range directory.Attributes {
		if name == known {
			return known
		}
	}
	return foldedName(name)
}

// foldedName is for a server that spells names in another case (RFC 4512 §2.5: case does not matter).
func foldedName(name string) string {
	for _, known := range requested() {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return ""
}
