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
#include "stage2/fs/file.h"
#include "stage2/fs/name.h"

enum { CONFIG_MAX_BYTES = 128 * 1024 };

/* A text of commands: a whole file, or a part of one. */
struct config_text {
    const char *name; /* its file, for messages: "/boot/grub/grub.cfg" */
    struct bytes bytes;
    uint32_t line; /* the file's line in which the text begins, from 1 */
};

/* A file that an entry wants loaded. */
struct config_file {
    const char *path;      /* absolute, without a device: "/boot/kernel" */
    const char *arguments; /* the words after the path, quoted as GRUB quotes them; "" if none */
    const char *config;    /* the config that names the file */
    uint32_t line;         /* the line in that config, from 1 */
    bool keep_compressed;  /* --nounzip */
    bool is_elsewhere;     /* the config names another device, whether or not it is there */
    const struct iso9660_file *on_disc; /* known to be uncompressed; NULL: look the path up */
};

enum config_protocol {
    CONFIG_MULTIBOOT1 = 1,
    CONFIG_MULTIBOOT2 = 2,
    CONFIG_PVH = 3,
    CONFIG_LINUX16 = 4, /* by the kernel's own real-mode code */
    CONFIG_LINUX = 5,
    CONFIG_CHAINLOADER = 6, /* the kernel is a program of the firmware's: stage2/boot/chain.h */
};

/* What only chainloader says. */
struct config_chain {
    const char *root; /* the variable root */
    bool is_forced;   /* --force: without a boot sector's signature, too */
};

/* What an entry does in the end. */
enum config_action {
    CONFIG_ACTION_BOOT, /* boots config_boot.kernel */
    CONFIG_ACTION_REBOOT,
    CONFIG_ACTION_HALT,
    CONFIG_ACTION_EXIT,   /* returns to the firmware, which tries its next boot device */
    CONFIG_ACTION_SETUP,  /* opens the firmware's setup */
    CONFIG_ACTION_CONFIG, /* reads the config that config_boot.kernel names */
};

/* What an entry boots. */
struct config_boot {
    enum config_action action;
    enum config_protocol protocol;
    bool ignore_address_fields; /* --quirk-bad-kludge */
    bool modules_after_kernel;  /* --quirk-modules-after-kernel */
    const char *gfxpayload;     /* video modes, if set after the kernel's line; NULL: not set */
    bool has_bochs_driver;      /* the config has loaded GRUB's driver of this card: video.h */
    bool has_cirrus_driver;
    struct config_chain chain;
    const char *timing;        /* whelk_timing: where timeline.h's line goes; NULL: not set */
    const char *verify;        /* whelk_verify: what is verified (verify.h); NULL: not set */
    struct config_file kernel; /* of CONFIG_ACTION_CONFIG: the config */
    struct config_file *modules;
    size_t module_count;
    bool boots_itself;    /* by a boot command: GRUB then boots without modules that are missing */
    bool names_no_kernel; /* config_evaluate() failed because no kernel is named */
    bool is_refused;      /* the reason is a command that Whelk cannot do */
    bool is_legacy;       /* CONFIG_ACTION_CONFIG: the config is GRUB Legacy's */
    const struct config_scope *scope; /* what the config sees that this one leads to */
};

struct config_menu;

struct config_entry {
    const char *title;       /* UTF-8 */
    const char *id;          /* --id, else "" */
    struct config_text body; /* the text between the braces */
    uint32_t line;
    const char *arguments; /* $1 (the title), $2, …: adjacent strings, each with its NUL */
    size_t argument_count;
    struct config_menu *menu; /* the menu that shows it; config.entries lists all menus' entries */
    struct config_scope *scope; /* the variables that its body sees */
    uint32_t position;          /* among the items of its menu, from 0 */
    char hotkey;                /* --hotkey, else 0 */
};

/* A menu, the top one or a submenu: its items are entries and submenus. */
struct config_menu {
    struct config_entry self; /* the submenu as an item of its menu; title NULL: the top menu */
    struct config_menu *next; /* list of all submenus, the latest first */
    uint32_t item_count;
    size_t first_entry; /* index in config.entries of the first entry in it or in its submenus */
};

