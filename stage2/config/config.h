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

/* A text of commands. */
struct config_text {
    const char *name; /* of its file, for messages: "/boot/grub/grub.cfg" */
    struct bytes bytes;
    uint32_t line; /* that it begins in */
};

struct iso9660_file;

/* A file that an entry wants loaded. */
struct config_file {
    const char *path;      /* as on the disc: "/boot/kernel", device prefix taken off */
    const char *arguments; /* GRUB's string: without the file's name, quoted as GRUB quotes; "" */
    const char *config;    /* the file that names it … */
    uint32_t line;         /* … and the line, from 1 */
    bool keep_compressed;  /* --nounzip */
    const struct iso9660_file
        *on_disc; /* what the path leads to, and not compressed; NULL: not known */
};

enum config_protocol { CONFIG_MULTIBOOT1 = 1, CONFIG_MULTIBOOT2 = 2 };

/* What an entry does in the end. Only CONFIG_ACTION_BOOT has a kernel; the last one has the other
   config's path in its place. */
enum config_action {
    CONFIG_ACTION_BOOT,
    CONFIG_ACTION_REBOOT,
    CONFIG_ACTION_HALT,
    CONFIG_ACTION_EXIT,   /* back to the firmware: its next boot device */
    CONFIG_ACTION_SETUP,  /* into the firmware's setup */
    CONFIG_ACTION_CONFIG, /* another config takes this one's place */
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
    const struct boot_efi *efi; /* loader/information.h; NULL: no UEFI. Set by who boots. */
    bool names_no_kernel;       /* config_evaluate() failed as the entry is not for Multiboot … */
    bool is_refused;            /* … by a command that Whelk cannot do */
};

struct boot_efi;
struct config_menu;

struct config_entry {
    const char *title;       /* UTF-8 */
    const char *id;          /* --id, else "" */
    struct config_text body; /* between the braces */
    uint32_t line;
    const char *arguments; /* $1, the title, and what follows it, each with its NUL */
    size_t argument_count;
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
    const char *name; /* the line's file */
    uint32_t line;
    const char *text;
    struct config_warning *next;
    bool is_shown; /* whoever shows them notes it here */
};

/* What a path names. */
enum config_node { CONFIG_NODE_NONE, CONFIG_NODE_EMPTY, CONFIG_NODE_FILE, CONFIG_NODE_DIRECTORY };

enum config_volume { CONFIG_VOLUME_LABEL, CONFIG_VOLUME_UUID };

/* What `cpuid` asks of the processor. */
enum config_feature { CONFIG_LONG_MODE, CONFIG_PAE };

enum { CONFIG_DEFAULT_UNIT = -1 };

/* `serial`: 0 where the command does not say, but the unit. */
struct config_serial {
    int unit;
    unsigned port; /* I/O port, instead of a unit */
    unsigned speed;
    unsigned data_bits;
    unsigned stop_bits;
    char parity; /* 'n', 'o', 'e' */
};

enum config_device { CONFIG_DEVICE_CONSOLE = 1, CONFIG_DEVICE_SERIAL = 2 };
enum config_direction { CONFIG_INPUT, CONFIG_OUTPUT };

/* What a directory names. */
struct config_name {
    const char *text;
    struct config_name *next;
    uint64_t size; /* bytes */
    bool is_directory;
};

/* The machine that the commands run on, or what stands for one: a function that is NULL has no
   effect, and what it would be asked is so: each file exists, but no key is pressed. */
struct config_platform {
    enum config_node (*find)(const char *path);

    /* The whole of a file of at most CONFIG_MAX_BYTES; its memory from the arena. */
    bool (*read)(const char *path, struct arena *arena, struct bytes *text, struct error *error);

    /* What a directory names, or a file's own name; in the arena. */
    bool (*list)(const char *path, struct arena *arena, struct config_name **names,
                 struct error *error);

    /* Whether the disc is called so. */
    bool (*is_volume)(enum config_volume what, const char *name);

    bool (*has_feature)(enum config_feature feature);

