// SPDX-License-Identifier: BSD-2-Clause
// See bench/report.h. The tables, JSON and CSV; the chart is in bench/chart.c.
#include "tools/bench/report.h"

#include <string.h>
#include "tools/lib/json.h"

#define MIB (1024.0 * 1024.0)

struct summary report_loader_share(struct summary total, struct summary firmware)
{
    return (struct summary){.median = total.median - firmware.median,
                            .lowest = total.lowest - firmware.median,
                            .highest = total.highest - firmware.median};
}

const struct report_row *report_find(const struct report *report, const char *name,
                                     uint32_t size_mib)
{
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].size_mib == size_mib && strcmp(report->rows[i].name, name) == 0) {
            return &report->rows[i];
        }
    }
    return NULL;
}

/* Returns how many times as long `other` takes; NAN: unknown. */
static double ratio(double other, double this)
{
    return other > 0 && this > 0 ? other / this : (double)NAN;
}

void report_compare(struct report *report)
{
    for (size_t i = 0; i < report->row_count; i++) {
        struct report_row *row = &report->rows[i];
        const struct report_row *grub = report_find(report, "grub", row->size_mib);
        const struct report_row *whelk = report_find(report, "whelk", row->size_mib);
        if (grub == NULL) {
            grub = report_find(report, "grub-i386-pc", row->size_mib);
        }
        row->times_faster_than_grub = row->whole_vs_grub = row->whole_vs_whelk = (double)NAN;
        if (grub != NULL && row->kind == REPORT_SHARES) {
            row->times_faster_than_grub = ratio(grub->loader.median, row->loader.median);
        }
        if (grub != NULL && row->kind != REPORT_READ) {
            row->whole_vs_grub = ratio(grub->total.median, row->total.median);
        }
        if (whelk != NULL && row->kind != REPORT_READ) {
            row->whole_vs_whelk = ratio(whelk->total.median, row->total.median);
        }
    }
}

// ---- The tables

/* Begins a line: the module's size and the label. */
static void print_start(const struct report_row *row, FILE *out)
{
    char size[16] = "as it is";
    if (row->size_mib != 0) {
        snprintf(size, sizeof size, "%u MiB", row->size_mib);
    }
    fprintf(out, "%8s  %-22s", size, row->label);
}

/* Writes a median, with the lowest and highest. */
static void print_spread(struct summary summary, FILE *out)
{
    char spread[32];
    snprintf(spread, sizeof spread, "(%.1f..%.1f)", summary.lowest, summary.highest);
    fprintf(out, " %9.1f %-19s", summary.median, spread);
}

static void print_times(double times, FILE *out)
{
    if (isnan(times)) {
        fprintf(out, " %9s", "");
    } else {
        fprintf(out, " %8.*fx", times < 1 ? 2 : 1, times);
    }
}

static void print_count(uint64_t accesses, FILE *out)
{
    if (accesses == 0) {
        fprintf(out, " %11s", "");
    } else {
        fprintf(out, " %11llu", (unsigned long long)accesses);
    }
}

static void print_whole_boots(const struct report *report, FILE *out)
{
    fprintf(out, "%8s  %-22s %9s %-19s %9s %9s %11s\n", "module", "whole boot", "median",
            "(spread)", "vs GRUB", "vs Whelk", "accesses");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct report_row *row = &report->rows[i];
        if (row->kind != REPORT_READ) {
            print_start(row, out);
            print_spread(row->total, out);
            print_times(row->whole_vs_grub, out);
            print_times(row->whole_vs_whelk, out);
            print_count(row->accesses, out);
            fputc('\n', out);
        }
    }
}

static void print_share(const struct report_row *row, FILE *out)
{
    print_start(row, out);
    if (row->kind == REPORT_READ) {
        fprintf(out, " %9s", "");
    } else {
        fprintf(out, " %9.1f", row->firmware.median);
    }
    print_spread(row->loader, out);
    if (row->kind == REPORT_SHARES) {
        print_times(row->times_faster_than_grub, out);
        print_count(row->accesses == 0 ? 0 : row->accesses - row->firmware_accesses, out);
        fprintf(out, " %8.1f", (double)row->iso_bytes / MIB);
    }
    fputc('\n', out);
}

