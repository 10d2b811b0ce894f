// SPDX-License-Identifier: BSD-2-Clause
// See bench/html.h. HTML without scripts; all that users name is text (markup_text()).
#include "tools/bench/html.h"

#include <math.h>
#include "tools/lib/markup.h"

enum { WORDS_BYTES = 120 };

static const char style[] =
    "body { font: 15px/1.5 'DejaVu Sans', Arial, sans-serif; max-width: 62em; margin: 2em auto;\n"
    "       padding: 0 1em; color: #111; background: #fff }\n"
    "table { border-collapse: collapse; margin: 1em 0; font-size: 14px }\n"
    "th, td { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }\n"
    "th:nth-child(-n+2), td:nth-child(-n+2), .words { text-align: left }\n"
    "tr.faster td { background: #e6f4ea } tr.regression td { background: #fde8e4 }\n"
    "svg { max-width: 100%; height: auto }\n"
    "pre { background: #f4f4f4; padding: .6em; overflow-x: auto }\n"
    "dt { font-weight: bold } dd { margin: 0 0 .4em 1.5em }\n";

static void print_text_cell(const char *text, FILE *out)
{
    fputs("<td>", out);
    markup_text(text, out);
    fputs("</td>", out);
}

/* Begins a table's row: the module's size and the label. */
static void begin_row(const struct report_row *row, const char *class, FILE *out)
{
    fprintf(out, "<tr class=\"%s\">", class);
    if (row->size_mib != 0) {
        fprintf(out, "<td>%u MiB</td>", row->size_mib);
    } else {
        fputs("<td>as it is</td>", out);
    }
    print_text_cell(row->label, out);
}

static void print_summary(struct summary summary, FILE *out)
{
    fprintf(out, "<td>%.1f</td><td>%.1f to %.1f</td>", summary.median, summary.lowest,
            summary.highest);
}

static void print_times(double times, FILE *out)
{
    if (isnan(times)) {
        fputs("<td></td>", out);
    } else {
        fprintf(out, "<td>%.*f×</td>", times < 1 ? 2 : 1, times);
    }
}

static void print_count(uint64_t count, FILE *out)
{
    if (count == 0) {
        fputs("<td></td>", out);
    } else {
        fprintf(out, "<td>%llu</td>", (unsigned long long)count);
    }
}

static void print_whole_boots(const struct report *report, FILE *out)
{
    fputs("<h2>Whole boot, in milliseconds</h2>\n<table>\n<tr><th>module</th><th>boot</th>"
          "<th>median</th><th>lowest to highest</th><th>GRUB’s by this</th><th>Whelk’s by this</th>"
          "<th>accesses to devices</th></tr>\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct report_row *row = &report->rows[i];
        if (row->kind != REPORT_READ) {
            begin_row(row, "whole", out);
            print_summary(row->total, out);
            print_times(row->whole_vs_grub, out);
            print_times(row->whole_vs_whelk, out);
            print_count(row->accesses, out);
            fputs("</tr>\n", out);
        }
    }
    fputs("</table>\n", out);
}

static void print_shares(const struct report *report, FILE *out)
{
    fputs("<h2>Its shares, in milliseconds</h2>\n<table>\n<tr><th>module</th><th>boot</th>"
          "<th>firmware</th><th>loader</th><th>lowest to highest</th><th>GRUB’s loader by this</th>"
          "</tr>\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct report_row *row = &report->rows[i];
        if (row->kind == REPORT_WHOLE) {
            continue;
        }
        begin_row(row, "share", out);
        if (row->kind == REPORT_READ) {
            fputs("<td></td>", out);
        } else {
            fprintf(out, "<td>%.1f</td>", row->firmware.median);
        }
        print_summary(row->loader, out);
        print_times(row->times_faster_than_grub, out);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void print_comparison(const struct comparison *comparison, FILE *out)
{
    static const char *const classes[] = {"same", "faster", "slower", "regression", "unknown"};
    fputs("<h2>Compared with ", out);
    markup_text(comparison->file, out);
    fputs("</h2>\n<p>Of Whelk ", out);
    markup_text(comparison->old->version, out);
    fputs(", on ", out);
    markup_text(comparison->old->platform, out);
    fputs("; ", out);
    markup_text(comparison->old->host[0] != '\0' ? comparison->old->host : "unknown machine", out);
    fputs("</p>\n<table>\n<tr><th>module</th><th>boot</th><th>time</th><th>before</th><th>now</th>"
          "<th class=\"words\">change</th></tr>\n",
          out);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *time = &comparison->times[i];
        char words[WORDS_BYTES];
        comparison_words(comparison, time, words, sizeof words);
        begin_row(time->row, classes[time->verdict], out);
        fprintf(out, "<td>%s</td><td>%.1f</td><td>%.1f</td><td class=\"words\">%s</td></tr>\n",
                time->what, time->old_ms, time->new_ms, words);
    }
    fputs("</table>\n", out);
}

static void print_runs(const struct report_row *row, const char *what, const struct samples *runs,
                       FILE *out)
{
    if (runs->count == 0) {
        return;
    }
    begin_row(row, "runs", out);
    fprintf(out, "<td>%s</td><td class=\"words\">", what);
    for (size_t i = 0; i < runs->count; i++) {
        fprintf(out, "%s%.3f", i > 0 ? ", " : "", runs->values[i]);
    }
    fputs("</td></tr>\n", out);
}

static void print_all_runs(const struct report *report, FILE *out)
{
    fputs("<h2>Each run</h2>\n<details>\n<summary>All times in milliseconds, in the order in which "
          "they were measured</summary>\n<table>\n<tr><th>module</th><th>boot</th><th>time</th>"
          "<th class=\"words\">runs</th></tr>\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct report_row *row = &report->rows[i];
        print_runs(row, "whole boot", &row->total_runs, out);
        print_runs(row, "firmware", &row->firmware_runs, out);
        print_runs(row, "loader", &row->loader_runs, out);
    }
    fputs("</table>\n</details>\n", out);
}

static void print_fact(const char *name, const char *value, FILE *out)
{
    if (value[0] != '\0') {
        fprintf(out, "<dt>%s</dt><dd>", name);
        markup_text(value, out);
        fputs("</dd>\n", out);
    }
}

static void print_head(const struct report *report, FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Boot of ",
          out);
    markup_text(report->tree, out);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>Boot of ", style);
    markup_text(report->tree, out);
    fputs("</h1>\n<dl>\n", out);
    print_fact("Where", report->platform, out);
    print_fact("On which machine", report->host, out);
    print_fact("Up to", report->until, out);
    print_fact("When", report->date, out);
    print_fact("By Whelk", report->version, out);
    fprintf(out, "<dt>How often</dt><dd>%u runs of each, in turn; medians</dd>\n</dl>\n",
            report->runs);
}

void report_html(const struct report *report, const struct comparison *comparison, FILE *out)
{
    print_head(report, out);
    report_chart(report, out);
    print_whole_boots(report, out);
    if (comparison != NULL) {
        print_comparison(comparison, out);
    }
    print_shares(report, out);
    if (report->command[0] != '\0') {
        fputs("<h2>To measure this again</h2>\n<pre>", out);
        markup_text(report->command, out);
        fputs("</pre>\n", out);
    }
    print_all_runs(report, out);
    fputs("</body>\n</html>\n", out);
}
