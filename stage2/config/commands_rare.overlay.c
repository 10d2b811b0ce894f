// SPDX-License-Identifier: BSD-2-Clause
// The commands that few configs need, by their names.
#include "stage2/config/prompt.h"
#include "stage2/config/evaluator.h"

#include <string.h>

static bool accept(struct run *run, const struct command *command)
{
    (void)run;
    (void)command;
    return true;
}

static bool run_false(struct run *run, const struct command *command)
{
    (void)command;
    run->failed = true;
    return true;
}

static bool run_reboot(struct run *run, const struct command *command)
{
    (void)command;
    return run_action(run, CONFIG_ACTION_REBOOT);
}

static bool run_halt(struct run *run, const struct command *command)
{
    (void)command;
    return run_action(run, CONFIG_ACTION_HALT);
}

static bool run_exit(struct run *run, const struct command *command)
{
    (void)command;
    return run_action(run, CONFIG_ACTION_EXIT);
}

static bool run_setup(struct run *run, const struct command *command)
{
    (void)command;
    return run_action(run, CONFIG_ACTION_SETUP);
}

/* What an entry needs, and Whelk cannot do. */
static bool refuse(struct run *run, const struct command *command)
{
    run->loads = true;
    if (run->lists) {
        run_warn(run, "%s is not supported", command->words);
        return true;
    }
    run->boot->names_no_kernel = run->boot->is_refused = true; /* whatever it named before */
    return run_fail(run, "%s is not supported", command->words);
}

static bool run_configfile(struct run *run, const struct command *command)
{
    struct words words = words_of(command);
    run->loads = true;
    run->keep = true;
    if (run->boot == NULL) {
        return true;
    }
    memset(run->boot, 0, sizeof *run->boot);
    return read_file_words(run, &words, &run->boot->kernel) &&
           run_action(run, CONFIG_ACTION_CONFIG);
}

/* What changes the machine for what is booted, or keeps people away: not carried out. */
static bool run_without(struct run *run, const struct command *command)
{
    run_warn(run, "%s is not supported: it has no effect", command->words);
    return true;
}

/* What tells something that Whelk does not find out: no. */
static bool run_unanswered(struct run *run, const struct command *command)
{
    run_warn(run, "%s is not supported: it counts as false", command->words);
    run->failed = true;
    return true;
}

struct group {
    const char *names;
    run_function *function;
};

static const struct group groups[] = {
    {"[\0test\0", run_test},
    {"echo\0", run_echo},
    {"search\0search.file\0search.fs_label\0search.fs_uuid\0", run_search},
    {"serial\0", run_serial},
    {"terminal_output\0terminal_input\0", run_terminal},
    {"submenu\0", run_submenu},
    {"source\0.\0", run_source},
    {"configfile\0", run_configfile},
    {"reboot\0", run_reboot},
    {"halt\0", run_halt},
    {"exit\0", run_exit},
    {"fwsetup\0", run_setup},
    {"false\0", run_false},
    {"return\0", run_return},
    {"break\0", run_break},
    {"continue\0", run_continue},
    {"shift\0", run_shift},
    {"setparams\0", run_set_parameters},
    {"eval\0", run_eval},
    {"sleep\0", run_sleep},
    {"read\0", run_read},
    {"clear\0", run_clear},
    {"cat\0", run_cat},
    {"ls\0", run_ls},
    {"lsmmap\0", run_show_memory},
    {"help\0", run_help},
    {"cpuid\0", run_cpuid},
    {"keystatus\0", run_keystatus},
    {"password\0password_pbkdf2\0cutmem\0badram\0acpi\0drivemap\0setpci\0outb\0outw\0outl\0"
     "write_byte\0write_word\0write_dword\0wrmsr\0cmosset\0cmosclean\0sendkey\0",
     run_without},
    {"regexp\0cmp\0cmostest\0probe\0smbios\0file\0hashsum\0md5sum\0sha1sum\0sha256sum\0"
     "sha512sum\0",
     run_unanswered},
    {"linux\0linux16\0linuxefi\0initrd\0initrd16\0initrdefi\0chainloader\0normal\0loopback\0"
     "kfreebsd\0knetbsd\0kopenbsd\0ntldr\0freedos\0plan9\0xnu_kernel\0xnu_kernel64\0"
     "xen_hypervisor\0xen_module\0pxechainloader\0legacy_kernel\0legacy_initrd\0legacy_source\0"
     "legacy_configfile\0syslinux_source\0syslinux_configfile\0",
     refuse},
    /* What shows or changes something of GRUB's own. */
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
    *group = found->function == accept                                     ? CONFIG_GROUP_HARMLESS
             : found->function == refuse || found->function == run_without ? CONFIG_GROUP_REFUSED
                                                                           : CONFIG_GROUP_DONE;
    return found->names;
}

static bool run_rare(struct run *run, const struct command *command)
{
    if (command->keyword != NO_KEYWORD) {
        return command->keyword == KEYWORD_FUNCTION ? define_function(run, command)
                                                    : run_loop(run, command);
    }
    const struct config_function *function = find_function(run, command->words);
    if (function != NULL) {
        return call_function(run, command, function);
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (find_word(groups[i].names, command->words) >= 0) {
            return groups[i].function(run, command);
        }
    }
    run_warn(run, "unknown command '%.60s'", command->words);
    run->failed = command->negated; /* a success, behind '!' as well */
    return true;
}

const struct config_overlay config_overlay_table = {
    .command = run_rare,
    .end_submenu = end_submenu,
    .put_arguments = put_arguments,
    .from_legacy = config_from_legacy,
    .find_default = find_default,
    .find_fallback = find_fallback,
};
