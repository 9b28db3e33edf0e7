package ad

import (
	"context"
	"math"
	"strconv"
	"time"

	"passlysync/pkg/directory"
)

// Attributes of the domain and of people that rule passwords (MS-ADA2), and those of password settings objects in the same
// order.
var (
	domainRules = []string{"minPwdLength", "pwdProperties", "pwdHistoryLength", "minPwdAge", "maxPwdAge", "lockoutThreshold", "lockOutObservationWindow", "lockoutDuration"}
	objectRules = []string{
		"msDS-MinimumPasswordLength", "msDS-PasswordComplexityEnabled", "msDS-PasswordHistoryLength", "msDS-MinimumPasswordAge",
		"msDS-MaximumPasswordAge", "msDS-LockoutThreshold", "msDS-LockoutObservationWindow", "msDS-LockoutDuration",
	}
)

const attrResultant = "msDS-ResultantPSO" // constructed; only who may read it sees it

// PasswordRules gives what counts for somebody, or for the domain.
func (r *Reader) PasswordRules(ctx context.Context, id directory.GUID) (rules directory.PasswordRules, err error) {
	err = r.with(ctx, func(s *session) error {
		of := ""
		if !id.IsZero() {
			rows, err := s.rows(ctx, baseOf(byGUID(id), []string{attrResultant}))
			if err != nil && !saysNo(err) {
				return err
			}
			if len(rows) > 0 {
				of = rows[0].value(attrResultant)
			}
		}
		rules, err = s.passwordRules(ctx, of)
		return err
	})
	return rules, err
}

// passwordRules reads a password settings object; where it cannot be read, or there is none, the domain's.
func (s *session) passwordRules(ctx context.Context, object string) (directory.PasswordRules, error) {
	if object != "" {
		rows, err := s.rows(ctx, baseOf(object, append([]string{attrName}, objectRules...)))
		if err != nil && !saysNo(err) {
			return directory.PasswordRules{}, err
		}
		if len(rows) > 0 && rows[0].value(objectRules[0]) != "" {
			rules := rulesOf(rows[0], objectRules)
			rules.Complex, rules.Named = rows[0].value(objectRules[1]) == "TRUE", rows[0].value(attrName)
			return rules, nil
		}
	}
	rows, err := s.rows(ctx, baseOf(s.domain.BaseDN, domainRules))
	if err != nil || len(rows) == 0 {
		return directory.PasswordRules{}, err
	}
	rules := rulesOf(rows[0], domainRules)
	const complexity = 1 // DOMAIN_PASSWORD_COMPLEX, MS-SAMR 2.2.3.5 pwdProperties
	rules.Complex = number(rows[0].value(domainRules[1]))&complexity != 0
	return rules, nil
}

func rulesOf(r row, names []string) directory.PasswordRules {
	at := func(i int) string { return r.value(names[i]) }
	return directory.PasswordRules{
		MinLength: number(at(0)), History: number(at(2)), MinAge: interval(at(3)), MaxAge: interval(at(4)),
		LockoutThreshold: number(at(5)), LockoutWindow: interval(at(6)), LockoutDuration: interval(at(7)),
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// interval reads a relative FILETIME: negative, in 100 ns. The least number means never, which is 0 here.
func interval(text string) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n >= 0 || n == math.MinInt64 || -n > math.MaxInt64/100 {
		return 0
	}
	return time.Duration(-n * 100)
}

// filetime reads an absolute FILETIME; 0 and the greatest number are the zero time.
func filetime(text string) time.Time {
	const unixEpoch = 116444736000000000 // in 100 ns since 1601
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n == math.MaxInt64 {
		return time.Time{}
	}
	return time.UnixMicro((n - unixEpoch) / 10).UTC()
}