/* A remark about a line that does not end the evaluation. */
struct config_warning {
    const char *name; /* the line's file */
    uint32_t line;
    const char *text;
    struct config_warning *next;
    bool is_shown; /* set by whoever shows it */
};

/* What a path names. DAMAGED: nobody can say, as a directory cannot be read or is damaged. */
enum config_node {
    CONFIG_NODE_NONE,
    CONFIG_NODE_EMPTY,
    CONFIG_NODE_FILE,
    CONFIG_NODE_DIRECTORY,
    CONFIG_NODE_DAMAGED,
};

enum config_volume { CONFIG_VOLUME_LABEL, CONFIG_VOLUME_UUID, CONFIG_VOLUME_FILE };
enum {
    CONFIG_VOLUME_BYTES = 33, /* of a label or UUID, with the NUL */
    CONFIG_DEVICE_BYTES = 32, /* of a device's name, with the NUL: "hd0,msdos1" */
};

/* What `cpuid` asks of the processor. */
enum config_feature { CONFIG_LONG_MODE, CONFIG_PAE };

enum { CONFIG_DEFAULT_UNIT = -1 };

/* What a `serial` command sets; 0: the command does not say. */
struct config_serial {
    int unit;      /* CONFIG_DEFAULT_UNIT: the command does not say */
    unsigned port; /* I/O port, instead of a unit */
    unsigned speed;
    unsigned data_bits;
    unsigned stop_bits;
    char parity; /* 'n', 'o', 'e' */
};

enum config_device { CONFIG_DEVICE_CONSOLE = 1, CONFIG_DEVICE_SERIAL = 2 };
enum config_direction { CONFIG_INPUT, CONFIG_OUTPUT };

/* Callbacks to the machine. NULL actions do nothing; NULL queries answer yes (each file exists),
   key queries no. */
struct config_platform {
    enum config_node (*find)(const char *path);

    /* Reads a whole file of at most CONFIG_MAX_BYTES into the arena. */
    bool (*read)(const char *path, struct arena *arena, struct bytes *text, struct error *error);

    /* Lists the names in a directory, or a file's own name, in the arena. */
    bool (*list)(const char *path, struct arena *arena, struct listed_name **names,
                 struct error *error);

    /* Opens a file and reads a part of it: file_open() and file_read() (file.h). */
    bool (*open)(const char *path, enum file_compression compression, struct file *file,
                 struct arena *arena, struct error *error);
    bool (*read_part)(const struct file *file, uint64_t offset, size_t length, void *buffer,
                      struct error *error);

    /* The disc's label or UUID. False: it is not known; name then stands for it. */
    bool (*volume)(enum config_volume what, char name[CONFIG_VOLUME_BYTES]);

    /* Whether the machine has a disc or partition of this name. NULL: the boot disc alone is
       known, and stands for all. */
    bool (*has_device)(const char *name);

    /* The number-th disc or partition, from 0. False: there are no more. */
    bool (*device)(unsigned number, char name[CONFIG_DEVICE_BYTES]);

    /* Looks on all of them for a volume with this label, UUID or file. False: there is none. */
    bool (*search)(enum config_volume what, const char *wanted, char name[CONFIG_DEVICE_BYTES]);

    bool (*has_feature)(enum config_feature feature);

    /* SMBIOS's structure table; empty: there is none. */
    struct bytes (*smbios)(void);

    /* A byte of the real-time clock's memory, index 0 to 127. */
    uint8_t (*cmos)(uint8_t index);

    /* The modifier keys that are held, as bits: 1 Shift, 2 Control, 4 Alt. */
    unsigned (*modifiers)(void);

    /* Whether a key was pressed that interrupts a script. */
    bool (*interrupted)(void);

    void (*print)(const char *text);
    void (*clear)(void);

    /* Prints the firmware's memory map. */
    void (*show_memory)(void);

    /* Reads what is typed up to Enter and echoes it. size is in bytes, with the NUL. */
    void (*read_line)(char *text, size_t size);

    /* Waits. False: a key ended it early, which only happens with until_key. */
    bool (*sleep)(unsigned seconds, bool until_key);

