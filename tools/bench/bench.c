// SPDX-License-Identifier: BSD-2-Clause
// See bench.h. Makes the ISOs, boots them in turn, counts their accesses, and shows the results. A
// peer that fails is left out; the others go on.
#include "tools/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/bench/embedded.h"
#include "tools/bench/isos.h"
#include "tools/bench/options.h"
#include "tools/bench/origin.h"
#include "tools/bench/process.h"
#include "tools/bench/qemu.h"
#include "tools/bench/report.h"
#include "tools/bench/show.h"
#include "tools/bench/ways.h"
#include "tools/bench/xen.h"
#include "tools/guest/ovmf.h"
#include "tools/lib/say.h"
#include "tools/lib/writing.h"

enum {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_REGRESSION = 3,
    MAX_ISOS = 32, /* in a group: the makers', and those given */
    KVM_SECONDS = 2,
    BAR_CHARACTERS = 24,
};

/* What is measured: an ISO on a machine. */
struct bench_iso {
    const char *name;
    char label[64];
    struct qemu_machine machine;
    const char *marker; /* on the serial port; NULL: the kernel's entry */
    uint32_t entry;     /* the kernel's physical entry address */
    char path[PATH_MAX];
    char image[PATH_MAX]; /* of the machine, if it has one */
    uint64_t bytes;
    struct samples total_ms, raw_ms;
    struct samples firmware_ms, loader_ms; /* of each boot, if it has them; not with Xen */
    uint64_t accesses, firmware_accesses;
    bool failed;  /* left out, which has been said */
    bool is_slow; /* among the group's others */
    bool has_timing;
    struct samples stamps_us[TIMING_STAMPS];
    struct timing timing; /* of the last run */
};

/* The ISOs of one tree, and the firmware alone, measured in turn. */
struct bench_group {
    uint32_t size_mib; /* 0: the tree as it is */
    struct bench_tree tree;
    struct bench_iso isos[MAX_ISOS];
    size_t iso_count;
    struct samples firmware_ms;
    char timing_iso[PATH_MAX]; /* "": none */
};

struct bench {
    struct bench_settings settings;
    struct qemu_machine machine; /* with its accelerator */
    struct bench_group *groups;
    size_t group_count;
    char nothing[PATH_MAX]; /* an ISO: shows the firmware's share of Xen, and whether KVM works */
    char starter[PATH_MAX]; /* an ISO: shows the firmware's share of UEFI; "": not made */
    char version[80], platform[160];
    char host[256], date[32];
    char *command;             /* what the user has said; NULL: no memory for it */
    const char *until;         /* the moment up to which is measured, for people */
    struct boot_result result; /* large: of the last boot */
    unsigned done, steps;      /* of the progress */
    bool failed;               /* something of what was asked for is missing */
    bool regressed;            /* something is slower than in the report of --compare */
};

// ---- Progress

static void show_progress(struct bench *bench, const struct bench_group *group, const char *what)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    char bar[BAR_CHARACTERS + 1], size[24] = "";
    unsigned filled = bench->steps > 0 ? bench->done * BAR_CHARACTERS / bench->steps : 0;
    for (unsigned i = 0; i < BAR_CHARACTERS; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR_CHARACTERS] = '\0';
    if (group != NULL && group->size_mib != 0) {
        snprintf(size, sizeof size, ", %u MiB", group->size_mib);
    }
    fprintf(stderr, "\r\033[K[%s] %u/%u %s%s", bar, bench->done, bench->steps, what, size);
    bench->done++;
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

// ---- The ISOs

