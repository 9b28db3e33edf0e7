/* A person at the windows of a program: press.exe TITLE BUTTON waits until a window of that title has that button and lets it be
   pressed, prints what the window says, a line each, and presses it. It fails where that does not come within half a minute. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

static const WCHAR *wanted;
static HWND button;

static void text_of(HWND window, WCHAR *text, int size)
{
    WCHAR *from, *to;
    *text = 0;
    SendMessageTimeoutW(window, WM_GETTEXT, size, (LPARAM)text, SMTO_ABORTIFHUNG, 1000, NULL);
    for (from = to = text; *from; from++) /* & marks the key that presses it */
        if (*from != '&')
            *to++ = *from;
    *to = 0;
}

static BOOL CALLBACK look(HWND child, LPARAM print)
{
    WCHAR text[512];
    text_of(child, text, 512);
    if (print && *text) {
        char utf8[2048];
        WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
        printf("%s%s\n", IsWindowEnabled(child) ? "" : "(off) ", utf8);
    }
    if (!wcscmp(text, wanted) && IsWindowVisible(child) && IsWindowEnabled(child))
        button = child;
    return TRUE;
}

int wmain(int argc, WCHAR **argv)
{
    int i;
    if (argc != 3)
        return 2;
    wanted = argv[2];
    for (i = 0; i < 300; i++, Sleep(100)) {
        HWND window = FindWindowW(NULL, argv[1]);
        if (!window || !IsWindowVisible(window))
            continue;
        EnumChildWindows(window, look, FALSE);
        if (!button)
            continue;
        EnumChildWindows(window, look, TRUE);
        return PostMessageW(button, BM_CLICK, 0, 0) ? 0 : 1;
    }
    fwprintf(stderr, L"no window “%ls” in which “%ls” can be pressed\n", argv[1], argv[2]);
    return 1;
}
