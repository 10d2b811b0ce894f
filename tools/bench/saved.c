// SPDX-License-Identifier: BSD-2-Clause
// See bench/saved.h.
#include "tools/bench/saved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/json_read.h"

enum { MOST_NUMBER = 1 << 30 };
#define MOST_MILLISECONDS 1e12

/* A report that is being read. No text is longer than it was in the JSON, so there is room. */
struct reading {
    struct saved *saved;
    char *texts_end;
};

static const char *text_of(struct reading *reading, struct json object, const char *name)
{
    char *text = reading->texts_end;
    size_t bytes = json_as_text(json_member(object, name), text);
    reading->texts_end += bytes;
    return bytes > 0 ? text : "";
}

static double number_of(struct json object, const char *name)
{
    return json_as_number(json_member(object, name));
}

/* Returns a count from 0 on; 0 for what is none. */
static uint32_t count_of(struct json object, const char *name)
{
    double number = number_of(object, name);
    return number > 0 && number < MOST_NUMBER ? (uint32_t)number : 0;
}

static uint64_t wide_count_of(struct json object, const char *name)
{
    double number = number_of(object, name);
    return number > 0 && number < 0x1p53 ? (uint64_t)number : 0;
}

static struct summary summary_of(struct json object, const char *name)
{
    struct json summary = json_member(object, name);
    return (struct summary){number_of(summary, "median"), number_of(summary, "min"),
                            number_of(summary, "max")};
}

/* True for a time, and not for NAN. A loader's share can be below zero. */
static bool is_time(double milliseconds)
{
    return fabs(milliseconds) < MOST_MILLISECONDS;
}

static bool is_summary(struct summary summary)
{
    return is_time(summary.median) && is_time(summary.lowest) && is_time(summary.highest);
}

static void read_runs(struct json row, const char *name, struct samples *runs)
{
    struct json run = json_first(json_member(row, name));
    for (; run.at != NULL; run = json_next(run)) {
        double value = json_as_number(run);
        if (is_time(value)) {
            samples_add(runs, value);
        }
    }
}

static void read_timing(struct reading *reading, struct json timing, struct report_row *row)
{
    row->has_timing = timing.at != NULL;
    for (int i = 0; i < TIMING_STAMPS; i++) {
        row->timing.stamps_us[i] = number_of(timing, timing_names[i]);
    }
    row->timing.bytes = number_of(timing, "bytes");
    row->timing.transfers = number_of(timing, "transfers");
    snprintf(row->timing.driver, sizeof row->timing.driver, "%s",
             text_of(reading, timing, "driver"));
}

/* Reads a row. False: it has no time. */
static bool read_row(struct reading *reading, struct json from, struct report_row *row)
{
    row->name = text_of(reading, from, "name");
    row->label = text_of(reading, from, "label");
    row->size_mib = count_of(from, "module_mib");
    row->has_no_bar = json_member(from, "no_bar").at != NULL;
    row->iso_bytes = wide_count_of(from, "iso_bytes");
    row->total = summary_of(from, "total_ms");
    row->firmware = summary_of(from, "firmware_ms");
    row->loader = summary_of(from, "loader_ms");
    row->kind = !is_summary(row->total)     ? REPORT_READ
                : is_summary(row->firmware) ? REPORT_SHARES
                                            : REPORT_WHOLE;
    row->accesses = wide_count_of(from, "accesses");
    uint64_t above = wide_count_of(from, "accesses_above_firmware");
    row->firmware_accesses = row->accesses > above ? row->accesses - above : 0;
    read_runs(from, "total_runs_ms", &row->total_runs);
    read_runs(from, "firmware_runs_ms", &row->firmware_runs);
    read_runs(from, "loader_runs_ms", &row->loader_runs);
    read_timing(reading, json_member(from, "timing_us"), row);
    return row->kind == REPORT_WHOLE || is_summary(row->loader);
}

static bool read_rows(struct reading *reading, struct json results, struct error *error)
{
    struct report *report = &reading->saved->report;
    size_t count = 0;
    for (struct json row = json_first(results); row.at != NULL; row = json_next(row)) {
        count++;
    }
    report->rows = calloc(count + 1, sizeof *report->rows);
    if (report->rows == NULL) {
        return fail(error, "out of memory");
    }
    for (struct json row = json_first(results); row.at != NULL; row = json_next(row)) {
        if (!read_row(reading, row, &report->rows[report->row_count++])) {
            return fail(error, "result %zu has no times: is this what `whelk bench --json` wrote?",
                        report->row_count);
        }
    }
    return count > 0 || fail(error, "has no results: is this what `whelk bench --json` wrote?");
}

bool saved_read(const char *text, struct saved *saved, struct error *error)
{
    struct json all;
    *saved = (struct saved){.texts = malloc(strlen(text) + 1)};
    struct reading reading = {saved, saved->texts};
    if (saved->texts == NULL) {
        return fail(error, "out of memory");
    }
    if (!json_check(text, &all, error)) {
        return false;
    }
    struct report *report = &saved->report;
    report->version = text_of(&reading, all, "whelk");
    report->tree = text_of(&reading, all, "tree");
    report->platform = text_of(&reading, all, "platform");
    report->accel = text_of(&reading, all, "accel");
    report->until = text_of(&reading, all, "until");
    report->host = text_of(&reading, all, "host");
    report->date = text_of(&reading, all, "date");
    report->command = text_of(&reading, all, "command");
    report->runs = count_of(all, "runs");
    if (!read_rows(&reading, json_member(all, "results"), error)) {
        return false;
    }
    report_compare(report);
    return true;
}

void saved_free(struct saved *saved)
{
    for (size_t i = 0; i < saved->report.row_count; i++) {
        struct report_row *row = &saved->report.rows[i];
        samples_free(&row->total_runs);
        samples_free(&row->firmware_runs);
        samples_free(&row->loader_runs);
    }
    free(saved->report.rows);
    free(saved->texts);
    *saved = (struct saved){0};
}
