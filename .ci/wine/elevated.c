/* An elevated prompt: runs a command line as one in which somebody chose “Run as administrator” would, and gives its exit code.
   Wine makes a process elevated only by its manifest (elevated.rc); what that starts is elevated, too. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>

int main(void)
{
    WCHAR *line = GetCommandLineW();
    STARTUPINFOW startup = { sizeof startup };
    PROCESS_INFORMATION process;
    DWORD code = 1;

    if (*line == '"')
        for (line++; *line && *line++ != '"';) ;
    else
        while (*line && *line != ' ') line++;
    while (*line == ' ') line++;
    SetConsoleCtrlHandler(NULL, TRUE); /* Ctrl+C is for what runs here */
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        fprintf(stderr, "cannot be started: error %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return code;
}
