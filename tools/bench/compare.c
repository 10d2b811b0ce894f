// SPDX-License-Identifier: BSD-2-Clause
// See bench/compare.h.
#include "tools/bench/compare.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/json.h"

enum { TIMES_OF_A_ROW = 2, WORDS_BYTES = 120 };

static const char *const verdict_names[] = {"same", "faster", "slower", "regression", "unknown"};

static enum verdict judge(const struct change *change, double tolerance_percent)
{
    return !change->has_interval                          ? VERDICT_UNKNOWN
           : change->highest < 1                          ? VERDICT_FASTER
           : change->lowest > 1 + tolerance_percent / 100 ? VERDICT_REGRESSION
           : change->lowest > 1                           ? VERDICT_SLOWER
                                                          : VERDICT_SAME;
}

/* Adds a time, if both rows have its runs. */
static void add(struct comparison *comparison, const struct report_row *row, const char *what,
                const struct samples *old, const struct samples *new)
{
    struct compared *time = &comparison->times[comparison->count];
    if (!samples_compare(old, new, &time->change)) {
        return;
    }
    time->row = row;
    time->what = what;
    time->old_ms = samples_summary(old).median;
    time->new_ms = samples_summary(new).median;
    time->verdict = judge(&time->change, comparison->tolerance_percent);
    comparison->count++;
}

bool comparison_make(const struct report *old, const struct report *new, const char *file,
                     double tolerance_percent, struct comparison *comparison, struct error *error)
{
    *comparison =
        (struct comparison){.file = file, .old = old, .tolerance_percent = tolerance_percent};
    comparison->times = calloc(new->row_count *TIMES_OF_A_ROW, sizeof *comparison->times);
    if (comparison->times == NULL) {
        return fail(error, "out of memory");
    }
    for (size_t i = 0; i < new->row_count; i++) {
        const struct report_row *row = &new->rows[i];
        const struct report_row *before = report_find(old, row->name, row->size_mib);
        if (before != NULL) {
            add(comparison, row, "whole boot", &before->total_runs, &row->total_runs);
            add(comparison, row, "loader", &before->loader_runs, &row->loader_runs);
        }
    }
    return comparison->count > 0 ||
           fail(error,
                "%s: has no single runs of what is measured now; measure it again with --json and "
                "the same --loaders and --sizes",
                file);
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->times);
    comparison->times = NULL;
}

size_t comparison_count(const struct comparison *comparison, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < comparison->count; i++) {
        count += comparison->times[i].verdict == verdict;
    }
    return count;
}

void comparison_words(const struct comparison *comparison, const struct compared *time, char *words,
                      size_t size)
{
    const struct change *change = &time->change;
    double percent = 100 * (change->times - 1);
    double lowest = 100 * (change->lowest - 1), highest = 100 * (change->highest - 1);
    switch (time->verdict) {
    case VERDICT_FASTER:
        snprintf(words, size, "faster by %.1f %% (95 %% interval %.1f to %.1f %%)", -percent,
                 -highest, -lowest);
        break;
    case VERDICT_REGRESSION:
        snprintf(words, size, "slower by %.1f %% (95 %% interval %.1f to %.1f %%): a regression",
                 percent, lowest, highest);
        break;
    case VERDICT_SLOWER:
        snprintf(words, size,
                 "slower by %.1f %% (95 %% interval %.1f to %.1f %%), tolerated up to %g %%",
                 percent, lowest, highest, comparison->tolerance_percent);
        break;
    case VERDICT_SAME:
        snprintf(words, size, "no difference (%+.1f %%, 95 %% interval %+.1f to %+.1f %%)", percent,
                 lowest, highest);
        break;
    case VERDICT_UNKNOWN:
        snprintf(words, size, "unknown (%+.1f %%): too few runs for an interval", percent);
        break;
    }
}

static void print_difference(const char *what, const char *old, const char *new, FILE *out)
{
    if (strcmp(old, new) != 0) {
        fprintf(out, "Not alike: the %s was \"%s\", and is \"%s\".\n", what, old, new);
    }
}

void comparison_table(const struct comparison *comparison, const struct report *new, FILE *out)
{
    const struct report *old = comparison->old;
    fprintf(out, "\nCompared with %s, of Whelk %s%s%s:\n", comparison->file, old->version,
            old->date[0] != '\0' ? ", " : "", old->date);
    print_difference("platform", old->platform, new->platform, out);
    print_difference("machine", old->host, new->host, out);
    print_difference("moment", old->until, new->until, out);
    fprintf(out, "\n%8s  %-22s %-10s %9s %9s  %s\n", "module", "boot", "time", "before", "now",
            "change");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *time = &comparison->times[i];
        char size[16] = "as it is", words[WORDS_BYTES];
        if (time->row->size_mib != 0) {
            snprintf(size, sizeof size, "%u MiB", time->row->size_mib);
        }
        comparison_words(comparison, time, words, sizeof words);
        fprintf(out, "%8s  %-22s %-10s %9.1f %9.1f  %s\n", size, time->row->label, time->what,
                time->old_ms, time->new_ms, words);
    }
}

void comparison_json(const struct comparison *comparison, FILE *out)
{
    json_text(",\n  \"compared\": {", "file", comparison->file, out);
    json_number(", ", "tolerance_percent", comparison->tolerance_percent, 3, out);
    fputs(", \"times\": [\n", out);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *time = &comparison->times[i];
        bool is_known = time->change.has_interval;
        json_text("    {", "name", time->row->name, out);
        json_number(", ", "module_mib", time->row->size_mib, 0, out);
        json_text(", ", "time", time->what, out);
        json_number(", ", "before_ms", time->old_ms, 3, out);
        json_number(", ", "now_ms", time->new_ms, 3, out);
        json_number(", ", "times", time->change.times, 4, out);
        json_number(", ", "lowest", is_known ? time->change.lowest : (double)NAN, 4, out);
        json_number(", ", "highest", is_known ? time->change.highest : (double)NAN, 4, out);
        json_text(", ", "verdict", verdict_names[time->verdict], out);
        fputs(i + 1 < comparison->count ? "},\n" : "}\n", out);
    }
    fputs("  ]}", out);
}
