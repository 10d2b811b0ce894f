// SPDX-License-Identifier: BSD-2-Clause
// See bench/show.h.
#include "tools/bench/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tools/bench/compare.h"
#include "tools/bench/html.h"
#include "tools/bench/saved.h"
#include "tools/lib/writing.h"

enum { MOST_BYTES = 64 << 20 }; /* of a report in a file */

// ---- Files

bool show_is_saved(const char *path)
{
    char start[64] = "";
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && fgets(start, sizeof start, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    return is_read && start[strspn(start, " \t\r\n")] == '{';
}

/* Reads a text, which belongs to the caller, and adds a NUL. NULL: it cannot be read. */
static char *read_text(const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    char *text = file != NULL ? malloc(MOST_BYTES + 1) : NULL;
    size_t length = text != NULL ? fread(text, 1, MOST_BYTES, file) : 0;
    bool done = text != NULL && !ferror(file) && length < MOST_BYTES;
    if (!done) {
        fail(error, "%s: %s", path,
             length == MOST_BYTES ? "is too large for a report" : strerror(errno));
        free(text);
        text = NULL;
    } else {
        text[length] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static bool read_report(const char *path, struct saved *saved, struct error *error)
{
    char *text = read_text(path, error);
    *saved = (struct saved){0};
    bool done = text != NULL && (saved_read(text, saved, error) || fail_in(error, "%s: ", path));
    free(text);
    return done;
}

/* What is written to a file: with the comparison, or NULL. */
typedef void write_report(const struct report *report, const struct comparison *comparison,
                          FILE *out);

static void write_chart(const struct report *report, const struct comparison *comparison, FILE *out)
{
    (void)comparison;
    fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", out);
    report_chart(report, out);
}

static bool write_file(const char *path, write_report *write, const struct report *report,
                       const struct comparison *comparison, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out != NULL) {
        write(report, comparison, out);
    }
    bool done = out != NULL && fclose(out) == 0;
    done = done ? writing_replace(path, text, size, error)
                : fail(error, "%s: %s", path, strerror(errno));
    free(text);
    return done;
}

// ---- All that the user wants

static void print(const struct bench_settings *settings, const struct report *report,
                  const struct comparison *comparison)
{
    switch (settings->format) {
    case FORMAT_TABLE:
        report_table(report, stdout);
        if (comparison != NULL) {
            comparison_table(comparison, report, stdout);
        }
        break;
    case FORMAT_JSON:
        report_json_begin(report, stdout);
        if (comparison != NULL) {
            comparison_json(comparison, stdout);
        }
        fputs("\n}\n", stdout);
        break;
    case FORMAT_CSV:
        report_csv(report, stdout);
        break;
    }
}

static bool show(const struct bench_settings *settings, const struct report *report,
                 const struct comparison *comparison, struct error *error)
{
    print(settings, report, comparison);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return fail(error, "standard output: %s", strerror(errno));
    }
    return (settings->plot == NULL ||
            write_file(settings->plot, write_chart, report, comparison, error)) &&
           (settings->html == NULL ||
            write_file(settings->html, report_html, report, comparison, error));
}

/* Fails if a comparison has no result where one was asked for. */
static bool is_judged(const struct comparison *comparison, struct error *error)
{
    size_t unknown = comparison_count(comparison, VERDICT_UNKNOWN);
    return unknown == 0 || fail(error,
                                "%zu of %zu times cannot be compared: measure both with --runs=5 "
                                "or more",
                                unknown, comparison->count);
}

bool show_report(const struct bench_settings *settings, const struct report *report,
                 bool *regressed, struct error *error)
{
    struct saved old = {0};
    struct comparison comparison = {0};
    if (settings->compare == NULL) {
        return show(settings, report, NULL, error);
    }
    bool done = read_report(settings->compare, &old, error) &&
                comparison_make(&old.report, report, settings->compare, settings->tolerance_percent,
                                &comparison, error);
    if (done) {
        *regressed = comparison_count(&comparison, VERDICT_REGRESSION) > 0;
        done = show(settings, report, &comparison, error) && is_judged(&comparison, error);
    } else { /* what took long to measure is not lost */
        struct error ignored;
        show(settings, report, NULL, &ignored);
    }
    comparison_free(&comparison);
    saved_free(&old);
    return done;
}

bool show_saved(const struct bench_settings *settings, bool *regressed, struct error *error)
{
    struct saved saved;
    bool done = read_report(settings->tree, &saved, error) &&
                show_report(settings, &saved.report, regressed, error);
    saved_free(&saved);
    return done;
}
