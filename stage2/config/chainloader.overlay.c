// SPDX-License-Identifier: BSD-2-Clause
// The config's command chainloader: a program of the firmware's, or a boot sector.
#include "stage2/config/evaluator.h"

#include <string.h>

/* Joins words with blanks, as GRUB does for load options: nothing is quoted. */
static const char *join_plainly(struct evaluator *eval, struct words words)
{
    char *joined = eval_words_end(eval);
    while (words.count > 0) {
        put_value(eval, take_word(&words), true);
        if (words.count > 0) {
            eval_put(eval, ' ');
        }
    }
    eval_put(eval, 0);
    eval->word_open = false;
    return joined;
}

/* Whether a word is a list of blocks, such as +1 or (hd0,msdos1)+1. */
static bool is_block_list(const char *word)
{
    const char *end = *word == '(' ? strchr(word, ')') : NULL;
    word = end != NULL ? end + 1 : word;
    return *word == '+' || is_digit(*word);
}

static bool read_words(struct evaluator *eval, struct words words)
{
    struct config_boot *boot = eval->boot;
    struct config_file *kernel = &boot->kernel;
    const char *root = variable_value(eval->config, eval->scope, "root", 4);
    memset(boot, 0, sizeof *boot); /* it replaces what was loaded */
    boot->protocol = CONFIG_CHAINLOADER;
    boot->chain.root = root != NULL ? root : boot_device(eval);
    for (int option; (option = take_option(&words, "--force\0-f\0--bpb\0-b\0")) >= 0;) {
        boot->chain.is_forced |= option < 2; /* --bpb: see docs/config.md */
    }
    if (words.count == 0) {
        return eval_fail(eval, "a file's name is missing");
    }
    const char *path = take_word(&words);
    kernel->config = eval->cursor.name;
    kernel->line = eval->line;
    if (is_block_list(path)) {
        kernel->is_elsewhere = true; /* no file of the boot tree */
    } else {
        if (!clean_path(eval, &path)) {
            return false;
        }
        kernel->is_elsewhere = eval->is_elsewhere;
    }
    kernel->path = path;
    kernel->arguments = join_plainly(eval, words);
    return !eval->full || eval_fail_full(eval);
}

bool command_chainloader(struct evaluator *eval, const struct command *command)
{
    eval->loads = true;
    if (eval->boot == NULL) {
        return true;
    }
    eval->keep = true;
    bool is_read = read_words(eval, words_of(command));
    if (!is_read && eval->lists) {
        eval_warn(eval, "%s", eval->error->message); /* the entries may still be good */
        memset(eval->boot, 0, sizeof *eval->boot);
        is_read = eval->failed = true;
    }
    return is_read;
}