static void print_shares(const struct report *report, FILE *out)
{
    bool has_head = false;
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].kind == REPORT_WHOLE) {
            continue;
        }
        if (!has_head) {
            fprintf(out, "\n%8s  %-22s %9s %9s %-19s %9s %11s %8s\n", "module", "its shares",
                    "firmware", "loader", "(spread)", "vs GRUB", "accesses", "ISO MiB");
            has_head = true;
        }
        print_share(&report->rows[i], out);
    }
}

static void print_timing(const struct report_row *row, FILE *out)
{
    fprintf(out, "%s's own stamps in us", row->label);
    if (row->size_mib != 0) {
        fprintf(out, ", %u MiB", row->size_mib);
    }
    fputc(':', out);
    for (int i = 0; i < TIMING_STAMPS; i++) {
        if (!isnan(row->timing.stamps_us[i])) {
            fprintf(out, " %s %.0f", timing_names[i], row->timing.stamps_us[i]);
        }
    }
    if (!isnan(row->timing.bytes) && !isnan(row->timing.transfers)) {
        fprintf(out, "; %.0f bytes in %.0f transfers", row->timing.bytes, row->timing.transfers);
    }
    fprintf(out, "%s%s\n", row->timing.driver[0] != '\0' ? " by " : "", row->timing.driver);
}

/* Says what accesses are, if they were counted. */
static void print_firmware_accesses(const struct report *report, FILE *out)
{
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (size_t i = 0; i < report->row_count; i++) {
        uint64_t accesses = report->rows[i].firmware_accesses;
        lowest = accesses != 0 && accesses < lowest ? accesses : lowest;
        highest = accesses > highest ? accesses : highest;
    }
    if (highest == 0) {
        return;
    }
    fprintf(out, "\nA share's accesses to devices are those above the firmware's own %llu",
            (unsigned long long)lowest);
    if (highest != lowest) {
        fprintf(out, " to %llu", (unsigned long long)highest);
    }
    fputs(".\n", out);
}

void report_table(const struct report *report, FILE *out)
{
    fprintf(out,
            "%s: %u runs of each in turn, on %s\n"
            "Milliseconds from the machine's start to %s; medians, the lowest and highest.\n",
            report->tree, report->runs, report->platform, report->until);
    if (report->host[0] != '\0') {
        fprintf(out, "On %s%s%s.\n", report->host, report->date[0] != '\0' ? ", " : "",
                report->date);
    }
    fputc('\n', out);
    print_whole_boots(report, out);
    print_shares(report, out);
    print_firmware_accesses(report, out);
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].has_timing) {
            print_timing(&report->rows[i], out);
        }
    }
    if (report->command[0] != '\0') {
        fprintf(out, "\nTo measure this again: %s\n", report->command);
    }
}

// ---- JSON

static void print_summary(const char *key, struct summary summary, FILE *out)
{
    fprintf(out, ", \"%s\": {\"median\": %.3f, \"min\": %.3f, \"max\": %.3f}", key, summary.median,
            summary.lowest, summary.highest);
}

static void print_runs(const char *key, const struct samples *runs, FILE *out)
{
    for (size_t i = 0; i < runs->count; i++) {
        if (i == 0) {
            fprintf(out, ", \"%s\": [", key);
        }
        fprintf(out, "%.3f%s", runs->values[i], i + 1 < runs->count ? ", " : "]");
    }
}

static void print_json_timing(const struct timing *timing, FILE *out)
{
    fputs(", \"timing_us\": ", out);
    json_text("{", "driver", timing->driver, out);
    for (int i = 0; i < TIMING_STAMPS; i++) {
        json_number(", ", timing_names[i], timing->stamps_us[i], 0, out);
    }
    json_number(", ", "bytes", timing->bytes, 0, out);
    json_number(", ", "transfers", timing->transfers, 0, out);
    fputc('}', out);
}

