// SPDX-License-Identifier: BSD-2-Clause
// See bench/origin.h.
#include "tools/bench/origin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/shell_word.h"

/* Copies the processor's name from Linux's /proc/cpuinfo. */
static void processor_name(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(name, size, "unknown processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strstr(line, ": ") != NULL) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(name, size, "%s", strstr(line, ": ") + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

void origin_host(char *host, size_t size)
{
    char name[128];
    struct utsname system;
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    processor_name(name, sizeof name);
    bool is_known = uname(&system) == 0;
    snprintf(host, size, "%s, %ld processor%s, %s %s", name, count, count == 1 ? "" : "s",
             is_known ? system.sysname : "unknown", is_known ? system.release : "system");
}

void origin_date(char *date, size_t size)
{
    struct tm broken_down;
    time_t now = time(NULL);
    if (gmtime_r(&now, &broken_down) == NULL ||
        strftime(date, size, "%Y-%m-%d %H:%M UTC", &broken_down) == 0) {
        date[0] = '\0';
    }
}

char *origin_command(int argc, char **argv)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    fputs("whelk bench", out); /* argv[0] has the name for the help */
    for (int i = 1; i < argc; i++) {
        fputc(' ', out);
        shell_word_put(argv[i], out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
