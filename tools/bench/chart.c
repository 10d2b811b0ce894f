// SPDX-License-Identifier: BSD-2-Clause
// See bench/report.h: the chart, as SVG 1.1. Each panel has its own scale, from zero: no length is
// distorted, and a loader that takes seconds does not make the other panels' bars tiny. A boot
// without a firmware is one bar.
#include "tools/bench/report.h"

#include <string.h>
#include "tools/lib/markup.h"

enum {
    WIDTH = 860,
    HEAD_HEIGHT = 78, /* title, platform and key */
    PANEL_HEAD = 34,  /* above a panel's bars */
    PANEL_FOOT = 40,  /* the axis below them */
    NOTE_HEIGHT = 18, /* of a line about a boot without a bar */
    BAR_PITCH = 26,   /* from bar to bar */
    BAR_HEIGHT = 18,
    RIGHT_MARGIN = 160, /* for the numbers after the bars */
    CHARACTER_WIDTH = 8,
    LEAST_LEFT_MARGIN = 120, /* for the bars' names */
    MOST_LEFT_MARGIN = 420,
    KEY_ITEMS = 3,
    KEY_WIDTH = 130,
    MOST_TICKS = 6,
};

#define FIRMWARE "#9aa5b1"
#define LOADER   "#d9480f"
#define WHOLE    "#2b8a3e"

/* A panel's place in pixels, and its scale. */
struct panel {
    size_t first, end; /* its rows */
    int top, left;
    double step, axis; /* milliseconds between two ticks, and of the whole axis */
};

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

static bool has_note(const struct report_row *row)
{
    return row->kind != REPORT_READ && row->has_no_bar;
}

static int count_rows(const struct report *report, const struct panel *panel,
                      bool (*has)(const struct report_row *row))
{
    int count = 0;
    for (size_t i = panel->first; i < panel->end; i++) {
        count += has(&report->rows[i]);
    }
    return count;
}

static int panel_height(const struct report *report, const struct panel *panel)
{
    return PANEL_HEAD + count_rows(report, panel, has_bar) * BAR_PITCH + PANEL_FOOT +
           count_rows(report, panel, has_note) * NOTE_HEIGHT;
}

/* Chooses ticks of 1, 2 or 5 times a power of ten, and an axis that all bars fit on. */
static void set_scale(const struct report *report, struct panel *panel)
{
    double longest = 0.001;
    for (size_t i = panel->first; i < panel->end; i++) {
        const struct report_row *row = &report->rows[i];
        longest = has_bar(row) && row->total.highest > longest ? row->total.highest : longest;
    }
    static const double factors[] = {2, 2.5, 2}; /* 1, 2, 5, 10 */
    panel->step = 0.001;
    for (int i = 0; longest / panel->step > MOST_TICKS; i = (i + 1) % 3) {
        panel->step *= factors[i];
    }
    panel->axis = panel->step * ceil(longest / panel->step);
}

static double x_of(const struct panel *panel, double milliseconds)
{
    return panel->left + (milliseconds > 0 ? milliseconds : 0) / panel->axis *
                             (WIDTH - panel->left - RIGHT_MARGIN);
}

static void print_box(double left, double right, double top, double height, const char *colour,
                      FILE *out)
{
    if (right > left) {
        fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                left, top, right - left, height, colour);
    }
}

static void print_line(double x1, double y1, double x2, double y2, const char *colour, FILE *out)
{
    fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1,
            x2, y2, colour);
}

/* Writes a text, up to </text>, that is not written. */
static void begin_text(double x, double y, int size, const char *anchor, FILE *out)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\">", x, y, size,
            anchor);
}

static void end_text(FILE *out)
{
    fputs("</text>\n", out);
}

static void print_milliseconds(const struct report_row *row, FILE *out)
{
    fprintf(out, "%.*f ms", row->total.median < 10 ? 1 : 0, row->total.median);
    if (row->kind == REPORT_SHARES) {
        fprintf(out, " (%.0f + %.*f)", row->firmware.median, row->loader.median < 10 ? 1 : 0,
                row->loader.median);
    }
}

/* Writes a bar: its name, its parts, the lowest and the highest, the numbers. Noise may leave the
   loader less than nothing. */