static void print_json_row(const struct report_row *row, FILE *out)
{
    json_text("    {", "name", row->name, out);
    json_text(", ", "label", row->label, out);
    fprintf(out, ", \"module_mib\": %u%s", row->size_mib,
            row->has_no_bar ? ", \"no_bar\": true" : "");
    if (row->kind != REPORT_WHOLE) {
        print_summary("loader_ms", row->loader, out);
    }
    if (row->kind == REPORT_SHARES) {
        print_summary("firmware_ms", row->firmware, out);
    }
    if (row->kind != REPORT_READ) {
        fprintf(out, ", \"iso_bytes\": %llu", (unsigned long long)row->iso_bytes);
        print_summary("total_ms", row->total, out);
        bool counted = row->accesses != 0;
        double accesses = counted ? (double)row->accesses : (double)NAN;
        json_number(", ", "accesses", accesses, 0, out);
        json_number(", ", "accesses_above_firmware", accesses - (double)row->firmware_accesses, 0,
                    out);
        json_number(", ", "times_faster_than_grub", row->times_faster_than_grub, 3, out);
        json_number(", ", "whole_vs_grub", row->whole_vs_grub, 3, out);
        json_number(", ", "whole_vs_whelk", row->whole_vs_whelk, 3, out);
    }
    print_runs("total_runs_ms", &row->total_runs, out);
    print_runs("firmware_runs_ms", &row->firmware_runs, out);
    print_runs("loader_runs_ms", &row->loader_runs, out);
    if (row->has_timing) {
        print_json_timing(&row->timing, out);
    }
    fputc('}', out);
}

void report_json_begin(const struct report *report, FILE *out)
{
    json_text("{\n  ", "whelk", report->version, out);
    json_text(",\n  ", "tree", report->tree, out);
    json_text(",\n  ", "platform", report->platform, out);
    json_text(",\n  ", "accel", report->accel, out);
    json_text(",\n  ", "until", report->until, out);
    json_text(",\n  ", "host", report->host, out);
    json_text(",\n  ", "date", report->date, out);
    json_text(",\n  ", "command", report->command, out);
    fprintf(out, ",\n  \"runs\": %u,\n  \"results\": [\n", report->runs);
    for (size_t i = 0; i < report->row_count; i++) {
        print_json_row(&report->rows[i], out);
        fputs(i + 1 < report->row_count ? ",\n" : "\n", out);
    }
    fputs("  ]", out);
}

void report_json(const struct report *report, FILE *out)
{
    report_json_begin(report, out);
    fputs("\n}\n", out);
}

// ---- CSV

static void print_field(double value, int decimals, FILE *out)
{
    fputc(',', out);
    if (!isnan(value)) {
        fprintf(out, "%.*f", decimals, value);
    }
}

/* Writes a quoted field, with quotes in it doubled (RFC 4180). */
static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}

void report_csv(const struct report *report, FILE *out)
{
    fputs("name,module_mib,loader_ms,loader_ms_min,loader_ms_max,iso_bytes,firmware_ms,total_ms,"
          "total_ms_min,total_ms_max,accesses,accesses_above_firmware,times_faster_than_grub,"
          "whole_vs_grub,whole_vs_whelk\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct report_row *row = &report->rows[i];
        double whole = row->kind == REPORT_READ ? (double)NAN : 0; /* NAN: the field is empty */
        double loader = row->kind == REPORT_WHOLE ? (double)NAN : 0;
        double firmware = row->kind == REPORT_SHARES ? 0 : (double)NAN;
        double counted = row->accesses == 0 ? (double)NAN : 0;
        print_quoted(row->name, out);
        fprintf(out, ",%u", row->size_mib);
        print_field(loader + row->loader.median, 3, out);
        print_field(loader + row->loader.lowest, 3, out);
        print_field(loader + row->loader.highest, 3, out);
        print_field(whole + (double)row->iso_bytes, 0, out);
        print_field(firmware + row->firmware.median, 3, out);
        print_field(whole + row->total.median, 3, out);
        print_field(whole + row->total.lowest, 3, out);
        print_field(whole + row->total.highest, 3, out);
        print_field(counted + (double)row->accesses, 0, out);
        print_field(counted + (double)row->accesses - (double)row->firmware_accesses, 0, out);
        print_field(row->times_faster_than_grub, 3, out);
        print_field(row->whole_vs_grub, 3, out);
        print_field(row->whole_vs_whelk, 3, out);
        fputc('\n', out);
    }
}
