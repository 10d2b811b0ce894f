// SPDX-License-Identifier: BSD-2-Clause
// See xen.h. One directory gets the tree, the ISO made of it, the guest's config for xl, and the
// log of its serial port.
#include "tools/guest/xen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/guest/domain.h"
#include "tools/iso/mkrescue.h"
#include "tools/lib/command.h"
#include "tools/lib/config_words.h"
#include "tools/lib/options.h"
#include "tools/lib/say.h"
#include "tools/lib/shell_word.h"
#include "tools/lib/writing.h"

enum {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_NOT_STARTED = 127,

    MODULES_MAX = 64,
    PATH_ROOM = PATH_MAX + 300, /* for what is added to a directory's path */
    LOOK_MICROSECONDS = 100000, /* from one look at the log to the next */
    LOOKS_PER_QUESTION = 10,    /* whether the guest still runs */
};

struct settings {
    const char *loader, *application, *kernel_arguments, *directory;
    const char *modules[MODULES_MAX]; /* "FILE", or "FILE and its arguments" */
    size_t module_count;
    struct domain domain;
    bool only_create, destroy_on_exit, verbose, help;
};

/* Set by a signal: stop showing the log. */
static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

// ---- The command line

static bool add_module(void *settings, const char *argument, struct error *error)
{
    struct settings *these = settings;
    if (these->module_count == MODULES_MAX) {
        return fail(error, "there are more than %d modules", MODULES_MAX);
    }
    these->modules[these->module_count++] = argument;
    return true;
}

static const struct option options[] = {
    {'l', "loader", "FILE", "the Multiboot kernel, or ldhermit.elf", options_text,
     offsetof(struct settings, loader)},
    {'k', "application", "FILE", "its first module; without -l, the kernel", options_text,
     offsetof(struct settings, application)},
    {0, "module", "\"FILE ARGS\"", "a module with its arguments; any number", add_module, 0},
    {0, "kernel-args", "ARGS", "the kernel's arguments (-uart=io:0x3f8)", options_text,
     offsetof(struct settings, kernel_arguments)},
    {'n', "no-start", NULL, "only create the files", options_flag,
     offsetof(struct settings, only_create)},
    {'m', "memory", "SIZE", "the guest's memory (1024)", domain_set_memory,
     offsetof(struct settings, domain)},
    {'c', "cpus", "COUNT", "its processors (1)", domain_set_cpus,
     offsetof(struct settings, domain)},
    {0, "type", DOMAIN_TYPES, "pvh: without a firmware and a disc (hvm)", domain_set_type,
     offsetof(struct settings, domain)},
    {0, "firmware", DOMAIN_FIRMWARES, "what starts it (bios); FILE is Whelk's own", options_text,
     offsetof(struct settings, domain.firmware)},
    {0, "name", "NAME", "its name (the application's)", options_text,
     offsetof(struct settings, domain.name)},
    {0, "bridge", "BRIDGE", "the bridge of its network card (xl's choice)", options_text,
     offsetof(struct settings, domain.bridge)},
    {0, "set", "KEY=VALUE", "a line of xl's config, in place of Whelk's", domain_add_setting,
     offsetof(struct settings, domain)},
    {0, "directory", "DIR", "where the files go (NAME-xen)", options_text,
     offsetof(struct settings, directory)},
    {0, "destroy-on-exit", NULL, "end the guest at Ctrl-C", options_flag,
     offsetof(struct settings, destroy_on_exit)},
    {'v', "verbose", NULL, "show the commands", options_flag, offsetof(struct settings, verbose)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION…] -l LOADER -k APPLICATION\n"
           "Makes an ISO of a Multiboot kernel and its modules, and a Xen guest that boots\n"
           "it; starts the guest and shows what it says on its serial port or console.\n\n",
           name);
    options_help(options);
}

// ---- The tree

static bool copy_file(const char *from, const char *to, struct error *error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    struct stat status = {0};
    bool done = in >= 0 && fstat(in, &status) == 0;
    if (!done || !S_ISREG(status.st_mode)) {
        fail(error, "%s: %s", from, done ? "is no regular file" : strerror(errno));
        done = false;
    } else {
        out = writing_create(to);
        ssize_t sent = out < 0 ? -1 : 1;
        while (sent > 0) {
            sent = sendfile(out, in, NULL, 1 << 30);
        }
        done = sent == 0 || fail(error, "%s: %s", to, strerror(errno));
    }
    if (in >= 0) {
        close(in);
    }
    if (out >= 0 && close(out) != 0 && done) {
        return fail(error, "%s: %s", to, strerror(errno));
    }
    return done;
}

