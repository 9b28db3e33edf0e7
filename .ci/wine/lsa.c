/* A local security authority that remembers: what Wine's own does not answer, of what the agent's setup asks. It writes each call into
   the file that LSA_SAYS names; LogonUserW lets in by the password LSA_PASSWORD, or else fails with the error LSA_REFUSES. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <sddl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define EXPORT __declspec(dllexport)

struct unicode_string { USHORT length, maximum; WCHAR *buffer; };
struct object_attributes { ULONG length; HANDLE root; void *name; ULONG attributes; void *descriptor, *quality; };

static void say(const char *format, ...)
{
    char path[MAX_PATH];
    va_list args;
    FILE *file;
    DWORD n = GetEnvironmentVariableA("LSA_SAYS", path, sizeof path);
    if (n == 0 || n >= sizeof path || !(file = fopen(path, "a")))
        return;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    fclose(file);
}

EXPORT LONG WINAPI LsaOpenPolicy(struct unicode_string *system, struct object_attributes *attributes, DWORD access, HANDLE *policy)
{
    if (system || attributes->length != sizeof *attributes || attributes->root || attributes->name)
        return 0xC000000D; /* STATUS_INVALID_PARAMETER */
    say("open %lx\n", access);
    *policy = (HANDLE)0x1234;
    return 0;
}

EXPORT LONG WINAPI LsaAddAccountRights(HANDLE policy, PSID account, struct unicode_string *rights, ULONG count)
{
    char *sid = NULL;
    ULONG i;
    if (policy != (HANDLE)0x1234 || !IsValidSid(account) || !ConvertSidToStringSidA(account, &sid))
        return 0xC000000D;
    for (i = 0; i < count; i++) {
        if (rights[i].length != wcslen(rights[i].buffer) * sizeof(WCHAR) || rights[i].maximum < rights[i].length)
            return 0xC0000060; /* STATUS_NO_SUCH_PRIVILEGE */
        say("grant %s %ls\n", sid, rights[i].buffer);
    }
    LocalFree(sid);
    return 0;
}

EXPORT LONG WINAPI LsaClose(HANDLE policy)
{
    say("close\n");
    return policy == (HANDLE)0x1234 ? 0 : 0xC0000008; /* STATUS_INVALID_HANDLE */
}

EXPORT BOOL WINAPI LogonUserW(const WCHAR *name, const WCHAR *domain, const WCHAR *password, DWORD type, DWORD provider, HANDLE *token)
{
    WCHAR right[256], refuses[16];
    if (GetEnvironmentVariableW(L"LSA_PASSWORD", right, 256) == 0)
        *right = 0;
    if (GetEnvironmentVariableW(L"LSA_REFUSES", refuses, 16) == 0)
        wcscpy(refuses, L"1326"); /* ERROR_LOGON_FAILURE */
    say("logon %ls of %ls, kind %lu, provider %lu\n", name, domain ? domain : L"no domain", type, provider);
    if (!password || wcscmp(password, right)) {
        SetLastError(wcstoul(refuses, NULL, 10));
        return FALSE;
    }
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token);
}