static void print_bar(const struct panel *panel, const struct report_row *row, double top,
                      FILE *out)
{
    double total = row->total.median, middle = top + BAR_HEIGHT / 2.0;
    double firmware = row->kind == REPORT_WHOLE      ? 0
                      : row->firmware.median < total ? row->firmware.median
                                                     : total;
    begin_text(panel->left - 8, middle + 4, 12, "end", out);
    markup_text(row->label, out);
    end_text(out);
    print_box(panel->left, x_of(panel, firmware), top, BAR_HEIGHT, FIRMWARE, out);
    print_box(x_of(panel, firmware), x_of(panel, total), top, BAR_HEIGHT,
              row->kind == REPORT_WHOLE ? WHOLE : LOADER, out);
    double lowest = x_of(panel, row->total.lowest), highest = x_of(panel, row->total.highest);
    print_line(lowest, middle, highest, middle, "#111111", out);
    print_line(lowest, middle - 4, lowest, middle + 4, "#111111", out);
    print_line(highest, middle - 4, highest, middle + 4, "#111111", out);
    begin_text(highest + 8, middle + 4, 12, "start", out);
    print_milliseconds(row, out);
    end_text(out);
}

static void print_axis(const struct panel *panel, double top, double bottom, FILE *out)
{
    for (int i = 0; i * panel->step <= panel->axis * 1.0001; i++) {
        double x = x_of(panel, i * panel->step);
        print_line(x, top, x, bottom, i == 0 ? "#666666" : "#e4e4e4", out);
        begin_text(x, bottom + 16, 11, "middle", out);
        fprintf(out, "%g ms", i * panel->step);
        end_text(out);
    }
}

static void print_panel(const struct report *report, const struct panel *panel, FILE *out)
{
    double bars_top = panel->top + PANEL_HEAD;
    double bottom = bars_top + count_rows(report, panel, has_bar) * BAR_PITCH;
    if (report->rows[panel->first].size_mib != 0) {
        begin_text(panel->left, panel->top + 22, 13, "start", out);
        fprintf(out, "module of %u MiB", report->rows[panel->first].size_mib);
        end_text(out);
    }
    print_axis(panel, bars_top, bottom, out);
    double top = bars_top + (BAR_PITCH - BAR_HEIGHT) / 2.0, note = bottom + PANEL_FOOT;
    for (size_t i = panel->first; i < panel->end; i++) {
        const struct report_row *row = &report->rows[i];
        if (has_bar(row)) {
            print_bar(panel, row, top, out);
            top += BAR_PITCH;
        } else if (has_note(row)) {
            begin_text(panel->left, note, 12, "start", out);
            fputs("not drawn: ", out);
            markup_text(row->label, out);
            fputs(", ", out);
            print_milliseconds(row, out);
            end_text(out);
            note += NOTE_HEIGHT;
        }
    }
}

/* Returns the room that the bars' names need. */
static int left_margin(const struct report *report)
{
    int margin = LEAST_LEFT_MARGIN;
    for (size_t i = 0; i < report->row_count; i++) {
        size_t length = strlen(report->rows[i].label);
        int wanted = (length < 60 ? (int)length : 60) * CHARACTER_WIDTH;
        margin = has_bar(&report->rows[i]) && wanted > margin ? wanted : margin;
    }
    return margin < MOST_LEFT_MARGIN ? margin : MOST_LEFT_MARGIN;
}

static void print_head(const struct report *report, int left, int height, FILE *out)
{
    static const struct {
        const char *colour, *text;
    } phases[KEY_ITEMS] = {{FIRMWARE, "firmware"}, {LOADER, "loader"}, {WHOLE, "both in one"}};
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" role=\"img\" "
            "font-family=\"DejaVu Sans, Arial, sans-serif\" fill=\"#111111\">\n<title>Time to ",
            WIDTH, height, WIDTH, height);
    markup_text(report->until, out);
    fputs("</title>\n", out);
    print_box(0, WIDTH, 0, height, "#ffffff", out);
    begin_text(left, 24, 14, "start", out);
    fputs("Time to ", out);
    markup_text(report->until, out);
    end_text(out);
    begin_text(left, 44, 11, "start", out);
    markup_text(report->platform, out);
    end_text(out);
    for (int i = 0; i < KEY_ITEMS; i++) {
        double x = left + i * KEY_WIDTH;
        print_box(x, x + 14, 58, 12, phases[i].colour, out);
        begin_text(x + 20, 68, 12, "start", out);
        fputs(phases[i].text, out);
        end_text(out);
    }
}

void report_chart(const struct report *report, FILE *out)
{
    int left = left_margin(report), height = HEAD_HEIGHT;
    struct panel panel = {.left = left};
    for (panel.first = 0; panel.first < report->row_count; panel.first = panel.end) {
        panel.end = panel_end(report, panel.first);
        height += panel_height(report, &panel);
    }
    print_head(report, left, height, out);
    panel.top = HEAD_HEIGHT;
    for (panel.first = 0; panel.first < report->row_count; panel.first = panel.end) {
        panel.end = panel_end(report, panel.first);
        set_scale(report, &panel);
        print_panel(report, &panel, out);
        panel.top += panel_height(report, &panel);
    }
    fputs("</svg>\n", out);
}