static bool write_file(const char *path, const char *text, size_t length, struct error *error)
{
    int file = writing_create(path);
    bool done = file >= 0 && write_all(file, text, length);
    int reason = errno;
    if (file >= 0 && close(file) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || fail(error, "%s: %s", path, strerror(reason));
}

/* Copies a file to /boot/NAME of the tree, and adds its line to the config. */
static bool add_file(FILE *config, const char *tree, const char *command, const char *file,
                     const char *name, const char *arguments, struct error *error)
{
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/boot/%s", tree, name);
    fprintf(config, "    %s /boot/%s", command, name);
    config_words(config, arguments);
    fputc('\n', config);
    return copy_file(file, path, error);
}

/* Adds "FILE ARGS". The file's name ends at the first blank, unless the whole is a file's name. */
static bool add_module_line(FILE *config, const char *tree, const char *module, size_t number,
                            struct error *error)
{
    char file[PATH_MAX], name[32];
    size_t length = access(module, F_OK) == 0 ? strlen(module) : strcspn(module, " ");
    if (length >= sizeof file) {
        return fail(error, "%.100s…: the name is too long", module);
    }
    memcpy(file, module, length);
    file[length] = '\0';
    snprintf(name, sizeof name, "module%zu", number);
    return add_file(config, tree, "module", file, name, module + length, error);
}

/* Writes the config, and puts the files that it names into the tree. */
static bool write_boot(const struct settings *settings, const char *tree, FILE *config,
                       struct error *error)
{
    bool alone = settings->loader == NULL;
    fprintf(config, "set timeout=0\nmenuentry \"%s\" {\n", settings->domain.name);
    bool done =
        add_file(config, tree, "multiboot", alone ? settings->application : settings->loader,
                 "kernel", settings->kernel_arguments, error);
    if (done && !alone && settings->application != NULL) {
        done = add_file(config, tree, "module", settings->application, "application", "", error);
    }
    for (size_t i = 0; done && i < settings->module_count; i++) {
        done = add_module_line(config, tree, settings->modules[i], i, error);
    }
    fputs("}\n", config);
    return done;
}

static bool write_tree(const struct settings *settings, const char *tree, struct error *error)
{
    static const char *const folders[] = {"", "/boot", "/boot/grub"};
    char path[PATH_ROOM + 64], *text = NULL;
    size_t length = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s%s", tree, folders[i]);
        if (!writing_directory(path, error)) {
            return false;
        }
    }
    FILE *config = open_memstream(&text, &length);
    if (config == NULL) {
        return fail(error, "out of memory");
    }
    bool done = write_boot(settings, tree, config, error);
    done = writing_close(config, "the config", done ? error : &(struct error){""}) && done;
    snprintf(path, sizeof path, "%s/boot/grub/grub.cfg", tree);
    done = done && write_file(path, text, length, error);
    free(text);
    return done;
}

static bool make_iso(char *iso, const char *tree, bool verbose, struct error *error)
{
    char name[] = "whelk xen", option[] = "-o", graft[PATH_ROOM + 64];
    char iso_word[SHELL_WORD_BYTES], tree_word[SHELL_WORD_BYTES];
    snprintf(graft, sizeof graft, "/=%s", tree);
    if (verbose) {
        fprintf(stderr, "whelk mkrescue -o %s %s\n", shell_word(iso_word, iso),
                shell_word(tree_word, tree));
    }
    return mkrescue(4, (char *[]){name, option, iso, graft, NULL}) == STATUS_DONE ||
           fail(error, "%s: no ISO was made", tree);
}

// ---- The guest

static bool write_definition(const struct domain *domain, const char *path, struct error *error)
{
    FILE *file = writing_create_stream(path);
    if (file != NULL) {
        domain_write_xl(domain, file);
    }
    return writing_close(file, path, error);
}

/* Runs `xl COMMAND ARGUMENT`, and returns its exit status. */
static int xl(const char *command, const char *argument, bool quiet, bool verbose)
{
    struct command line = {0};
    const char *const words[] = {"xl", command, argument};
    int output = quiet ? STREAM_NOTHING : STREAM_OURS, status = 0;
    if (verbose) {
        fprintf(stderr, "xl %s %s\n", command, argument);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        command_add(&line, "%s", words[i]);
    }
    pid_t child = line.failed ? -1
                              : command_start(&line, &(const struct start){.input = STREAM_OURS,
                                                                           .output = output,
                                                                           .errors = output});
    if (child > 0) {
        status = command_wait(child);
    }
    command_free(&line);
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_NOT_STARTED;
}