    /* False: there is no such port. */
    bool (*set_serial)(const struct config_serial *serial);

    /* Sets the devices in use: bits of enum config_device. */
    void (*set_terminal)(enum config_direction direction, unsigned devices);

    /* Notes the graphics terminal's modes, which gfxpayload's `keep` keeps. "": not in use. */
    void (*set_graphics)(const char *modes);
};

struct config;
struct config_overlay;

/* What surrounds a config. */
struct config_environment {
    /* Variables set in advance: strings "name=value", each with its NUL, and an empty one. */
    const char *variables;
    const struct config_platform *platform; /* NULL: none of its functions */

    /* Loads the rarely used part of the language. May set config->environment.platform. NULL with a
       reason: it cannot be read. */
    const struct config_overlay *(*overlay)(struct config *config, struct error *error);
    bool is_legacy; /* the config is GRUB Legacy's, whatever its name */

    /* The config that led to this one, and config_boot.scope: its exported variables are set here,
       too. NULL: none did. */
    const struct config *outer;
    const struct config_scope *outer_scope;
};

struct config {
    const char *name; /* for messages: "/boot/grub/grub.cfg" */
    struct arena *arena;
    struct config_entry *entries;
    size_t entry_count;
    struct config_warning *warnings; /* sorted by line; each text once for a line */
    struct config *outer;            /* the config whose entry led to this one; NULL: none */
    bool is_back;                    /* the user returned to it: nothing boots by itself any more */

    /* For the evaluator only. */
    struct config_environment environment;
    unsigned loaded;              /* what the top level has loaded: bits of enum loaded */
    bool root_is_unknown;         /* a disc that only the machine knows may be root */
    bool asks_results;            /* its text contains $? */
    struct config_boot immediate; /* what the config boots without a menu, if anything */
    unsigned devices[2];          /* devices in use, by enum config_direction */
    struct config_scope *scope;   /* variables set outside any submenu and entry */
    struct config_menu top;
    struct config_menu *menus;
    struct config_function *functions;
    size_t warning_count;
    bool needs_overlay; /* environment.overlay() was called */
};

/* config_environment.variables as GRUB sets them when it starts from a PC's CD. */
#define CONFIG_CD_VARIABLES                                                                        \
    "root=cd\0prefix=(cd)/boot/grub\0cmdpath=(cd)\0grub_cpu=i386\0grub_platform=pc\0"

/* Those of UEFI, without grub_cpu. */
#define CONFIG_UEFI_VARIABLES                                                                      \
    "root=cd0\0prefix=(cd0)/boot/grub\0cmdpath=(cd0)/EFI/BOOT\0grub_platform=efi\0"

/* Reads and evaluates the top level of a config. A name that ends with menu.lst is GRUB
   Legacy's. A config without menuentry that loads a kernel, or one that boots before a menu, yields
   a single entry without a body. False ("name:line: reason"): no entry, or an error ends the
   evaluation. The text, the name and the arena's contents stay in use as long as the config. */
bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const struct config_environment *environment, struct arena *arena,
                      struct error *error);

/* config_read_with() for host programs: a PC that boots from its CD, without a platform. */
bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error);

/* config_environment.overlay for host programs: all of the language is linked in. */
const struct config_overlay *config_overlay_linked(struct config *config, struct error *error);

/* `set timeout=`: seconds, -1 for ever; *is_set false when the config has none. */
int config_timeout(const struct config *config, bool *is_set);

/* Seconds until the preselected entry boots; -1: for ever. Without `set timeout` a single entry
   boots at once; GRUB would wait for a key, which a guest without keyboard never gets. */
int config_seconds_to_wait(const struct config *config);

/* The index of the default entry: `set default=` names it by position, id or title, in a submenu as
   "Submenu>Entry". 0 without a default, and with a warning if no such entry exists. */
size_t config_default(struct config *config);

/* Evaluates an entry's body; *boot says what it boots. False ("name:line: reason"): GRUB would fail
   on a line too, a command is one that Whelk cannot do (plan9, normal, …), or there is no
   kernel. */
bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error);
