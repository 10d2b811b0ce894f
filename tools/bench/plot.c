// SPDX-License-Identifier: BSD-2-Clause
// See bench/report.h: the chart, as a script for gnuplot 5. Each panel has its own scale, from
// zero: no length is distorted, and a loader that takes seconds does not make the other panels'
// bars tiny. A boot without a firmware is one bar.
#include "tools/bench/report.h"

#include <ctype.h>

enum {
    WIDTH = 860,
    HEAD_HEIGHT = 78, /* title, platform and key */
    FOOT_HEIGHT = 6,
    PANEL_HEIGHT = 60, /* of a panel without its bars */
    BAR_HEIGHT = 26,
    LEFT_MARGIN = 180, /* for the bars' names */
    RIGHT_MARGIN = 30,
    KEY_ITEMS = 3,
    KEY_WIDTH = 120,      /* of an item */
    BAR_NAME_BYTES = 100, /* what may be shown of a name */
};

/* Writes what stands between a gnuplot string's single quotes. Between double quotes gnuplot would
   run what is in backquotes. */
static void print_in_quotes(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputc('\'', out);
        }
        fputc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
    }
}

static void print_quoted(const char *text, FILE *out)
{
    fputc('\'', out);
    print_in_quotes(text, out);
    fputc('\'', out);
}

/* Writes a bar's name. In the names at an axis gnuplot takes a percent sign for a format. */
static void print_bar_name(const char *name, FILE *out)
{
    char doubled[2 * BAR_NAME_BYTES + 1], *end = doubled;
    for (size_t i = 0; i < BAR_NAME_BYTES && name[i] != '\0'; i++) {
        if (name[i] == '%') {
            *end++ = '%';
        }
        *end++ = name[i];
    }
    *end = '\0';
    print_quoted(doubled, out);
}

/* Converts pixels from the upper edge to gnuplot's height: from 0 at the lower edge to 1. */
static double screen_y(int pixels, int height)
{
    return 1 - (double)pixels / height;
}

static size_t panel_end(const struct report *report, size_t first)
{
    size_t end = first;
    while (end < report->row_count && report->rows[end].size_mib == report->rows[first].size_mib) {
        end++;
    }
    return end;
}

static bool has_bar(const struct report_row *row)
{
    return row->kind != REPORT_READ && !row->has_no_bar;
}

static int bar_count(const struct report *report, size_t first, size_t end)
{
    int bars = 0;
    for (size_t i = first; i < end; i++) {
        bars += has_bar(&report->rows[i]);
    }
    return bars;
}

/* Writes a bar's data: position, where the firmware's part, the loader's and an undivided one end,
   and the text after it. Noise may leave the loader less than nothing. */
static void print_bar(const struct report_row *row, int position, FILE *out)
{
    double total = row->total.median, firmware = row->firmware.median;
    int decimals = total < 10 ? 1 : 0;
    if (row->kind == REPORT_WHOLE) {
        fprintf(out, "%d 0 0 %.3f \"%.*f ms\"\n", position, total, decimals, total);
    } else {
        fprintf(out, "%d %.3f %.3f %.3f ", position, firmware < total ? firmware : total, total,
                total);
        fprintf(out, "\"%.*f ms (%.0f + %.*f)\"\n", decimals, total, firmware,
                row->loader.median < 10 ? 1 : 0, row->loader.median);
    }
}

/* Writes a panel's bars. The first row is at the top. */
static void print_data(const struct report *report, size_t first, size_t end, FILE *out)
{
    int position = bar_count(report, first, end);
    fprintf(out, "$panel%zu << END\n", first);
    for (size_t i = first; i < end; i++) {
        if (has_bar(&report->rows[i])) {
            print_bar(&report->rows[i], position--, out);
        }
    }
    fputs("END\n", out);
}

static double longest(const struct report *report, size_t first, size_t end)
{
    double total = 0;
    for (size_t i = first; i < end; i++) {
        double median = report->rows[i].total.median;
        total = has_bar(&report->rows[i]) && median > total ? median : total;
    }
    return total;
}

/* Writes the bars' names. Data could not have them: gnuplot has no escape for quotes there. */
static void print_bar_names(const struct report *report, size_t first, size_t end, FILE *out)
{
    int position = bar_count(report, first, end);
    fputs("set ytics (", out);
    for (size_t i = first; i < end; i++) {
        if (has_bar(&report->rows[i])) {
            print_bar_name(report->rows[i].label, out);
            fprintf(out, " %d%s", position, position > 1 ? ", " : ")\n");
            position--;
        }
    }
}