/* Shows what has been added to the log since the last call. */
static void show_log(int *log, const char *path)
{
    char piece[4096];
    ssize_t length;
    if (*log < 0) {
        *log = open(path, O_RDONLY | O_CLOEXEC);
    }
    while (*log >= 0 && (length = read(*log, piece, sizeof piece)) > 0) {
        fwrite(piece, 1, (size_t)length, stdout);
    }
    fflush(stdout);
}

static void say_end(const struct settings *settings, bool runs)
{
    const char *name = settings->domain.name;
    if (!runs && settings->domain.pvh) {
        say("%s has ended", name);
    } else if (!runs) {
        say("%s has ended; its log is %s", name, settings->domain.log);
    } else if (settings->destroy_on_exit) {
        xl("destroy", name, false, settings->verbose);
    } else {
        say("%s still runs; `xl destroy %s` ends it", name, name);
    }
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Shows the log until the guest has ended, or a signal comes. */
static void follow(const struct settings *settings)
{
    catch_interrupts();
    const char *name = settings->domain.name;
    bool runs = true;
    int log = -1;
    for (unsigned look = 1; runs && interrupted == 0; look++) {
        show_log(&log, settings->domain.log);
        usleep(LOOK_MICROSECONDS);
        if (look % LOOKS_PER_QUESTION == 0) {
            bool answered = xl("domid", name, true, false) == 0;
            runs = answered || interrupted != 0; /* Ctrl-C ends xl as well */
        }
    }
    show_log(&log, settings->domain.log);
    if (log >= 0) {
        close(log);
    }
    say_end(settings, runs);
}

/* True if `xl create` has done its work, by its exit status. */
static bool is_created(int status, const char *definition, struct error *error)
{
    if (status == STATUS_NOT_STARTED) {
        return fail(error, "xl cannot be run; it starts guests. On Debian: "
                           "apt install xen-system-amd64, then boot Xen");
    }
    return status == 0 ||
           fail(error, "xl create %s failed with exit status %d", definition, status);
}

/* Runs `xl create -c` until the guest has ended, which closes its console, or a signal comes. It
   gets no key and no end of its input, so that Ctrl-C comes to us. Returns its exit status. */
static int create_with_console(const char *definition, bool verbose)
{
    struct command line = {0};
    int input[2], status = 0;
    if (pipe2(input, O_CLOEXEC) != 0) {
        return STATUS_NOT_STARTED;
    }
    if (verbose) {
        fprintf(stderr, "xl create -c %s\n", definition);
    }
    const char *const words[] = {"xl", "create", "-c", definition};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        command_add(&line, "%s", words[i]);
    }
    pid_t child = line.failed ? -1
                              : command_start(&line, &(const struct start){.input = input[0],
                                                                           .output = STREAM_OURS,
                                                                           .errors = STREAM_OURS});
    command_free(&line);
    close(input[0]);
    while (child > 0 && interrupted == 0 && waitpid(child, &status, WNOHANG) == 0) {
        usleep(LOOK_MICROSECONDS);
    }
    if (child > 0 && interrupted != 0) {
        kill(child, SIGTERM);
        command_wait(child);
        status = 0;
    }
    close(input[1]);
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_NOT_STARTED;
}

static bool start(const struct settings *settings, const char *definition, struct error *error)
{
    if (settings->domain.pvh) {
        catch_interrupts();
        if (!is_created(create_with_console(definition, settings->verbose), definition, error)) {
            return false;
        }
        say_end(settings, xl("domid", settings->domain.name, true, false) == 0);
        return true;
    }
    unlink(settings->domain.log); /* an earlier guest's */
    if (!is_created(xl("create", definition, false, settings->verbose), definition, error)) {
        return false;
    }
    follow(settings);
    return true;
}

/* True if a file's first bytes contain HermitCore's name. */
static bool is_hermitcore(const char *path)
{
    char text[256 * 1024];
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text);
    if (file >= 0) {
        close(file);
    }
    return length > 0 && (memmem(text, (size_t)length, "HermitCore", 10) != NULL ||
                          memmem(text, (size_t)length, "hermit", 6) != NULL);
}

// ---- All of it

struct paths {
    char name[NAME_MAX + 1]; /* the guest's, if the user gives none */
    char directory[PATH_MAX], tree[PATH_ROOM], iso[PATH_ROOM], definition[PATH_ROOM],
        log[PATH_ROOM], image[PATH_ROOM];
};

