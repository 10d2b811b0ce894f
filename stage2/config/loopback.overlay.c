// SPDX-License-Identifier: BSD-2-Clause
// The config's command loopback: an image of a disc, a file, becomes a device. The device "loop" is
// the variable "(loop)", a name that no config can write; its value is the image's path, without
// parentheses, or "" if it is a device no more. A file in it has the path
// "(/live.iso)/boot/kernel", or "(hd0,1/live.iso)/boot/…" if the image is on another disc, so that
// nobody else needs to know of loopback.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

static bool fail_here(struct evaluator *eval, const char *what, const char *reason)
{
    eval_warn(eval, "loopback: %.100s%s", what, reason);
    eval->failed = true;
    return true;
}

/* The variable of a device. False: the name is too long, or none. */
static bool name_variable(const char *name, size_t length, char variable[CONFIG_DEVICE_BYTES])
{
    if (length == 0 || length + 3 > CONFIG_DEVICE_BYTES) {
        return false;
    }
    variable[0] = '(';
    memcpy(variable + 1, name, length);
    variable[length + 1] = ')';
    variable[length + 2] = 0;
    return true;
}

const char *loop_image(const struct evaluator *eval, const char *name, size_t length)
{
    char variable[CONFIG_DEVICE_BYTES];
    return name_variable(name, length, variable)
               ? variable_value(eval->config, eval->scope, variable, length + 2)
               : NULL;
}

bool put_device(const struct evaluator *eval, const char *device, size_t length, const char **path)
{
    size_t rest = strlen(*path) + 1;
    char *whole = eval_allocate(eval, length + 2 + rest);
    if (whole != NULL) {
        whole[0] = '(';
        memcpy(whole + 1, device, length);
        whole[length + 1] = ')';
        memcpy(whole + length + 2, *path, rest);
        *path = whole;
    }
    return whole != NULL;
}

/* Whether this variable is an image that has the file; device is then its name. */
static bool has_file(const struct evaluator *eval, const struct config_variable *variable,
                     const char *file, char device[CONFIG_DEVICE_BYTES])
{
    if (variable->name[0] != '(' || *file != '/') {
        return false;
    }
    size_t length = strlen(variable->name) - 2;
    const char *image = loop_image(eval, variable->name + 1, length);
    if (image == NULL || *image == 0 || !put_device(eval, image, strlen(image), &file)) {
        return false;
    }
    memcpy(device, variable->name + 1, length);
    device[length] = 0;
    return find_node(eval, file) != CONFIG_NODE_NONE;
}

bool search_images(const struct evaluator *eval, const char *file, char device[CONFIG_DEVICE_BYTES])
{
    const struct config_environment *outer = &eval->config->environment;
    const struct config_scope *scope = eval->scope;
    while (scope != NULL) {
        const struct config_variable *variable = scope->variables;
        for (; variable != NULL; variable = variable->next) {
            if (has_file(eval, variable, file, device)) {
                return true;
            }
        }
        scope = scope->parent;
        if (scope == NULL && outer->outer != NULL) {
            scope = outer->outer_scope;
            outer = &outer->outer->environment;
        }
    }
    return false;
}

/* Finds the image, and removes the parentheses around its device. The path of one that is missing
   is returned too, so that what is read from it fails with this path. "": it is not supported. */
static const char *take_image(struct evaluator *eval, const char *word)
{
    struct error ignored;
    struct evaluator quiet = *eval;
    const char *path = word;
    quiet.error = &ignored;
    bool is_clean = clean_path(&quiet, &path);
    enum config_node node = is_clean ? find_node(eval, path) : CONFIG_NODE_NONE;
    char *copy = arena_text(eval->arena, path, strlen(path));
    if (node == CONFIG_NODE_DIRECTORY || (node == CONFIG_NODE_NONE && !quiet.is_elsewhere)) {
        fail_here(eval, word, ": no such file; its path begins with '/'");
    }
    char *end = copy != NULL && *copy == '(' ? strchr(copy, ')') : NULL;
    if (end != NULL) {
        size_t length = (size_t)(end - copy) - 1;
        bool is_in_image = strchr(copy, '/') < end; /* a path has a slash */
        memmove(copy, copy + 1, length);
        memmove(copy + length, end + 1, strlen(end));
        copy = is_in_image ? NULL : copy;
    }
    if (!is_clean) {
        return "";
    }
    if (copy == NULL || strchr(copy, ')') != NULL) {
        fail_here(eval, word, ": an image in an image, or with ')' in its name, is not supported");
        return "";
    }
    return copy;
}

static bool set_image(struct evaluator *eval, const char *variable, const char *image)
{
    const char *name = arena_text(eval->arena, variable, strlen(variable));
    return name != NULL ? set_variable(eval, name, image) : eval_fail_full(eval);
}

bool command_loopback(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    char variable[CONFIG_DEVICE_BYTES];
    int option = take_option(&words, "-d\0--delete\0-D\0--decompress\0");
    const char *name = words.count > 0 ? take_word(&words) : "";
    if (!name_variable(name, strlen(name), variable)) {
        return fail_here(eval, name, ": the name of a device is missing, or has over 29 bytes");
    }
    if (option >= 2) {
        return fail_here(eval, name, ": -D is not supported: unpack the image");
    }
    const char *known = loop_image(eval, name, strlen(name));
    bool is_known = known != NULL && *known != 0 && find_node(eval, known) != CONFIG_NODE_NONE;
    if (option >= 0) {
        eval->failed = !is_known;
        return !is_known || set_image(eval, variable, "");
    }
    if (is_known || words.count == 0) {
        return fail_here(eval, name,
                         is_known ? ": there is such a device already" : ": a file is missing");
    }
    return set_image(eval, variable, take_image(eval, words.word));
}