    /* Bits as `keystatus` counts them: 1 Shift, 2 Control, 4 Alt. */
    unsigned (*modifiers)(void);

    /* Whether somebody wants an endless script to end. */
    bool (*interrupted)(void);

    void (*print)(const char *text);
    void (*clear)(void);

    /* Prints the firmware's memory map. */
    void (*show_memory)(void);

    /* What is typed up to Enter, with its NUL, shown as it comes. */
    void (*read_line)(char *text, size_t size);

    /* False: a key cut it short, which only happens if a key may. */
    bool (*sleep)(unsigned seconds, bool until_key);

    /* False: there is no such port. */
    bool (*set_serial)(const struct config_serial *serial);

    /* The devices (bits) that are used from now on. */
    void (*set_terminal)(enum config_direction direction, unsigned devices);

    /* The modes that the graphics terminal has been put into, which gfxpayload's `keep` keeps; "":
       it is not in use any more. */
    void (*set_graphics)(const char *modes);
};

struct config;
struct config_overlay;

/* What a config is read with. */
struct config_environment {
    /* Set in advance: "name=value" each with its NUL, an empty one at the end. */
    const char *variables;
    const struct config_platform *platform; /* NULL: none of its functions */

    /* Brings what few configs need of the language; may put a platform that comes with it into the
       config. NULL with a reason: it cannot be read. */
    const struct config_overlay *(*overlay)(struct config *config, struct error *error);
};

struct config {
    const char *name; /* for messages: "/boot/grub/grub.cfg" */
    struct arena *arena;
    struct config_entry *entries;
    size_t entry_count;
    struct config_warning *warnings; /* in the order of the lines; each text once for a line */
    struct config *outer;            /* whose entry led to this one; NULL: none */
    bool is_back; /* somebody came back to it: nothing boots by itself any more */

    /* The evaluator's own. */
    struct config_environment environment;
    struct config_boot immediate; /* what the config boots without a menu, if anything */
    unsigned devices[2];          /* in use, by enum config_direction */
    struct config_scope *scope;   /* what the config sets outside any submenu and entry */
    struct config_menu top;
    struct config_menu *menus;
    struct config_function *functions;
    size_t warning_count;
    bool needs_overlay; /* environment.overlay() was called */
};

/* What GRUB has set when it has started from a PC's CD, in config_environment's form. */
#define CONFIG_CD_VARIABLES                                                                        \
    "root=cd\0prefix=(cd)/boot/grub\0cmdpath=(cd)\0grub_cpu=i386\0grub_platform=pc\0"

/* Reads and evaluates the top level of a config, which is GRUB Legacy's if its name says menu.lst.
   A config that boots something without any menuentry (commands, then `boot` or the end of the
   file) yields one entry whose body is the whole text. False: no entry at all, or the text cannot
   be read on ("name:line: reason"). The text, the name and the arena's contents stay in use as long
   as the config. */
bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const struct config_environment *environment, struct arena *arena,
                      struct error *error);

/* config_read_with() for programs on the user's machine: as on a PC that boots from its CD, without
   a platform. Not in the loaders. */
bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error);

/* For the environments of such programs, which have all of the language linked in. */
const struct config_overlay *config_overlay_linked(struct config *config, struct error *error);

/* `set timeout=`: seconds, -1 for ever; *is_set false when the config has none. */
int config_timeout(const struct config *config, bool *is_set);

/* Seconds until the preselected entry boots, -1: for ever. Without `set timeout` a single entry
   boots at once, where GRUB would wait for a key that a guest without keyboard never gets. */
int config_seconds_to_wait(const struct config *config);

/* `set default=` by index, id or title, those of submenus behind '>': an index below entry_count
   (0 with a warning when there is no such entry). */
size_t config_default(struct config *config);

/* Evaluates an entry's body to what it boots. False ("name:line: reason") for a line that GRUB
   would fail on as well, a command that Whelk cannot do (linux, chainloader, …), no kernel. */
bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error);