/* Makes the directory, and names the files in it. */
static bool name_paths(const struct settings *settings, struct paths *paths, struct error *error)
{
    char directory[PATH_MAX];
    const char *name = settings->domain.name;
    int length = settings->directory != NULL
                     ? snprintf(directory, sizeof directory, "%s", settings->directory)
                     : snprintf(directory, sizeof directory, "%s-xen", name);
    if (length >= PATH_MAX || strlen(name) > NAME_MAX - 8) {
        return fail(error, "%.100s…: the name is too long", name);
    }
    if (!writing_directory(directory, error)) {
        return false;
    }
    if (realpath(directory, paths->directory) == NULL) {
        return fail(error, "%s: %s", directory, strerror(errno));
    }
    snprintf(paths->tree, PATH_ROOM, "%s/tree", paths->directory);
    snprintf(paths->iso, PATH_ROOM, "%s/%s.iso", paths->directory, name);
    snprintf(paths->definition, PATH_ROOM, "%s/%s.xl", paths->directory, name);
    snprintf(paths->log, PATH_ROOM, "%s/%s.log", paths->directory, name);
    return true;
}

/* Names Whelk's file that starts the guest: the user's, or one that we write beside the ISO. */
static bool place_image(struct domain *domain, struct paths *paths, struct error *error)
{
    enum firmware_file file;
    if (!domain_uses_image(domain, true, &file)) {
        return true;
    }
    domain->image = paths->image;
    if (domain_names_image(domain)) {
        return realpath(domain->firmware, paths->image) != NULL ||
               fail(error, "%s: %s", domain->firmware, strerror(errno));
    }
    snprintf(paths->image, PATH_ROOM, "%s/%s", paths->directory, firmware_name(file));
    return firmware_write(file, paths->image, error);
}

static bool make(struct settings *settings, struct error *error)
{
    static struct paths paths; /* large */
    struct domain *domain = &settings->domain;
    if (domain->name == NULL) {
        domain_name(settings->application != NULL ? settings->application : settings->loader,
                    paths.name, sizeof paths.name);
        domain->name = paths.name;
    }
    if (domain->name[strspn(domain->name, "0123456789")] == '\0') {
        return fail(error, "'%s': xl takes a number for a guest's id; give a name (--name)",
                    domain->name);
    }
    domain->iso = "";
    if (!domain_check(domain, error) || !name_paths(settings, &paths, error)) {
        return false;
    }
    domain->iso = paths.iso;
    domain->log = domain->pvh ? NULL : paths.log; /* such a guest has no serial port */
    if (domain->cpus > 1 && is_hermitcore(settings->loader)) {
        say_warning(
            "HermitCore waits for ever for further processors in a Xen HVM guest, since their "
            "APIC ids are 0, 2, 4 …; use one");
    }
    if (!place_image(domain, &paths, error) || !domain_check(domain, error) ||
        !write_tree(settings, paths.tree, error) ||
        !make_iso(paths.iso, paths.tree, settings->verbose, error) ||
        !write_definition(domain, paths.definition, error)) {
        return false;
    }
    if (settings->verbose || settings->only_create) {
        say("%s and %s are written", paths.iso, paths.definition);
    }
    if (settings->only_create) {
        char word[SHELL_WORD_BYTES];
        say("now: xl create %s%s", domain->pvh ? "-c " : "", shell_word(word, paths.definition));
        if (!domain->pvh) {
            say("its serial port's output goes to %s", domain->log);
        }
    }
    return settings->only_create || start(settings, paths.definition, error);
}

int xen(int argc, char **argv)
{
    struct settings settings = {.kernel_arguments = "-uart=io:0x3f8",
                                .domain = {.memory_mib = DOMAIN_MEMORY_MIB, .cpus = 1}};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error) ||
        (!settings.help && !domain_check_firmware(&settings.domain, &error))) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_DONE;
    } else if (line.operands.count + line.rest.count > 0) {
        const char *word = line.operands.count > 0 ? line.operands.at[0] : "--";
        say_error("%s: is no option; a kernel follows -l (--help shows how to call it)", word);
    } else if (settings.only_create && settings.destroy_on_exit) {
        say_error("--destroy-on-exit and --no-start exclude each other");
    } else if (settings.loader == NULL && settings.application == NULL) {
        say_error("the kernel is missing, -l FILE (--help shows how to call it)");
    } else if (make(&settings, &error)) {
        status = STATUS_DONE;
    } else {
        say_error("%s", error.message);
        status = STATUS_FAILED;
    }
    options_free(&line);
    return status;
}
