// SPDX-License-Identifier: BSD-2-Clause
// The table of the commands that few configs need.
#include "stage2/config/prompt.h"
#include "stage2/config/evaluator.h"

#include <string.h>
#include "stage2/text/nearest.h"

static bool accept(struct evaluator *eval, const struct command *command)
{
    (void)eval;
    (void)command;
    return true;
}

static bool command_false(struct evaluator *eval, const struct command *command)
{
    (void)command;
    eval->failed = true;
    return true;
}

static bool command_reboot(struct evaluator *eval, const struct command *command)
{
    (void)command;
    return eval_action(eval, CONFIG_ACTION_REBOOT);
}

static bool command_halt(struct evaluator *eval, const struct command *command)
{
    (void)command;
    return eval_action(eval, CONFIG_ACTION_HALT);
}

static bool command_exit(struct evaluator *eval, const struct command *command)
{
    (void)command;
    return eval_action(eval, CONFIG_ACTION_EXIT);
}

static bool command_setup(struct evaluator *eval, const struct command *command)
{
    (void)command;
    return eval_action(eval, CONFIG_ACTION_SETUP);
}

/* What to do instead of a command that is refused; "": nothing is known. */
static const char *find_substitute(const char *name)
{
    if (find_word("kfreebsd\0knetbsd\0kopenbsd\0ntldr\0freedos\0", name) >= 0) {
        return ": start that system's own loader by chainloader";
    }
    return find_word("xen_hypervisor\0xen_module\0", name) >= 0
               ? ", nor by GRUB on a PC: boot Xen by multiboot2 and module2"
               : "";
}

/* Runs a command that Whelk cannot do and without which an entry cannot boot. */
static bool refuse(struct evaluator *eval, const struct command *command)
{
    eval->loads = true;
    if (eval->lists) {
        eval_warn(eval, "%s is not supported%s", command->words, find_substitute(command->words));
        return true;
    }
    eval->boot->names_no_kernel = eval->boot->is_refused = true;
    return eval_fail(eval, "%s is not supported%s", command->words,
                     find_substitute(command->words));
}

/* Runs configfile or legacy_configfile. GRUB goes on after it if there is no such file. */
static bool command_configfile(struct evaluator *eval, const struct command *command)
{
    bool is_legacy = strcmp(command->words, "legacy_configfile") == 0;
    struct words words = words_of(command);
    struct config_file file = {.path = NULL};
    eval->keep = true;
    if (!read_file_words(eval, &words, &file)) {
        return false;
    }
    enum config_node node = find_node(eval, file.path);
    bool is_unknown = file.is_elsewhere && find_queries(eval)->has_device == NULL;
    if (!is_unknown && (node == CONFIG_NODE_NONE || node == CONFIG_NODE_DIRECTORY)) {
        eval_warn(eval, "%.100s: no such file", file.path);
        eval->failed = is_legacy;
        return true;
    }
    eval->loads = true;
    if (eval->boot == NULL) {
        return true;
    }
    *eval->boot = (struct config_boot){.kernel = file, .is_legacy = is_legacy};
    return eval_action(eval, CONFIG_ACTION_CONFIG);
}

/* Runs a command that would change the machine or restrict access: not supported. */
static bool command_without_effect(struct evaluator *eval, const struct command *command)
{
    eval_warn(eval, "%s is not supported: it has no effect", command->words);
    return true;
}

struct group {
    const char *names;
    command_function *function;
    uint8_t least; /* words that it must have after its name */
};

