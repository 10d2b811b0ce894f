// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the editor and the command line. Two bytes make a key; if the second is odd, the key has
// no character. Tab completes names from a small directory.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config/prompt.h"
#include "stage2/console/console.h"
#include "stage2/text/text_edit.h"

enum { ARENA_BYTES = 64 * 1024, CAPACITY = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static struct listed_name names[] = {{.text = "kernel", .next = &names[1]},
                                     {.text = "kernels", .is_directory = true, .next = &names[2]},
                                     {.text = "gr\xc3\xb6\xc3\x9f"
                                              "er",
                                      .next = NULL}};

static bool list_names(const char *path, struct arena *arena, struct listed_name **found,
                       struct error *error)
{
    require(path[0] == '/' || path[0] == '('); /* of our disc, or "(/live.iso)/boot" */
    *found = NULL;
    for (size_t i = sizeof names / sizeof names[0]; i > 0; i--) {
        struct listed_name *name = ARENA_NEW(arena, struct listed_name);
        if (name == NULL) {
            return fail(error, "full");
        }
        *name = names[i - 1];
        name->next = *found;
        *found = name;
    }
    return path[1] != 'x' || fail(error, "not found");
}

static const struct config_platform platform = {.list = list_names};
static const struct config_environment environment = {
    .variables = CONFIG_CD_VARIABLES, .platform = &platform, .overlay = config_overlay_linked};
static const char text[] = "menuentry a { multiboot /kernel }";

static void complete(struct config *config, struct text_edit *edit)
{
    static uint8_t memory[4096];
    struct arena scratch = {.base = memory, .size = sizeof memory};
    struct config_completion completion;
    size_t start = text_edit_line_start(edit, edit->cursor);
    config_complete(config,
                    (struct bytes){(const uint8_t *)edit->text + start, edit->cursor - start},
                    &scratch, &completion);
    require(strlen(completion.rest) < sizeof completion.rest);
    text_edit_insert(edit, completion.rest, strlen(completion.rest));
}

/* Runs the typed text as one line of the command line. */
static void run(struct config *config, const struct text_edit *edit)
{
    struct config_prompt prompt = {.failed = false};
    const struct config_warning *warnings;
    struct error error = {""};
    char line[CAPACITY + 1] = {0};
    memcpy(line, edit->text, edit->length);
    enum config_typed typed = config_type(config, &prompt, line, &warnings, &error);
    require(typed != CONFIG_TYPED_WRONG || error.message[0] != 0);
    require(typed != CONFIG_TYPED_BOOT || prompt.boot.action != CONFIG_ACTION_BOOT ||
            prompt.boot.kernel.path[0] == '/' || prompt.boot.kernel.path[0] == '(');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct config config;
    struct error error;
    char *edited = malloc(CAPACITY); /* of just that size, for the sanitizer */
    require(edited != NULL);
    struct text_edit edit = {.text = edited, .capacity = CAPACITY};
    require(config_read_with(&config, (struct bytes){(const uint8_t *)text, sizeof text - 1},
                             "g.cfg", &environment, &arena, &error));
    for (; size >= 2; data += 2, size -= 2) {
        int key = data[0] | (data[1] % 2 != 0 ? KEY_SCAN : 0);
        if (key == '\t') {
            complete(&config, &edit);
        } else {
            text_edit_key(&edit, key, data[1] % 4 < 2);
        }
        require(edit.length <= edit.capacity && edit.cursor <= edit.length);
        require(memchr(edited, 0, edit.length) == NULL);
    }
    run(&config, &edit);
    free(edited);
    return 0;
}