static bool measure_size(struct bench_iso *iso, struct error *error)
{
    struct stat status;
    if (stat(iso->path, &status) != 0) {
        return fail(error, "%s: %s", iso->path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(error, "%s: is no file", iso->path);
    }
    iso->bytes = (uint64_t)status.st_size;
    return true;
}

static bool wants_maker(const struct bench *bench, const struct iso_maker *maker)
{
    return bench_wants_loader(&bench->settings, maker->name) &&
           (maker->firmware & bench->settings.machine.firmware) != 0;
}

/* Other ways are compared with the loaders that a BIOS or Xen boots. */
static bool wants_way(const struct bench *bench, const struct way *way, uint32_t size_mib)
{
    const struct bench_settings *settings = &bench->settings;
    return bench_wants_loader(settings, way->name) && way->xen == settings->xen &&
           settings->machine.firmware == FIRMWARE_BIOS &&
           way_fits(way, &settings->machine, size_mib);
}

/* Names what is measured after its firmware and its loader. */
static void set_label(struct bench_iso *iso, const char *loader)
{
    const char *firmware = iso->machine.firmware == FIRMWARE_UEFI     ? "OVMF"
                           : iso->machine.firmware == FIRMWARE_UEFI32 ? "32-bit OVMF"
                           : strcmp(iso->machine.accel, "xen") == 0   ? "HVM"
                                                                      : "SeaBIOS";
    snprintf(iso->label, sizeof iso->label, "%s + %s", firmware, loader);
}

/* The moment up to which is measured. The probe kernel says itself when it runs, which is only
   needed where its entry cannot be seen from outside. */
static const char *marker_for(const struct bench *bench, const struct qemu_machine *machine)
{
    bool probes = bench->settings.probe || bench->settings.size_count > 0;
    bool sees_entry = !bench->settings.xen && (machine->firmware & FIRMWARE_EITHER_UEFI) == 0;
    return !probes ? bench->settings.until : sees_entry ? NULL : PROBE_MARKER;
}

/* Begins the group's next ISO, on this machine. */
static struct bench_iso *next_iso(const struct bench *bench, struct bench_group *group,
                                  const char *name, const struct qemu_machine *machine)
{
    struct bench_iso *iso = &group->isos[group->iso_count];
    iso->name = name;
    iso->machine = *machine;
    iso->marker = marker_for(bench, machine);
    iso->entry = group->tree.entry;
    return iso;
}

/* Whether the kernel's first instruction is where the plan says. Linux's is elsewhere as a UEFI
   application, and by its real-mode code. False with a reason. */
static bool entry_is_known(const struct bench_group *group, const struct bench_iso *iso,
                           struct error *error)
{
    enum config_protocol protocol = group->tree.boot.protocol;
    bool is_linux = protocol == CONFIG_LINUX || protocol == CONFIG_LINUX16;
    bool is_by_its_entry =
        (iso->machine.firmware & FIRMWARE_EITHER_UEFI) == 0 && strcmp(iso->name, "isolinux") != 0;
    return iso->marker != NULL || !is_linux || is_by_its_entry ||
           fail(error, "it does not start Linux at a known address: give --until=TEXT, with a text "
                       "that the kernel writes to the serial port");
}

/* Makes and adds an ISO. A failure of Whelk is an error; a failure of another is only said. */
static bool add_made(struct bench *bench, struct bench_group *group, const struct iso_maker *maker,
                     struct error *error)
{
    struct bench_iso *iso = next_iso(bench, group, maker->name, &bench->machine);
    char name[64];
    if (!wants_maker(bench, maker) || !maker->is_installed(maker)) {
        return true;
    }
    set_label(iso, maker->label);
    snprintf(name, sizeof name, "%s-%u.iso", maker->name, group->size_mib);
    process_scratch(iso->path, name);
    show_progress(bench, group, maker->label);
    bool made = entry_is_known(group, iso, error) &&
                maker->make(maker, &group->tree, iso->path, error) && measure_size(iso, error);
    if (made) {
        group->iso_count++;
    } else if (maker != &iso_makers[0] && !process_interrupted()) {
        end_progress();
        say_warning("%s is left out: %s", maker->name, error->message);
        return true;
    }
    return made;
}

/* Adds an ISO of the user, with {} in its name replaced by the size. */
static bool add_given(struct bench *bench, struct bench_group *group, const struct given_iso *given,
                      struct error *error)
{
    struct bench_iso *iso = next_iso(bench, group, given->name, &bench->machine);
    const char *braces = strstr(given->file, "{}");
    char path[PATH_MAX], size[16];
    snprintf(size, sizeof size, "%u", group->size_mib);
    int length =
        snprintf(path, sizeof path, "%.*s%s%s",
                 braces != NULL ? (int)(braces - given->file) : (int)strlen(given->file),
                 given->file, braces != NULL ? size : "", braces != NULL ? braces + 2 : "");
    if (length >= PATH_MAX || realpath(path, iso->path) == NULL) {
        return fail(error, "--iso %s: %.200s: %s", given->name, given->file, strerror(errno));
    }
    set_label(iso, given->name);
    group->iso_count++;
    return measure_size(iso, error);
}

/* Finds OVMF and makes the starter, once. If OVMF is missing, this says so before the boots. */
static bool prepare_uefi(struct bench *bench, struct qemu_machine *machine, struct error *error)
{
    struct ovmf ovmf;
    if (!ovmf_open(&ovmf, machine->firmware == FIRMWARE_UEFI32, error)) {
        return false;
    }
    close(ovmf.variables);
    if (ovmf.needs_smm && strcmp(machine->machine, OVMF_MACHINE) != 0) {
        return fail(error, "this OVMF runs on --machine=" OVMF_MACHINE " only");
    }
    if (bench->starter[0] == '\0') {
        process_scratch(bench->starter, "starter.iso");
        if (!iso_make_starter(bench->starter, error)) {
            return false;
        }
    }
    machine->starter = bench->starter;
    return true;
}

/* Makes the ISO of a way, Whelk's, unless it is the group's first. */
static bool whelk_iso(struct bench_group *group, char path[PATH_MAX], struct error *error)
{
    char name[32];
    if (group->iso_count > 0 && strcmp(group->isos[0].name, iso_makers[0].name) == 0) {
        memcpy(path, group->isos[0].path, PATH_MAX);
        return true;
    }
    snprintf(name, sizeof name, "whelk-%u.iso", group->size_mib);
    process_scratch(path, name);
    return access(path, F_OK) == 0 || iso_makers[0].make(&iso_makers[0], &group->tree, path, error);
}

/* Prepares what a way's machine starts with. */
static bool prepare_way(struct bench *bench, const struct way *way, uint32_t size_mib,
                        struct bench_iso *iso, struct error *error)
{
    char name[64];
    if (way->image == NULL) {
        return prepare_uefi(bench, &iso->machine, error);
    }
    snprintf(name, sizeof name, "%s-%u.image", way->name, size_mib);
    process_scratch(iso->image, name);
    iso->machine.image = iso->image;
    return way_write_image(way, size_mib, iso->image, error);
}

/* Adds a way to boot Whelk's ISO. One that is not to be had here is only said. */
static bool add_way(struct bench *bench, struct bench_group *group, const struct way *way,
                    struct error *error)
{
    struct qemu_machine machine = bench->machine;
    if (!wants_way(bench, way, group->size_mib)) {
        return true;
    }
    machine.firmware = way->firmware;
    machine.machine = way->machine != NULL ? way->machine : machine.machine;
    machine.attach = way->attach != NULL ? way->attach : machine.attach;
    struct bench_iso *iso = next_iso(bench, group, way->name, &machine);
    if (!entry_is_known(group, iso, error) ||
        !prepare_way(bench, way, group->size_mib, iso, error)) {
        end_progress();
        say_warning("%s is left out: %s", way->name, error->message);
        return !process_interrupted();
    }
    snprintf(iso->label, sizeof iso->label, "%s", way->label);
    iso->entry = way_is_raw(way) ? WAY_RAW_ENTRY : iso->entry;
    iso->is_slow = (way->firmware & FIRMWARE_EITHER_UEFI) != 0; /* seconds, in TCG */
    bool made = whelk_iso(group, iso->path, error) && measure_size(iso, error);
    group->iso_count++;
    return made;
}

static bool make_timing_iso(struct bench_group *group, struct error *error)
{
    char config[PATH_MAX], name[64];
    snprintf(name, sizeof name, "timing-%u.iso", group->size_mib);
    process_scratch(group->timing_iso, name);
    return bench_tree_timing_config(&group->tree, config, error) &&
           iso_make_with_config(&group->tree, config, group->timing_iso, error);
}

static bool make_group(struct bench *bench, struct bench_group *group, uint32_t size_mib,
                       struct error *error)
{
    const struct bench_settings *settings = &bench->settings;
    char name[32];
    group->size_mib = size_mib;
    snprintf(name, sizeof name, "tree-%u", size_mib);
    bool done = settings->probe || size_mib > 0
                    ? bench_tree_with_probe(settings->tree, name, size_mib, settings->raw_dma,
                                            &group->tree, error)
                    : bench_tree_read(settings->tree, &group->tree, error);
    for (size_t i = 0; done && i < iso_maker_count; i++) {
        done = add_made(bench, group, &iso_makers[i], error);
        for (size_t j = 0; done && i == 0 && j < way_count; j++) { /* after Whelk's other boots */
            done = add_way(bench, group, &ways[j], error);
        }
    }
    for (size_t i = 0; done && i < settings->given_count; i++) {
        done = add_given(bench, group, &settings->given[i], error);
    }
    if (done && group->iso_count == 0) {
        done = fail(error, "nothing to measure: no loader of --loaders is here, no --iso");
    }
    if (done && bench_wants_loader(settings, "whelk")) {
        done = make_timing_iso(group, error);
    }
    return done;
}

static bool make_isos(struct bench *bench, struct error *error)
{
    const struct bench_settings *settings = &bench->settings;
    bench->group_count = settings->size_count > 0 ? settings->size_count : 1;
    bench->groups = calloc(bench->group_count, sizeof *bench->groups);
    if (bench->groups == NULL) {
        return fail(error, "out of memory");
    }
    for (size_t i = 0; i < iso_maker_count; i++) {
        if (wants_maker(bench, &iso_makers[i]) && !iso_makers[i].is_installed(&iso_makers[i])) {
            say_warning("%s is left out: not installed; on Debian: apt install %s",
                        iso_makers[i].name, iso_makers[i].packages);
        }
    }
    bench->steps = (unsigned)(bench->group_count * iso_maker_count);
    for (size_t i = 0; i < bench->group_count; i++) {
        uint32_t size = settings->size_count > 0 ? settings->sizes[i] : 0;
        if (!make_group(bench, &bench->groups[i], size, error)) {
            return false;
        }
    }
    return true;
}

// ---- Where it is measured

/* True if an ISO boots with KVM, and then a loop runs at the processor's speed. Some hosts' KVM
   emulates real mode instruction by instruction. */
static bool kvm_is_fast(struct bench *bench)
{
    struct error ignored;
    struct qemu_machine machine = bench->machine;
    struct boot_request request = {.iso = bench->nothing, .marker = COUNTED_MARKER};
    machine.accel = "kvm";
    machine.firmware = FIRMWARE_BIOS;
    machine.timeout_seconds = KVM_SECONDS;
    return qemu_time(&machine, &request, &bench->result, &ignored);
}

static bool choose_platform(struct bench *bench, struct error *error)
{
    bench->machine = bench->settings.machine;
    if (bench->settings.xen) {
        xen_version(bench->version, sizeof bench->version);
        bench->machine.accel = "xen";
    } else if (!process_is_installed(bench->machine.program)) {
        return fail(error, "%s is not installed; on Debian: apt install qemu-system-x86",
                    bench->machine.program);
    } else if (!qemu_version(&bench->machine, bench->version, sizeof bench->version, error)) {
        return false;
    }
    if (bench->machine.accel == NULL) {
        bool is_there = access("/dev/kvm", R_OK | W_OK) == 0;
        bool is_fast = is_there && kvm_is_fast(bench);
        bench->machine.accel = is_fast ? "kvm" : "tcg";
        if (process_interrupted()) {
            return fail(error, "interrupted");
        }
        if (is_fast) {
            say("KVM works and is used");
        } else {
            say_warning("%s: TCG is used, times are an emulation's",
                        is_there ? "KVM is there but slow or broken" : "no access to /dev/kvm");
        }
    }
    if (bench->settings.xen) {
        snprintf(bench->platform, sizeof bench->platform, "HVM guest of %s, %u MiB", bench->version,
                 bench->machine.memory_mib);
    } else {
        snprintf(bench->platform, sizeof bench->platform, "%.40s, %.20s, %.20s, %.20s, %u MiB%s",
                 bench->version, bench->machine.accel, bench->machine.machine,
                 bench->machine.attach, bench->machine.memory_mib,
                 bench->machine.firmware == FIRMWARE_BIOS     ? ""
                 : bench->machine.firmware == FIRMWARE_UEFI32 ? ", 32-bit OVMF"
                                                              : ", OVMF");
    }
    return true;
}

// ---- Boots

/* Boots an ISO on the machine and up to the marker of `as`, which may have an ISO of its own. */
static bool boot_once(struct bench *bench, const struct bench_iso *as, const char *iso,
                      const char *then, struct error *error)
{
    bool is_uefi = (as->machine.firmware & FIRMWARE_EITHER_UEFI) != 0;
    struct boot_request request = {.iso = iso,
                                   .start = is_uefi ? START_MARKER : NULL,
                                   .marker = as->marker,
                                   .is_ours =
                                       as->marker != NULL && as->marker != bench->settings.until,
                                   .entry = as->entry,
                                   .then = then};
    return bench->settings.xen ? xen_time(&as->machine, &request, &bench->result, error)
                               : qemu_time(&as->machine, &request, &bench->result, error);
}

/* Boots, with Xen, what does nothing. */
static bool boot_nothing(struct bench *bench, struct error *error)
{
    const struct boot_request request = {
        .iso = bench->nothing, .marker = NOTHING_MARKER, .is_ours = true};
    return xen_time(&bench->machine, &request, &bench->result, error) ||
           fail_in(error, "a boot image that does nothing ");
}

/* Says that an ISO failed, and leaves it out from now on. False: interrupted. */
static bool note_failure(struct bench *bench, const struct bench_group *group,
                         struct bench_iso *iso, const struct error *error)
{
    char size[24] = "";
    if (process_interrupted()) {
        return false;
    }
    if (group->size_mib != 0) {
        snprintf(size, sizeof size, " with %u MiB", group->size_mib);
    }
    end_progress();
    say_warning("%s%s is left out: %s %s", iso->name, size, bench->until, error->message);
    iso->failed = bench->failed = true;
    return true;
}

/* Reads the probe kernel's line for raw DMA: bytes and ticks, or why there are none. */
static void take_raw_dma(struct bench *bench, struct bench_iso *iso)
{
    unsigned long long bytes, ticks;
    const char *line = text_find(&bench->result.serial, RAW_DMA_MARKER) + strlen(RAW_DMA_MARKER);
    if (sscanf(line, "0x%llx bytes 0x%llx ticks", &bytes, &ticks) == 2) {
        samples_add(&iso->raw_ms, (double)ticks / bench->result.tsc_khz);
    } else if (!bench->failed) {
        end_progress();
        say("raw DMA: %.*s", (int)strcspn(line, "\n"), line);
        bench->failed = true;
    }
}

static bool boot_iso(struct bench *bench, struct bench_group *group, struct bench_iso *iso)
{
    struct error error;
    bool raw = bench->settings.raw_dma && iso == &group->isos[0];
    show_progress(bench, group, iso->label);
    if (!boot_once(bench, iso, iso->path, raw ? RAW_DMA_MARKER : NULL, &error)) {
        return note_failure(bench, group, iso, &error);
    }
    samples_add(&iso->total_ms, bench->result.milliseconds);
    if (!bench->settings.xen && (iso->machine.firmware & FIRMWARE_WITH_LOADER) != 0) {
        samples_add(&iso->firmware_ms, bench->result.start_ms);
        samples_add(&iso->loader_ms, bench->result.milliseconds - bench->result.start_ms);
    }
    if (raw) {
        take_raw_dma(bench, iso);
    }
    return true;
}

/* Boots each ISO of a group once. False: the bench cannot go on. */
static bool boot_all(struct bench *bench, struct bench_group *group, struct error *error)
{
    if (bench->settings.xen) {
        show_progress(bench, group, "firmware");
        if (!boot_nothing(bench, error)) {
            return false;
        }
        samples_add(&group->firmware_ms, bench->result.milliseconds);
    }
    for (size_t i = 0; i < group->iso_count; i++) {
        if (!group->isos[i].failed && !boot_iso(bench, group, &group->isos[i])) {
            return fail(error, "interrupted");
        }
    }
    return true;
}

static bool count_one(struct bench *bench, struct bench_iso *iso, struct error *error)
{
    bool is_uefi = (iso->machine.firmware & FIRMWARE_EITHER_UEFI) != 0;
    struct boot_request request = {.iso = iso->path,
                                   .start = is_uefi ? START_MARKER : NULL,
                                   .marker = iso->marker,
                                   .entry = iso->entry};
    bool done = qemu_count(&iso->machine, &request, &bench->result, error);
    iso->accesses = done ? bench->result.accesses : 0;
    return done;
}

static bool say_no_trace(struct bench *bench)
{
    end_progress();
    say_warning("this QEMU has no trace in its log: accesses to devices are not counted");
    bench->settings.no_accesses = true;
    return true;
}

static bool count_accesses(struct bench *bench, struct bench_group *group, struct error *error)
{
    for (size_t i = 0; i < group->iso_count; i++) {
        struct bench_iso *iso = &group->isos[i];
        struct error reason;
        show_progress(bench, group, "accesses");
        if (!iso->failed && !count_one(bench, iso, &reason)) {
            if (process_interrupted()) {
                return fail(error, "interrupted");
            }
            end_progress();
            say_warning("%s: accesses were not counted: %s", iso->name, reason.message);
        } else if (!iso->failed && iso->accesses == 0) {
            return say_no_trace(bench);
        }
        iso->firmware_accesses = bench->result.start_accesses;
    }
    return true;
}

/* Collects Whelk's own time stamps, if it prints them. */
static void boot_with_timing(struct bench *bench, struct bench_group *group)
{
    struct error ignored;
    struct bench_iso *whelk = &group->isos[0];
    bool prints = group->timing_iso[0] != '\0' && !whelk->failed;
    for (unsigned run = 0; prints && run < bench->settings.runs; run++) {
        show_progress(bench, group, "stamps");
        prints = boot_once(bench, whelk, group->timing_iso, NULL, &ignored);
        const char *line = prints ? text_find(&bench->result.serial, TIMING_MARK) : NULL;
        prints = line != NULL && timing_read(line, &whelk->timing);
        whelk->has_timing = whelk->has_timing || prints;
        for (int i = 0; prints && i < TIMING_STAMPS; i++) {
            samples_add(&whelk->stamps_us[i], whelk->timing.stamps_us[i]);
        }
    }
}

/* Boots once before anything is measured: that reads QEMU and its files from the disk. */
static bool warm_up(struct bench *bench, struct error *error)
{
    const struct bench_group *group = &bench->groups[0];
    sync();
    if (!bench->settings.xen) { /* what fails is said later */
        boot_once(bench, &group->isos[0], group->isos[0].path, NULL, error);
        return true;
    }
    return boot_nothing(bench, error);
}

static bool measure(struct bench *bench, struct error *error)
{
    const struct bench_settings *settings = &bench->settings;
    bool counts = !settings->xen && !settings->no_accesses;
    bench->done = bench->steps = 0;
    for (size_t i = 0; i < bench->group_count; i++) {
        size_t each = bench->groups[i].iso_count + (settings->xen ? 1 : 0);
        bool has_timing = bench->groups[i].timing_iso[0] != '\0';
        bench->steps += (unsigned)(each * (settings->runs + (counts ? 1 : 0)) +
                                   (has_timing ? settings->runs : 0));
    }
    for (size_t i = 0; i < bench->group_count; i++) {
        struct bench_group *group = &bench->groups[i];
        for (unsigned run = 0; run < settings->runs; run++) {
            if (!boot_all(bench, group, error)) {
                return false;
            }
        }
        boot_with_timing(bench, group);
        if (counts && !settings->no_accesses && !count_accesses(bench, group, error)) {
            return false;
        }
    }
    return !process_interrupted() || fail(error, "interrupted");
}

// ---- What was found

static void fill_timing(struct report_row *row, struct bench_iso *iso)
{
    row->has_timing = iso->has_timing;
    row->timing = iso->timing;
    for (int i = 0; row->has_timing && i < TIMING_STAMPS; i++) {
        row->timing.stamps_us[i] = samples_summary(&iso->stamps_us[i]).median;
    }
}

/* With Xen, the firmware's share is that of the ISO that does nothing. */
static void fill_times(struct report_row *row, struct bench_group *group, struct bench_iso *iso)
{
    bool own = iso->firmware_ms.count > 0;
    row->total = samples_summary(&iso->total_ms);
    row->total_runs = iso->total_ms;
    row->firmware_runs = iso->firmware_ms;
    row->loader_runs = iso->loader_ms;
    row->accesses = iso->accesses;
    row->firmware_accesses = iso->firmware_accesses;
    row->has_no_bar = iso->is_slow;
    if ((iso->machine.firmware & FIRMWARE_WITH_LOADER) == 0) {
        row->kind = REPORT_WHOLE;
        return;
    }
    row->firmware = samples_summary(own ? &iso->firmware_ms : &group->firmware_ms);
    row->loader =
        own ? samples_summary(&iso->loader_ms) : report_loader_share(row->total, row->firmware);
}

static void fill_rows(struct bench_group *group, struct report *report)
{
    for (size_t i = 0; i < group->iso_count; i++) {
        struct bench_iso *iso = &group->isos[i];
        if (iso->failed || iso->total_ms.count == 0) {
            continue;
        }
        struct report_row *row = &report->rows[report->row_count++];
        *row = (struct report_row){.name = iso->name,
                                   .label = iso->label,
                                   .size_mib = group->size_mib,
                                   .iso_bytes = iso->bytes};
        fill_times(row, group, iso);
        fill_timing(row, iso);
        if (iso->raw_ms.count > 0) {
            report->rows[report->row_count++] =
                (struct report_row){.name = "raw-dma",
                                    .label = "raw DMA",
                                    .size_mib = group->size_mib,
                                    .kind = REPORT_READ,
                                    .loader = samples_summary(&iso->raw_ms)};
        }
    }
}

static bool show(struct bench *bench, struct error *error)
{
    const struct bench_settings *settings = &bench->settings;
    struct report report = {.tree = settings->tree,
                            .platform = bench->platform,
                            .accel = bench->machine.accel,
                            .until = bench->until,
                            .host = bench->host,
                            .date = bench->date,
                            .command = bench->command != NULL ? bench->command : "",
                            .version = WHELK_VERSION,
                            .runs = settings->runs};
    report.rows = calloc(bench->group_count, 2 * MAX_ISOS * sizeof *report.rows);
    if (report.rows == NULL) {
        return fail(error, "out of memory");
    }
    for (size_t i = 0; i < bench->group_count; i++) {
        fill_rows(&bench->groups[i], &report);
    }
    if (report.row_count == 0) {
        free(report.rows);
        return fail(error, "nothing was measured");
    }
    report_compare(&report);
    bool done = show_report(settings, &report, &bench->regressed, error);
    free(report.rows);
    return done;
}

// ---- All of it

static bool write_probe(const char *path, struct error *error)
{
    struct bytes probe = embedded_probe();
    return writing_replace(path, probe.data, probe.size, error);
}

/* Names the moment up to which is measured; see marker_for(). */
static void name_moment(struct bench *bench)
{
    char *quoted = NULL;
    const struct bench_settings *settings = &bench->settings;
    bench->until = "the kernel's first instruction";
    if (settings->until != NULL &&
        asprintf(&quoted, "\"%s\" on the serial port", settings->until) >= 0) {
        bench->until = quoted;
    }
}

/* Makes the ISOs, and chooses where they are measured. */
static bool prepare(struct bench *bench, struct error *error)
{
    process_scratch(bench->nothing, "nothing.iso");
    return iso_make_nothing(bench->nothing, error) && choose_platform(bench, error) &&
           ((bench->machine.firmware & FIRMWARE_EITHER_UEFI) == 0 ||
            prepare_uefi(bench, &bench->machine, error)) &&
           make_isos(bench, error);
}

static bool run(struct bench *bench, struct error *error)
{
    const struct bench_settings *settings = &bench->settings;
    if (settings->write_probe != NULL) {
        return write_probe(settings->write_probe, error);
    }
    if (settings->compare != NULL && !show_is_saved(settings->compare)) {
        return fail(error, "--compare %s: is no file that `whelk bench --json` has written",
                    settings->compare);
    }
    if (show_is_saved(settings->tree)) {
        return show_saved(settings, &bench->regressed, error);
    }
    if (settings->xen && !xen_is_usable(error)) {
        return false;
    }
    if (!process_prepare(error)) {
        return false;
    }
    name_moment(bench);
    origin_host(bench->host, sizeof bench->host);
    origin_date(bench->date, sizeof bench->date);
    bool done = prepare(bench, error) && warm_up(bench, error) && measure(bench, error);
    end_progress();
    return done && show(bench, error);
}

int bench(int argc, char **argv)
{
    static struct bench bench; /* large */
    struct error error;
    if (!bench_options_read(argc, argv, &bench.settings, &error)) {
        say_error("%s", error.message);
        return STATUS_USAGE;
    }
    if (bench.settings.help) {
        bench_options_help(argv[0]);
        return STATUS_DONE;
    }
    if (bench.settings.version) {
        puts("whelk bench (Whelk) " WHELK_VERSION);
        return STATUS_DONE;
    }
    bench.command = origin_command(argc, argv);
    bool done = run(&bench, &error);
    if (!done && !process_interrupted()) {
        say_error("%s", error.message);
    }
    process_clean_up();
    return !done || bench.failed ? STATUS_FAILED
           : bench.regressed     ? STATUS_REGRESSION
                                 : STATUS_DONE;
}
