/* What a domain controller's netapi32.dll answers, as far as the agent and Go's os/user ask: Wine's own says that every machine
   is in no domain. Tests change the machine's part by the environment: ROLE (DSROLE_MACHINE_ROLE, 5 is a primary domain
   controller), ROLE_FLAGS (of DSROLE_PRIMARY_DOMAIN_INFO_BASIC, with 8 its directory is read-only), DOMAIN, and MANAGED_ACCOUNT, the one managed service account that this machine may use. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdlib.h>
#include <wchar.h>

#define EXPORT __declspec(dllexport)
#define INVALID_PARAMETER 87
#define NOT_SUPPORTED 50

struct domain_information { DWORD role; ULONG flags; WCHAR *flat, *dns, *forest; GUID guid; };

static DWORD variable(const WCHAR *name, WCHAR *value, DWORD size, const WCHAR *otherwise)
{
    DWORD n = GetEnvironmentVariableW(name, value, size);
    if (n == 0 || n >= size)
        wcscpy(value, otherwise);
    return wcslen(value);
}

EXPORT DWORD WINAPI DsRoleGetPrimaryDomainInformation(const WCHAR *server, int level, BYTE **out)
{
    static const WCHAR flat[] = L"EXAMPLE";
    WCHAR role[16], flags[16], dns[256];
    struct domain_information *info;

    if (server || level != 1 || !out)
        return INVALID_PARAMETER;
    variable(L"ROLE", role, 16, L"5");
    variable(L"ROLE_FLAGS", flags, 16, L"1"); /* DSROLE_PRIMARY_DS_RUNNING */
    variable(L"DOMAIN", dns, 256, L"example.test");
    info = calloc(1, sizeof *info + sizeof flat + sizeof dns);
    info->role = wcstoul(role, NULL, 10);
    info->flags = wcstoul(flags, NULL, 0);
    info->flat = (WCHAR *)(info + 1);
    wcscpy(info->flat, flat);
    if (info->role != 0 && info->role != 2) {
        info->dns = info->forest = info->flat + sizeof flat / sizeof *flat;
        wcscpy(info->dns, dns);
    }
    *out = (BYTE *)info;
    return 0;
}

EXPORT void WINAPI DsRoleFreeMemory(void *memory) { free(memory); }

EXPORT DWORD WINAPI NetIsServiceAccount(WCHAR *server, WCHAR *account, BOOL *is)
{
    WCHAR managed[256];
    if (!account || !is)
        return INVALID_PARAMETER;
    variable(L"MANAGED_ACCOUNT", managed, 256, L"");
    *is = managed[0] && !_wcsicmp(account, managed);
    return 0;
}

/* Go's os/user: in a work group, and no user is told. */
EXPORT DWORD WINAPI NetGetJoinInformation(const WCHAR *server, WCHAR **name, int *status)
{
    *name = calloc(1, sizeof(WCHAR));
    *status = 1;
    return 0;
}

EXPORT DWORD WINAPI NetApiBufferFree(void *memory) { free(memory); return 0; }
EXPORT DWORD WINAPI NetUserGetInfo(const WCHAR *server, const WCHAR *name, DWORD level, BYTE **out) { return NOT_SUPPORTED; }
EXPORT DWORD WINAPI NetUserGetLocalGroups(const WCHAR *server, const WCHAR *name, DWORD level, DWORD flags, BYTE **out, DWORD most, DWORD *read, DWORD *all)
{
    *out = NULL; *read = *all = 0;
    return NOT_SUPPORTED;
}