static const struct group groups[] = {
    {"[\0test\0", command_test, 0},
    {"echo\0", command_echo, 0},
    {"search\0search.file\0search.fs_label\0search.fs_uuid\0", command_search, 1},
    {"loopback\0", command_loopback, 0},
    {"serial\0", command_serial, 0},
    {"terminal_output\0terminal_input\0", command_terminal, 0},
    {"submenu\0", command_submenu, 1},
    {"source\0.\0legacy_source\0", command_source, 1},
    {"configfile\0legacy_configfile\0", command_configfile, 1},
    {"linux\0linux16\0linuxefi\0initrd\0initrd16\0initrdefi\0", command_linux, 0},
    {"chainloader\0", command_chainloader, 0},
    {"reboot\0", command_reboot, 0},
    {"halt\0", command_halt, 0},
    {"exit\0", command_exit, 0},
    {"fwsetup\0", command_setup, 0},
    {"false\0", command_false, 0},
    {"return\0", command_return, 0},
    {"break\0", command_break, 0},
    {"continue\0", command_continue, 0},
    {"shift\0", command_shift, 0},
    {"setparams\0", command_set_parameters, 0},
    {"eval\0", command_eval, 0},
    {"sleep\0", command_sleep, 1},
    {"read\0", command_read, 0},
    {"clear\0", command_clear, 0},
    {"cat\0", command_cat, 1},
    {"ls\0", command_ls, 0},
    {"lsmmap\0", command_show_memory, 0},
    {"help\0", command_help, 0},
    {"cpuid\0", command_cpuid, 0},
    {"keystatus\0", command_keystatus, 0},
    {"load_env\0list_env\0", command_load_env, 0},
    {"save_env\0", command_save_env, 1},
    {"regexp\0", command_regexp, 2},
    {"file\0", command_file, 1},
    {"cmp\0", command_cmp, 2},
    {"hashsum\0md5sum\0sha1sum\0sha256sum\0sha512sum\0crc\0", command_hashsum, 0},
    {"probe\0", command_probe, 1},
    {"smbios\0", command_smbios, 0},
    {"cmostest\0", command_cmostest, 1},
    {"rmmod\0", command_rmmod, 1},
    {"loadfont\0", command_loadfont, 1},
    {"background_image\0", command_background, 0},
    {"background_color\0", command_background, 1},
    {"play\0keymap\0", command_use_file, 1},
    {"cutmem\0outb\0outw\0outl\0write_byte\0write_word\0write_dword\0wrmsr\0",
     command_without_effect, 2},
    {"badram\0setpci\0cmosset\0cmosclean\0", command_without_effect, 1},
    {"password\0password_pbkdf2\0acpi\0drivemap\0sendkey\0", command_without_effect, 0},
    {"normal\0"
     "kfreebsd\0knetbsd\0kopenbsd\0ntldr\0freedos\0plan9\0xnu_kernel\0xnu_kernel64\0"
     "xen_hypervisor\0xen_module\0pxechainloader\0legacy_kernel\0legacy_initrd\0"
     "syslinux_source\0syslinux_configfile\0",
     refuse, 0},
    /* Commands that show or change GRUB's own state. */
    {"gettext\0hdparm\0dump\0hexdump\0gptsync\0parttool\0", accept, 1},
    {"videoinfo\0vbeinfo\0lsmod\0lsacpi\0lspci\0nativedisk\0date\0terminfo\0authenticate\0"
     "unicode\0cmosdump\0pager\0normal_exit\0efi-watchdog\0",
     accept, 0},
};

const char *config_command_names(unsigned index, enum config_group *group)
{
    *group = CONFIG_GROUP_DONE;
    if (index == 0) {
        return command_names;
    }
    if (--index >= sizeof groups / sizeof groups[0]) {
        return NULL;
    }
    const struct group *found = &groups[index];
    *group = found->function == accept ? CONFIG_GROUP_HARMLESS
             : found->function == refuse || found->function == command_without_effect
                 ? CONFIG_GROUP_REFUSED
                 : CONFIG_GROUP_DONE;
    return found->names;
}

/* Fails, as GRUB does, because a command has too few words. */
static bool fail_words(struct evaluator *eval, const struct command *command)
{
    eval_warn(eval, "%s needs more words", command->words);
    eval->failed = true;
    return true;
}

/* Warns of a command that there is not, and names the one that may be meant. */
static void warn_unknown(struct evaluator *eval, const char *word)
{
    struct nearest nearest = {.word = word};
    enum config_group group;
    const char *name;
    for (unsigned i = 0; (name = config_command_names(i, &group)) != NULL; i++) {
        for (; *name != 0; name = next_word(name)) {
            nearest_offer(&nearest, name);
        }
    }
    if (nearest.name != NULL) {
        eval_warn(eval, "unknown command '%.60s'; is '%s' meant?", word, nearest.name);
    } else {
        eval_warn(eval, "unknown command '%.60s'", word);
    }
}

static bool command_rare(struct evaluator *eval, const struct command *command)
{
    if (command->keyword != NO_KEYWORD) {
        return command->keyword == KEYWORD_FUNCTION ? define_function(eval, command)
                                                    : command_loop(eval, command);
    }
    const struct config_function *function = find_function(eval, command->words);
    if (function != NULL) {
        return call_function(eval, command, function);
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (find_word(groups[i].names, command->words) >= 0) {
            return command->count > groups[i].least ? groups[i].function(eval, command)
                                                    : fail_words(eval, command);
        }
    }
    warn_unknown(eval, command->words);
    eval->failed = command->negated; /* counts as a success, after '!' too */
    return true;
}

const struct config_overlay config_overlay_table = {
    .command = command_rare,
    .end_submenu = end_submenu,
    .put_arguments = put_arguments,
    .locate_path = locate_path,
    .expand_word = expand_word,
    .from_legacy = config_from_legacy,
    .find_default = find_default,
    .find_entry = find_entry,
    .find_fallback = find_fallback,
};
