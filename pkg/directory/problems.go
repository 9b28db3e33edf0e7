package directory

import "passlysync/pkg/problem"

// Codes of the problems a Reader returns, beside those of package problem. The first three are also conditions.
const (
	Unreachable        problem.Code = "directory-unreachable"         // no connection, or one that broke
	CredentialsRefused problem.Code = "directory-credentials-refused" // the bind was answered with no
	RightsMissing      problem.Code = "directory-rights-missing"      // the account may not read what sync needs
	Busy               problem.Code = "directory-busy"                // up, but it cannot serve now
	Untrusted          problem.Code = "directory-untrusted"           // TLS: certificate, name or version
	AnswerWrong        problem.Code = "directory-answer-wrong"        // what it said is malformed or incomplete
	Refused            problem.Code = "directory-refused"             // it understood the request and said no
)
