// SPDX-License-Identifier: BSD-2-Clause
// The table of the commands that few configs need.
#include "stage2/config/prompt.h"
#include "stage2/config/evaluator.h"

#include <string.h>

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

/* Runs a command that Whelk cannot do and without which an entry cannot boot. */
static bool refuse(struct evaluator *eval, const struct command *command)
{
    eval->loads = true;
    if (eval->lists) {
        eval_warn(eval, "%s is not supported", command->words);
        return true;
    }
    eval->boot->names_no_kernel = eval->boot->is_refused = true;
    return eval_fail(eval, "%s is not supported", command->words);
}

static bool command_configfile(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    eval->loads = true;
    eval->keep = true;
    if (eval->boot == NULL) {
        return true;
    }
    memset(eval->boot, 0, sizeof *eval->boot);
    return read_file_words(eval, &words, &eval->boot->kernel) &&
           eval_action(eval, CONFIG_ACTION_CONFIG);
}

/* Runs a command that would change the machine or restrict access: not supported. */
static bool command_without_effect(struct evaluator *eval, const struct command *command)
{
    eval_warn(eval, "%s is not supported: it has no effect", command->words);
    return true;
}

/* Runs a query that Whelk does not support: the answer is no. */
static bool command_unanswered(struct evaluator *eval, const struct command *command)
{
    eval_warn(eval, "%s is not supported: it counts as false", command->words);
    eval->failed = true;
    return true;
}

struct group {
    const char *names;
    command_function *function;
};

static const struct group groups[] = {
    {"[\0test\0", command_test},
    {"echo\0", command_echo},
    {"search\0search.file\0search.fs_label\0search.fs_uuid\0", command_search},
    {"serial\0", command_serial},
    {"terminal_output\0terminal_input\0", command_terminal},
    {"submenu\0", command_submenu},
    {"source\0.\0", command_source},
    {"configfile\0", command_configfile},
    {"reboot\0", command_reboot},
    {"halt\0", command_halt},
    {"exit\0", command_exit},
    {"fwsetup\0", command_setup},
    {"false\0", command_false},
    {"return\0", command_return},
    {"break\0", command_break},
    {"continue\0", command_continue},
    {"shift\0", command_shift},
    {"setparams\0", command_set_parameters},
    {"eval\0", command_eval},
    {"sleep\0", command_sleep},
    {"read\0", command_read},
    {"clear\0", command_clear},
    {"cat\0", command_cat},
    {"ls\0", command_ls},
    {"lsmmap\0", command_show_memory},
    {"help\0", command_help},
    {"cpuid\0", command_cpuid},
    {"keystatus\0", command_keystatus},
    {"password\0password_pbkdf2\0cutmem\0badram\0acpi\0drivemap\0setpci\0outb\0outw\0outl\0"
     "write_byte\0write_word\0write_dword\0wrmsr\0cmosset\0cmosclean\0sendkey\0",
     command_without_effect},
    {"regexp\0cmp\0cmostest\0probe\0smbios\0file\0hashsum\0md5sum\0sha1sum\0sha256sum\0"
     "sha512sum\0",
     command_unanswered},
    {"linux\0linux16\0linuxefi\0initrd\0initrd16\0initrdefi\0chainloader\0normal\0loopback\0"
     "kfreebsd\0knetbsd\0kopenbsd\0ntldr\0freedos\0plan9\0xnu_kernel\0xnu_kernel64\0"
     "xen_hypervisor\0xen_module\0pxechainloader\0legacy_kernel\0legacy_initrd\0legacy_source\0"
     "legacy_configfile\0syslinux_source\0syslinux_configfile\0",
     refuse},
    /* Commands that show or change GRUB's own state. */
    {"background_color\0play\0load_env\0save_env\0list_env\0videoinfo\0vbeinfo\0"
     "lsmod\0lsacpi\0lspci\0rmmod\0nativedisk\0date\0terminfo\0keymap\0authenticate\0"
     "unicode\0gettext\0cmosdump\0hdparm\0dump\0hexdump\0pager\0normal_exit\0"
     "gptsync\0parttool\0efi-watchdog\0",
     accept},
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
            return groups[i].function(eval, command);
        }
    }
    eval_warn(eval, "unknown command '%.60s'", command->words);
    eval->failed = command->negated; /* counts as a success, after '!' too */
    return true;
}

const struct config_overlay config_overlay_table = {
    .command = command_rare,
    .end_submenu = end_submenu,
    .put_arguments = put_arguments,
    .from_legacy = config_from_legacy,
    .find_default = find_default,
    .find_fallback = find_fallback,
};