/* Writes a panel; top is in pixels from the chart's upper edge. */
static void print_panel(const struct report *report, size_t first, size_t end, int top, int height,
                        FILE *out)
{
    int bars = bar_count(report, first, end), bottom = top + PANEL_HEIGHT + bars * BAR_HEIGHT;
    fprintf(out, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
            screen_y(top + PANEL_HEIGHT / 2, height), screen_y(bottom - PANEL_HEIGHT / 2, height));
    fprintf(out, "set yrange [0.4:%d.6]\nset xrange [0:%.3f]\n", bars,
            longest(report, first, end) * 1.3);
    print_bar_names(report, first, end, out);
    if (report->rows[first].size_mib != 0) {
        fprintf(out, "set label 1 \"module of %u MiB\" at graph 0, screen %.5f left font \",13\"\n",
                report->rows[first].size_mib, screen_y(top + PANEL_HEIGHT / 2 - 10, height));
    }
    fprintf(out,
            "plot $panel%zu using (0):1:(0):2:($1-0.36):($1+0.36) with boxxyerror "
            "fillcolor rgb FIRMWARE notitle, \\\n"
            "     '' using 2:1:2:3:($1-0.36):($1+0.36) with boxxyerror fillcolor rgb LOADER "
            "notitle, \\\n"
            "     '' using 3:1:3:4:($1-0.36):($1+0.36) with boxxyerror fillcolor rgb WHOLE "
            "notitle, \\\n"
            "     '' using 4:1:5 with labels left offset 0.6,0 font \",12\" notitle\n",
            first);
}

static void print_head_line(int label, const char *before, const char *text, int points, double y,
                            FILE *out)
{
    fprintf(out, "set label %d '%s", label, before);
    print_in_quotes(text, out);
    fprintf(out, "' at screen %.5f, screen %.5f left noenhanced font \",%d\"\n",
            (double)LEFT_MARGIN / WIDTH, y, points);
}

static void print_head(const struct report *report, const char *svg, int height, FILE *out)
{
    fprintf(out,
            "set terminal svg noenhanced size %d,%d font \"DejaVu Sans,Arial,sans-serif,12\" "
            "background "
            "\"#ffffff\"\nset output ",
            WIDTH, height);
    print_quoted(svg, out);
    fprintf(out,
            "\nFIRMWARE = \"#9aa5b1\"\nLOADER = \"#d9480f\"\nWHOLE = \"#2b8a3e\"\n"
            "set style fill solid 1.0 noborder\nset border 1 linecolor rgb \"#666666\"\n"
            "set tics nomirror out scale 0.5\nset ytics scale 0 textcolor rgb \"#111111\"\nset "
            "xtics textcolor rgb \"#444444\"\n"
            "set format x \"%%g ms\"\nset grid xtics linecolor rgb \"#e4e4e4\"\nset grid back\n"
            "unset key\nset lmargin at screen %.5f\nset rmargin at screen %.5f\nset multiplot\n",
            (double)LEFT_MARGIN / WIDTH, 1 - (double)RIGHT_MARGIN / WIDTH);
    print_head_line(10, "Time to ", report->until, 14, screen_y(20, height), out);
    print_head_line(11, report->platform, "", 11, screen_y(40, height), out);
    static const struct {
        const char *colour, *text;
    } phases[] = {{"FIRMWARE", "firmware"}, {"LOADER", "loader"}, {"WHOLE", "both in one"}};
    for (int i = 0; i < KEY_ITEMS; i++) {
        double y = screen_y(64, height), x = (double)(LEFT_MARGIN + i * KEY_WIDTH) / WIDTH;
        fprintf(out,
                "set object %d rectangle from screen %.5f, screen %.5f to screen %.5f, screen "
                "%.5f fillcolor rgb %s fillstyle solid noborder\n"
                "set label %d \"%s\" at screen %.5f, screen %.5f left\n",
                i + 1, x, y - 6.0 / height, x + 14.0 / WIDTH, y + 6.0 / height, phases[i].colour,
                i + 12, phases[i].text, x + 20.0 / WIDTH, y);
    }
}

void report_plot_script(const struct report *report, const char *svg, FILE *out)
{
    int height = HEAD_HEIGHT + FOOT_HEIGHT, top = HEAD_HEIGHT;
    for (size_t first = 0, end; first < report->row_count; first = end) {
        end = panel_end(report, first);
        print_data(report, first, end, out);
        height += PANEL_HEIGHT + bar_count(report, first, end) * BAR_HEIGHT;
    }
    print_head(report, svg, height, out);
    for (size_t first = 0, end; first < report->row_count; first = end) {
        end = panel_end(report, first);
        print_panel(report, first, end, top, height, out);
        top += PANEL_HEIGHT + bar_count(report, first, end) * BAR_HEIGHT;
        if (first == 0) { /* title and key once */
            fputs("unset label 10\nunset label 11\nunset object\n", out);
            for (int i = 0; i < KEY_ITEMS; i++) {
                fprintf(out, "unset label %d\n", i + 12);
            }
        }
    }
    fputs("unset multiplot\nunset output\n", out);
}
