// SPDX-License-Identifier: BSD-2-Clause
// The boot configuration: the subset of GRUB's grub.cfg language that people use.
// Pure: text in, entries and boot requests out. Shared by stage 2 and the tools.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum { CONFIG_MAX_BYTES = 128 * 1024 };

/* A file that an entry wants loaded. */
struct config_file {
    const char *path;      /* as on the disc: "/boot/kernel", device prefix taken off */
    const char *arguments; /* GRUB's string: without the file's name, quoted as GRUB quotes; "" */
    uint32_t line;         /* of the config, from 1 */
    bool keep_packed;      /* --nounzip */
};

enum config_protocol { CONFIG_MULTIBOOT1 = 1, CONFIG_MULTIBOOT2 = 2 };

/* What an entry does in the end. Only CONFIG_ACTION_BOOT has a kernel. */
enum config_action {
    CONFIG_ACTION_BOOT,
    CONFIG_ACTION_REBOOT,
    CONFIG_ACTION_HALT,
    CONFIG_ACTION_EXIT, /* back to the firmware: its next boot device */
};

/* What an entry boots. */
struct config_boot {
    enum config_action action;
    enum config_protocol protocol;
    bool ignore_address_fields; /* --quirk-bad-kludge */
    bool modules_after_kernel;  /* --quirk-modules-after-kernel */
    const char *gfxpayload;     /* video modes, if set behind the kernel's line; NULL: not set */
    const char *timing;         /* whelk_timing: where timeline.h's line goes; NULL: not set */
    struct config_file kernel;
    struct config_file *modules;
    size_t module_count;
    bool names_no_kernel; /* the only reason why config_evaluate() failed: it does something else */
};

struct config_menu;

struct config_entry {
    const char *title; /* UTF-8 */
    const char *id;    /* --id, else "" */
    struct bytes body; /* between the braces */
    uint32_t body_line;
    uint32_t line;
    struct config_menu *menu;   /* the entries of submenus are in the config's list too */
    struct config_scope *scope; /* the variables that its body sees */
    uint32_t position;          /* among the items of the menu that it is in, from 0 */
    char hotkey;                /* --hotkey, else 0 */
};

/* A list of entries and further menus: the top one, or a submenu. */
struct config_menu {
    struct config_entry self; /* as an item of the menu above; the top one has no title (NULL) */
    struct config_menu *next; /* all submenus, the latest first */
    uint32_t item_count;      /* entries and submenus in it */
    size_t first_entry;       /* in the config's list; those of a menu stand together */
};

/* A remark about a line that did not stop the reading. */
struct config_warning {
    uint32_t line;
    const char *text;
    struct config_warning *next;
};

struct config {
    const char *name; /* for messages: "/boot/grub/grub.cfg" */
    struct arena *arena;
    struct config_entry *entries;
    size_t entry_count;
    struct config_warning *warnings; /* in the order of the lines; each text once for a line */

    /* The evaluator's own. */
    const char *variables;      /* what is set before the first line, see config_read_with() */
    struct config_scope *scope; /* what the config sets outside any submenu and entry */
    struct config_menu top;
    struct config_menu *menus;
    struct config_function *functions;
    size_t warning_count;
};

/* Reads and evaluates the top level of a config. A config that boots something without any
   menuentry (commands, then `boot` or the end of the file) yields one entry whose body is the
   whole text. False: no entry at all, or the text cannot be read on ("name:line: reason").
   The text, the name and the arena's contents stay in use as long as the config. */
bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error);

/* The same with the variables that are set in advance: "name=value" each with its NUL, an empty
   one at the end. config_read() takes those of a PC that boots from its CD. */
bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const char *variables, struct arena *arena, struct error *error);

/* `set timeout=`: seconds, -1 for ever; *is_set false when the config has none. */
int config_timeout(const struct config *config, bool *is_set);

/* `set default=` by index, id or title, those of submenus behind '>': an index below entry_count
   (0 with a warning when there is no such entry). */
size_t config_default(struct config *config);

/* Evaluates an entry's body to what it boots. False ("name:line: reason") for a line that GRUB
   would fail on as well, a command that Whelk cannot do (linux, chainloader, …), no kernel. */
bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error);
