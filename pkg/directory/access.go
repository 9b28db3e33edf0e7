package directory

// Access is what an account may do in a directory, as tried or read there, and how to grant what it lacks.
type Access struct {
	Domain   Domain
	Contexts []NamingContext // those that sync reads; the domain's own first
	Rights   []Right         // in the order of their names below
}

// NamingContext is a tree of the directory (MS-ADTS 3.1.1.1.5).
type NamingContext struct {
	DN       string
	Readable bool
}

// RightName names a right of the account. Serialized.
type RightName string

// The rights that matter to sync.
const (
	ReplicateChanges   RightName = "replicate-changes"    // DS-Replication-Get-Changes, MS-ADTS 5.1.3.2.1
	ListDeletedObjects RightName = "list-deleted-objects" // List and Read on CN=Deleted Objects
	ResetPassword      RightName = "reset-password"       // User-Force-Change-Password; this and the rest for two-way passwords only
	WriteLastSet       RightName = "write-pwd-last-set"   // write property pwdLastSet: to be changed at the next sign-in
	WriteLockout       RightName = "write-lockout-time"   // write property lockoutTime: unlock on reset
)

// Right is one right of the account.
type Right struct {
	Name  RightName
	Title string // as Active Directory's own dialog calls it: "Replicating Directory Changes"
	Held  bool
	Where string  // where it is held or lacking, in words, such as "3 of 8 units"; may be empty
	Means string  // what follows from lacking it
	Only  string  // the setting that needs it, in words, such as "two-way passwords"; empty: sync itself uses it
	Grant []Grant // how to give it, on the smallest scope; empty when Held
}

// Grant is one way to give a right: commands that do it, ready to copy. Run as a domain administrator.
type Grant struct {
	Tool     string // "dsacls", "PowerShell", "samba-tool"
	Commands []string
}

// ServiceAccount is a group managed service account of the directory.
type ServiceAccount struct {
	Name   string // sAMAccountName without the dollar sign
	DN     string
	Usable bool // this host may fetch its password
}
