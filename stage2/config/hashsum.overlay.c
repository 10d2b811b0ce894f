// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that hash files: hashsum, md5sum, …, crc.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/hash/hash.h"

enum { TEXT_BYTES = 2 * HASH_MOST_BYTES + 1, PIECE_BYTES = 16 * 1024, PATH_BYTES = 256 };

/* What the words of a command say. */
struct hash_words {
    int kind;           /* enum hash_kind; < 0: none that is known */
    const char *list;   /* --check: a file with hashes and names; NULL: none */
    const char *prefix; /* --prefix: in front of these names */
    enum file_compression compression;
    bool goes_on; /* --keep-going, after an error */
    struct words files;
};

/* Hashes a file. False: it cannot be read. */
static bool hash_file(struct evaluator *eval, const struct hash_words *wanted, const char *word,
                      char text[TEXT_BYTES], struct error *error)
{
    const struct config_platform *platform = find_queries(eval);
    size_t used = eval->arena->used;
    struct evaluator quiet = *eval;
    quiet.error = error;
    struct file file;
    struct hash hash;
    uint8_t digest[HASH_MOST_BYTES];
    bool is_read = clean_path(&quiet, &word) &&
                   platform->open(word, wanted->compression, &file, eval->arena, error);
    uint8_t *piece = arena_allocate(eval->arena, PIECE_BYTES, 1);
    is_read = is_read && (piece != NULL || fail(error, "no memory left to read it"));
    hash_start(&hash, (enum hash_kind)wanted->kind);
    for (uint64_t offset = 0; is_read && offset < file.size; offset += PIECE_BYTES) {
        uint64_t left = file.size - offset;
        size_t size = left < PIECE_BYTES ? (size_t)left : (size_t)PIECE_BYTES;
        is_read = platform->read_part(&file, offset, size, piece, error);
        hash_add(&hash, piece, is_read ? size : 0);
    }
    size_t length = hash_end(&hash, digest);
    for (size_t i = 0; i < length; i++) {
        format_text(text + 2 * i, 3, "%02x", digest[i]);
    }
    eval->arena->used = used;
    return is_read;
}

static bool fail_hash(struct evaluator *eval, const char *what, const char *reason)
{
    eval_warn(eval, "%.80s: %s", what, reason);
    eval->failed = true;
    return true;
}

/* Hashes the named files and shows the hashes. */
static bool show_hashes(struct evaluator *eval, const struct hash_words *wanted)
{
    const struct config_platform *platform = find_platform(eval);
    struct words files = wanted->files;
    while (files.count > 0 && (!eval->failed || wanted->goes_on)) {
        const char *name = take_word(&files);
        char text[TEXT_BYTES];
        struct error error;
        if (!hash_file(eval, wanted, name, text, &error)) {
            fail_hash(eval, name, error.message);
        } else if (platform->print != NULL) {
            platform->print(text);
            platform->print("  ");
            platform->print(name);
            platform->print("\n");
        }
    }
    return true;
}

static void say_result(const struct evaluator *eval, const char *name, const char *result)
{
    const struct config_platform *platform = find_platform(eval);
    if (platform->print != NULL) {
        platform->print(name);
        platform->print(": ");
        platform->print(result);
        platform->print("\n");
    }
}

/* Checks a line of a list: the hash, two characters, the name. */
static bool check_line(struct evaluator *eval, const struct hash_words *wanted, char *line)
{
    char path[PATH_BYTES];
    char text[TEXT_BYTES];
    struct error error;
    size_t length = strlen(line);
    char *name = line;
    while (*name != 0 && *name != ' ') {
        *name |= *name >= 'A' && *name <= 'F' ? 0x20 : 0;
        name++;
    }
    size_t digits = (size_t)(name - line);
    if (digits + 2 >= length) {
        return fail_hash(eval, wanted->list, "is no list of hashes");
    }
    *name = 0;
    name += 2;
    format_text(path, sizeof path, "%s%s%s", wanted->prefix != NULL ? wanted->prefix : "",
                wanted->prefix != NULL ? "/" : "", name);
    if (!hash_file(eval, wanted, path, text, &error)) {
        return fail_hash(eval, path, error.message);
    }
    if (strlen(text) != digits) {
        return fail_hash(eval, wanted->list, "is no list of hashes");
    }
    bool is_same = strcmp(text, line) == 0;
    say_result(eval, name, is_same ? "OK" : "HASH MISMATCH");
    return is_same || fail_hash(eval, path, "has another hash");
}

static bool check_list(struct evaluator *eval, const struct hash_words *wanted)
{
    const struct config_platform *platform = find_queries(eval);
    const char *path = wanted->list;
    struct bytes list;
    struct error error;
    struct evaluator quiet = *eval;
    quiet.error = &error;
    if (platform->read == NULL || !clean_path(&quiet, &path) ||
        !platform->read(path, eval->arena, &list, &error)) {
        return fail_hash(eval, wanted->list,
                         platform->read != NULL ? error.message : "is not read here");
    }
    char *line = arena_text(eval->arena, (const char *)list.data, list.size);
    if (line == NULL) {
        return eval_fail_full(eval);
    }
    while (*line != 0 && (!eval->failed || wanted->goes_on)) {
        char *end = line;
        while (*end != 0 && *end != '\n') {
            end++;
        }
        bool is_last = *end == 0;
        *end = 0;
        if (!check_line(eval, wanted, line)) {
            return false;
        }
        line = is_last ? end : end + 1;
    }
    return true;
}

bool command_hashsum(struct evaluator *eval, const struct command *command)
{
    static const char options[] = "hash\0check\0prefix\0keep-going\0uncompress\0h\0c\0p\0k\0u\0";
    static const char kinds[] = "md5\0sha1\0sha256\0sha512\0crc32\0";
    enum { HASH, CHECK, PREFIX, KEEP_GOING, COUNT = 5 };
    struct hash_words wanted = {.compression = FILE_AS_IT_IS, .files = words_of(command)};
    wanted.kind = find_word("md5sum\0sha1sum\0sha256sum\0sha512sum\0crc\0", command->words);
    const char *value;
    for (int option; (option = take_long_option(eval, &wanted.files, options, &value)) != -1;) {
        option %= COUNT;
        if (option >= 0 && option <= PREFIX && value == NULL) {
            value = wanted.files.count > 0 ? take_word(&wanted.files) : "";
        }
        if (option == HASH) {
            wanted.kind = find_word(kinds, value);
        } else if (option == CHECK) {
            wanted.list = value;
        } else if (option == PREFIX) {
            wanted.prefix = value;
        } else if (option == KEEP_GOING) {
            wanted.goes_on = true;
        } else if (option > KEEP_GOING) {
            wanted.compression = FILE_DECOMPRESS;
        }
    }
    if (eval->failed || wanted.kind < 0) {
        return fail_hash(eval, command->words, "no hash that Whelk knows is named");
    }
    if (find_queries(eval)->open == NULL) {
        return true; /* without files, they are taken for granted */
    }
    return wanted.list != NULL ? check_list(eval, &wanted) : show_hashes(eval, &wanted);
}
