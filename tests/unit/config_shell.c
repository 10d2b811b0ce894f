// SPDX-License-Identifier: BSD-2-Clause
// Runs a config on the host. Its output goes to standard output; its input comes from standard
// input and from the files below FOLDER, which has boot/grub/grub.cfg. Then evaluates the default
// entry. With -e it prints what each entry would boot instead, with -u the same for UEFI. The tests
// test_config_grub.py and test_corpus_grub.py compare this with GRUB. Usage: config_shell [-e | -u]
// FOLDER
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "stage2/config/config.h"

static const char *folder;
static const char config_path[] = "/boot/grub/grub.cfg";

static enum config_node find(const char *path)
{
    char name[4096];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", folder, path);
    if (stat(name, &status) != 0) {
        return CONFIG_NODE_NONE;
    }
    if (S_ISDIR(status.st_mode)) {
        return CONFIG_NODE_DIRECTORY;
    }
    return status.st_size > 0 ? CONFIG_NODE_FILE : CONFIG_NODE_EMPTY;
}

static bool read_file(const char *path, struct arena *arena, struct bytes *text,
                      struct error *error)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", folder, path);
    FILE *file = fopen(name, "rb");
    uint8_t *data = arena_allocate(arena, CONFIG_MAX_BYTES, 1);
    if (file == NULL || data == NULL) {
        return fail(error, "%s", file == NULL ? "not found" : "no memory");
    }
    *text = (struct bytes){data, fread(data, 1, CONFIG_MAX_BYTES, file)};
    fclose(file);
    return true;
}

static bool open_file(const char *path, enum file_compression compression, struct file *file,
                      struct arena *arena, struct error *error)
{
    char name[4096];
    struct stat status;
    (void)compression;
    (void)arena;
    snprintf(name, sizeof name, "%s%s", folder, path);
    if (stat(name, &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(error, "no such file");
    }
    *file = (struct file){.path = path, .size = (uint64_t)status.st_size};
    return true;
}

static bool read_part(const struct file *file, uint64_t offset, size_t length, void *buffer,
                      struct error *error)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", folder, file->path);
    FILE *stream = fopen(name, "rb");
    bool is_read = stream != NULL && fseek(stream, (long)offset, SEEK_SET) == 0 &&
                   fread(buffer, 1, length, stream) == length;
    if (stream != NULL) {
        fclose(stream);
    }
    return is_read || fail(error, "cannot be read");
}

/* Lists the names in the folder's order, as grub-emu does. */
static bool list(const char *path, struct arena *arena, struct listed_name **names,
                 struct error *error)
{
    char name[4096];
    struct listed_name **link = names;
    snprintf(name, sizeof name, "%s%s", folder, path);
    DIR *directory = opendir(name);
    *names = NULL;
    if (directory == NULL) {
        return fail(error, "no such directory");
    }
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        *link = ARENA_NEW(arena, struct listed_name);
        assert(*link != NULL);
        (*link)->text = arena_text(arena, entry->d_name, strlen(entry->d_name));
        link = &(*link)->next;
    }
    closedir(directory);
    return true;
}

static void print(const char *text)
{
    fputs(text, stdout);
}

static void read_line(char *text, size_t size)
{
    if (fgets(text, (int)size, stdin) != NULL) {
        text[strcspn(text, "\n")] = 0;
    }
}

/* The commands that load, by protocol. */
static const struct {
    const char *kernel, *module;
} commands[] = {
    [CONFIG_MULTIBOOT1] = {"multiboot", "module"}, [CONFIG_MULTIBOOT2] = {"multiboot2", "module2"},
    [CONFIG_LINUX16] = {"linux16", "initrd16"},    [CONFIG_LINUX] = {"linux", "initrd"},
    [CONFIG_CHAINLOADER] = {"chainloader", NULL},
};

static void print_file(const char *what, const struct config_file *file)
{
    printf("%s\t%s\t%s\n", what, file->path, file->arguments);
}

static void print_position(const struct config_entry *entry)
{
    if (entry->menu->self.title != NULL) {
        print_position(&entry->menu->self);
        printf(">");
    }
    printf("%u", entry->position);
}

static void print_entry(struct config *config, const struct config_entry *entry)
{
    struct config_boot boot;
    struct error error;
    printf("entry\t");
    print_position(entry);
    if (!config_evaluate(config, entry, &boot, &error)) {
        printf("\nerror\t%s\n", error.message);
        return;
    }
    printf("\n");
    if (boot.action == CONFIG_ACTION_BOOT) {
        print_file(commands[boot.protocol].kernel, &boot.kernel);
        for (size_t i = 0; i < boot.module_count; i++) {
            print_file(commands[boot.protocol].module, &boot.modules[i]);
        }
    }
}

static int boot_default(struct config *config)
{
    struct config_boot boot;
    struct error error;
    if (!config_evaluate(config, &config->entries[config_default(config)], &boot, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    return 0;
}

static int list_entries(struct config *config)
{
    for (size_t i = 0; i < config->entry_count; i++) {
        print_entry(config, &config->entries[i]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct config_platform platform = {.find = find,
                                              .read = read_file,
                                              .open = open_file,
                                              .read_part = read_part,
                                              .list = list,
                                              .print = print,
                                              .read_line = read_line};
    static struct config_environment environment = {
        .variables = CONFIG_CD_VARIABLES, .platform = &platform, .overlay = config_overlay_linked};
    static uint8_t memory[4 * 1024 * 1024];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct config config;
    struct bytes text = {0};
    struct error error;
    bool is_uefi = argc == 3 && strcmp(argv[1], "-u") == 0;
    bool lists = is_uefi || (argc == 3 && strcmp(argv[1], "-e") == 0);
    if (argc != (lists ? 3 : 2)) {
        fprintf(stderr, "usage: config_shell [-e | -u] FOLDER\n");
        return 2;
    }
    if (is_uefi) {
        environment.variables = CONFIG_UEFI_VARIABLES "grub_cpu=x86_64\0";
    }
    folder = argv[argc - 1];
    platform.print = lists ? NULL : print;
    if (!read_file(config_path, &arena, &text, &error) ||
        !config_read_with(&config, text, config_path, &environment, &arena, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    int status = lists ? list_entries(&config) : boot_default(&config);
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        fprintf(stderr, "%s:%u: %s\n", w->name, w->line, w->text);
    }
    return status;
}
