// SPDX-License-Identifier: BSD-2-Clause
// A guest that boots an ISO, and its definition for xl, libvirt, QEMU or KubeVirt, which
// `whelk domain` prints.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "loader/error.h"
#include "tools/guest/firmware.h"

enum {
    DOMAIN_MEMORY_MIB = 1024, /* the default */
    DOMAIN_MEMORY_MAX_MIB = 1 << 20,
    DOMAIN_CPUS_MAX = 255,
    DOMAIN_BRIDGE_BYTES = 255,
};

/* The values of the options whose functions are below, for the help. */
#define DOMAIN_TYPES     "hvm|pvh"
#define DOMAIN_FIRMWARES "bios|whelk|FILE"

#define DOMAIN_SETTINGS_MAX 64 /* of the user, for xl's config */

struct domain {
    const char *name;   /* of letters, digits, '.', '_' and '-'; see domain_check() */
    const char *iso;    /* absolute path */
    const char *bridge; /* NULL: xl chooses; in other formats there is no network card */
    const char *log;    /* absolute path of the serial port's log; NULL: a terminal */
    unsigned memory_mib, cpus;
    bool xen;             /* for libvirt: its driver for Xen, not the one for KVM */
    bool pvh;             /* started by PVH, with the ISO as a module in memory and no disc */
    const char *firmware; /* as asked for: NULL (the usual), "bios", "whelk", or a path */
    const char *image;    /* Whelk's file that starts the guest, absolute path; NULL: a BIOS does */
    const char *append;   /* its command line, with pvh only; NULL: none */
    const char *settings[DOMAIN_SETTINGS_MAX]; /* "key=value", for xl; each replaces our line */
    size_t setting_count;
};

/* Functions for an option's set() (options.h) whose field is the domain: they take its memory in
   MiB, its number of processors, its type (hvm or pvh), a setting "key=value". */
bool domain_set_memory(void *domain, const char *argument, struct error *error);
bool domain_set_cpus(void *domain, const char *argument, struct error *error);
bool domain_set_type(void *domain, const char *argument, struct error *error);
bool domain_add_setting(void *domain, const char *argument, struct error *error);

/* True if a file of Whelk's starts the guest, on Xen another than on QEMU. False: a BIOS does. */
bool domain_uses_image(const struct domain *domain, bool xen, enum firmware_file *file);

/* Checks that firmware has one of its values, and goes with the type. */
bool domain_check_firmware(const struct domain *domain, struct error *error);

/* True if firmware is a file's name. */
bool domain_names_image(const struct domain *domain);

/* Makes a domain's name of a path: the last name without its extension. A character that a domain's
   name may not have becomes '-', a '-' at its start '_'. A name without a letter or digit becomes
   "guest". */
void domain_name(const char *path, char *name, size_t size);

/* Checks that name, bridge and paths can be written in xl's format and in QEMU's. */
bool domain_check(const struct domain *domain, struct error *error);

/* Checks that the paths can be written in XML and YAML, too, which have characters, not bytes. */
bool domain_check_unicode(const struct domain *domain, struct error *error);

void domain_write_xl(const struct domain *domain, FILE *out);
void domain_write_libvirt(const struct domain *domain, FILE *out);
void domain_write_qemu(const struct domain *domain, FILE *out);
void domain_write_kubevirt(const struct domain *domain, FILE *out);

/* argv[0] is the name it was called by, for the help. Returns the exit status. */
int domain_command(int argc, char **argv);
