// SPDX-License-Identifier: BSD-2-Clause
// The host program `whelk`. The first argument selects the command, or the name that the program
// was called by does (`whelk-mkrescue`; also `grub-mkrescue`, `i686-elf-grub-mkrescue`, …).
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "stage2/text/nearest.h"
#include "tools/bench/bench.h"
#include "tools/check/command.h"
#include "tools/guest/domain.h"
#include "tools/guest/firmware.h"
#include "tools/iso/mkrescue.h"
#include "tools/guest/run.h"
#include "tools/lib/say.h"
#include "tools/lib/topics.h"
#include "tools/guest/xen.h"

static const struct {
    const char *name, *help;
    const char *linked_as; /* a link's name, of which only the end from '-' on counts; or NULL */
    int (*run)(int argc, char **argv);
} commands[] = {
    {"mkrescue", "make a bootable ISO of a directory", "whelk-mkrescue", mkrescue},
    {"check", "say what a tree, an ISO or a kernel would boot", "whelk-file", check_command},
    {"run", "boot a directory, an ISO or a kernel in QEMU", NULL, run},
    {"xen", "run a kernel as a Xen guest", "xen-single-kernel.sh", xen},
    {"domain", "print the definition of a guest that boots an ISO", NULL, domain_command},
    {"firmware", "print the file that starts a machine without a firmware", NULL, firmware_command},
    {"bench", "measure how long the boot of a directory takes", NULL, bench},
};
#define GRUB_VERSION "2.06" /* we take its command line */
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0], STATUS_FAILED = 1, STATUS_USAGE = 2 };

static void show_help(void)
{
    puts("Usage: whelk COMMAND [ARGUMENT…]\n"
         "Makes and checks boot ISOs for Multiboot kernels.\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-10s %s", commands[i].name, commands[i].help);
        if (commands[i].linked_as != NULL) {
            printf(" (also: %s)", commands[i].linked_as);
        }
        puts("");
    }
    puts("\nwhelk help COMMAND says more; whelk help how-to: short answers; whelk help\n"
         "boot-errors: what the loader's messages mean; whelk --version.");
}

/* True if name ends with the part of linked_as from its first '-' on, and is longer. */
static bool is_called(const char *name, const char *linked_as)
{
    const char *end = linked_as != NULL ? strchr(linked_as, '-') : name;
    size_t length = strlen(name), end_length = strlen(end);
    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

/* Makes sure that standard output took all that was printed. Returns the exit status. */
static int finish(int status)
{
    bool failed = true;
    int reason = 0;
    if (fflush(stdout) != 0) {
        reason = errno;
    } else if (ferror(stdout)) { /* earlier; a further byte fails for the same reason */
        clearerr(stdout);
        if (fputc('\n', stdout) == EOF || fflush(stdout) != 0) {
            reason = errno;
        }
    } else {
        failed = false;
    }
    if (failed && status == 0) {
        say_error("standard output: %s",
                  reason != 0 ? strerror(reason) : "not all could be written");
        return STATUS_FAILED;
    }
    return status;
}

/* Runs a command, or answers --version. If the name contains "grub", the first line is like GRUB
   2's, because build scripts look for that. */
static int run_command(size_t index, const char *name, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        if (strstr(name, "grub") != NULL) {
            printf("%s (Whelk) " GRUB_VERSION "\n", name);
        }
        printf("whelk-%s (Whelk) " WHELK_VERSION "\n", commands[index].name);
        return finish(0);
    }
    return finish(commands[index].run(argc, argv));
}

/* Finds a command by its name. COMMAND_COUNT: there is none. */
static size_t find_command(const char *name)
{
    size_t i = 0;
    while (i < COMMAND_COUNT && strcmp(name, commands[i].name) != 0) {
        i++;
    }
    return i;
}

/* Runs `whelk NAME ARGUMENT…`, of which argv[0] is the name. */
static int run_named(size_t index, int argc, char **argv)
{
    static char called[32]; /* argv refers to it */
    snprintf(called, sizeof called, "whelk %s", commands[index].name);
    argv[0] = called;
    return run_command(index, "whelk", argc, argv);
}

/* Says that there is no such command, and which one may be meant. */
static int refuse_command(const char *name)
{
    struct nearest nearest = {.word = name};
    nearest_offer(&nearest, "help");
    nearest_offer(&nearest, "--help");
    nearest_offer(&nearest, "--version");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        nearest_offer(&nearest, commands[i].name);
    }
    if (nearest.name != NULL) {
        say_error("unknown command %s; is %s meant?", name, nearest.name);
    } else if (access(name, F_OK) == 0) {
        say_error("unknown command %s; to boot it: whelk run %s", name, name);
    } else {
        say_error("unknown command %s (whelk help lists what there is)", name);
    }
    return STATUS_USAGE;
}

/* Answers `whelk help`, `whelk help COMMAND` and `whelk help TOPIC`. */
static int help(int argc, char **argv)
{
    size_t index = argc > 1 ? find_command(argv[1]) : COMMAND_COUNT;
    char option[] = "--help";
    if (index < COMMAND_COUNT) {
        return run_named(index, 2, (char *[]){argv[1], option, NULL});
    }
    if (argc > 1 && topic_print(argv[1])) {
        return finish(0);
    }
    if (argc > 1 && strcmp(argv[1], "help") != 0) {
        return refuse_command(argv[1]);
    }
    show_help();
    return finish(0);
}

static bool is_one_of(const char *word, const char *first, const char *second, const char *third)
{
    return strcmp(word, first) == 0 || strcmp(word, second) == 0 || strcmp(word, third) == 0;
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "whelk";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_called(name, commands[i].linked_as)) {
            return run_command(i, name, argc, argv);
        }
    }
    if (argc < 2) {
        say_error("a command is missing (whelk help lists them)");
        return STATUS_USAGE;
    }
    size_t index = find_command(argv[1]);
    if (index < COMMAND_COUNT) {
        return run_named(index, argc - 1, argv + 1);
    }
    if (is_one_of(argv[1], "help", "--help", "-h")) {
        return help(argc - 1, argv + 1);
    }
    if (is_one_of(argv[1], "version", "--version", "-V")) {
        puts("whelk " WHELK_VERSION);
        return finish(0);
    }
    return refuse_command(argv[1]);
}
