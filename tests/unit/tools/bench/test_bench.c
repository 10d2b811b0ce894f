// SPDX-License-Identifier: BSD-2-Clause
// Tests what `whelk bench` does with its measurements: statistics, trace, time stamps, reports.
#include "tools/bench/html.h" /* before cmocka, which has a macro fail() */
#include "tools/bench/saved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tools/bench/report.h"
#include "tools/bench/trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-9);
}

// ---- Statistics

static struct summary summary_of(const double *values, size_t count)
{
    struct samples samples = {0};
    for (size_t i = 0; i < count; i++) {
        samples_add(&samples, values[i]);
    }
    struct summary summary = samples_summary(&samples);
    samples_free(&samples);
    return summary;
}

static void test_the_median_of_an_odd_number_is_the_middle_one(void **state)
{
    (void)state;
    struct summary summary = summary_of((double[]){9, 1, 100}, 3);
    assert_near(summary.median, 9);
    assert_near(summary.lowest, 1);
    assert_near(summary.highest, 100);
}

static void test_the_median_of_an_even_number_is_between_the_middle_two(void **state)
{
    (void)state;
    assert_near(summary_of((double[]){4, 1, 2, 100}, 4).median, 3);
    assert_near(summary_of((double[]){7}, 1).median, 7);
}

// ---- The end of a text

static void test_a_text_is_found_across_the_pieces_that_it_came_in(void **state)
{
    (void)state;
    static struct text text;
    text.length = 0;
    text_add(&text, "wh", 2);
    assert_null(text_find(&text, "whelk"));
    text_add(&text, "\0", 1);
    text_add(&text, "whe", 3);
    text_add(&text, "lk", 2);
    assert_ptr_equal(text_find(&text, "whelk"), text.bytes + 3);
}

static void test_the_end_of_a_long_text_is_kept(void **state)
{
    (void)state;
    static struct text text;
    static char filler[3 * TEXT_BYTES];
    memset(filler, '.', sizeof filler);
    text.length = 0;
    text_add(&text, "begin", 5);
    text_add(&text, filler, sizeof filler);
    assert_true(text.length <= TEXT_BYTES);
    for (int i = 0; i < TEXT_BYTES; i++) {
        text_add(&text, filler, 1);
    }
    text_add(&text, "end", 3);
    assert_null(text_find(&text, "begin"));
    assert_ptr_equal(text_find(&text, "end"), text.bytes + text.length - 3);
    assert_true(text.length >= TEXT_BYTES / 2);
}

static void test_the_last_line_is_the_last_that_says_something(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
        size_t size;
    } cases[] = {
        {"one\ntwo\r\n\n  \n", "two", 20}, {"", "", 20},         {"\n\n", "", 20},
        {"a\x1b[m", "a.[m", 20},           {"abcdef", "def", 4}, {"one\rtwo", "two", 20},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static struct text text;
        char line[20];
        text.length = 0;
        text_add(&text, cases[i].text, strlen(cases[i].text));
        text_last_line(&text, line, cases[i].size);
        assert_string_equal(line, cases[i].line);
    }
}

// ---- QEMU's trace

#define READ  "memory_region_ops_read cpu 0 mr 0x5 addr 0x1f0 value 0x0 size 2 name 'ide'\n"
#define WRITE "memory_region_ops_write cpu 0 mr 0x5 addr 0x1f0 value 0x0 size 2 name 'ide'\n"
#define SERIAL(hex)                                                                                \
    "memory_region_ops_write cpu 0 mr 0x5 addr 0x3f8 value 0x" hex " size 1 name 'serial'\n"

/* Counts accesses in a trace that comes in pieces of this length. */
static uint64_t count(const char *lines, const char *marker, size_t piece, bool *ended)
{
    static struct trace trace;
    memset(&trace, 0, sizeof trace);
    trace.marker = marker;
    for (size_t at = 0, length = strlen(lines); at < length; at += piece) {
        trace_add(&trace, lines + at, piece < length - at ? piece : length - at);
    }
    *ended = trace.ended;
    return trace.accesses;
}

static void test_reads_and_writes_are_counted_and_nothing_else(void **state)
{
    (void)state;
    bool ended;
    const char *lines = READ WRITE "memory_region_subpage_read cpu 0 mr 0x5 addr 0x1f0\n"
                                   "qemu-system-x86_64: memory_region_ops_read \n\n" WRITE
                                   "123@1700000000.123456:" READ;
    assert_int_equal(count(lines, NULL, 1 << 20, &ended), 4);
    assert_false(ended);
}

static void test_a_line_is_counted_when_it_comes_in_pieces(void **state)
{
    (void)state;
    bool ended;
    for (size_t piece = 1; piece < 200; piece++) {
        assert_int_equal(count(READ WRITE READ READ, NULL, piece, &ended), 4);
    }
}

static void test_counting_ends_when_the_marker_is_written_to_the_serial_port(void **state)
{
    (void)state;
    bool ended;
    const char *lines = READ SERIAL("6f") READ SERIAL("6b") WRITE WRITE;
    for (size_t piece = 1; piece < 400; piece += 7) {
        assert_int_equal(count(lines, "ok", piece, &ended), 4);
        assert_true(ended);
        assert_int_equal(count(lines, "no", piece, &ended), 6);
        assert_false(ended);
    }
}

static void test_what_was_counted_before_the_loader_started_is_known(void **state)
{
    (void)state;
    static struct trace trace;
    static const char lines[] = READ READ SERIAL("67") SERIAL("6f") WRITE SERIAL("65") READ;
    trace.start = "go";
    trace.marker = "e";
    trace_add(&trace, lines, strlen(lines));
    assert_int_equal(trace.start_accesses, 4);
    assert_int_equal(trace.accesses, 6);
}

static void test_a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    bool ended;
    static char lines[4000] = "memory_region_ops_read ";
    memset(lines + strlen(lines), 'x', 3000);
    strcat(lines, "\n" READ);
    assert_int_equal(count(lines, NULL, 100, &ended), 2);
}

// ---- Whelk's time stamps

static void test_the_stamps_are_read_from_their_line(void **state)
{
    (void)state;
    struct timing timing;
    assert_true(timing_read("noise\nwhelk-timing {\"handoff\":0,\"disc\":1100,\"config\": 1200,"
                            "\"plan\":1300,\"kernel\":1400,\"modules\":2500,\"jump\":2600,"
                            "\"bytes\":1048576,\"transfers\":3,\"driver\":\"piix-ide\"}\nmore",
                            &timing));
    static const double expected[TIMING_STAMPS] = {0, 1100, 1200, 1300, 1400, 2500, 2600};
    for (int i = 0; i < TIMING_STAMPS; i++) {
        assert_near(timing.stamps_us[i], expected[i]);
    }
    assert_near(timing.bytes, 1048576);
    assert_near(timing.transfers, 3);
    assert_string_equal(timing.driver, "piix-ide");
}

static void test_stamps_that_are_missing_or_new_do_no_harm(void **state)
{
    (void)state;
    struct timing timing;
    assert_true(
        timing_read("whelk-timing {\"new\":1,\"jump\":26,\"driver\":7,\"disc\":\"x\"}", &timing));
    assert_near(timing.stamps_us[TIMING_JUMP], 26);
    assert_true(isnan(timing.stamps_us[TIMING_HANDOFF]));
    assert_true(isnan(timing.stamps_us[TIMING_DISC]));
    assert_true(isnan(timing.bytes));
    assert_string_equal(timing.driver, "");
}

static void test_a_truncated_line_is_ignored(void **state)
{
    (void)state;
    struct timing timing;
    assert_false(timing_read("whelk-timing {\"jump\":26", &timing));
    assert_false(timing_read("whelk-timing", &timing));
    assert_false(timing_read("", &timing));
}

// ---- The report

static struct summary around(double median)
{
    return (struct summary){median, median - 1, median + 1};
}

static struct report_row row(const char *name, uint32_t size_mib, double loader_ms)
{
    return (struct report_row){.name = name,
                               .label = name,
                               .size_mib = size_mib,
                               .iso_bytes = 3 << 20,
                               .firmware = around(100),
                               .loader = around(loader_ms),
                               .total = around(100 + loader_ms),
                               .accesses = 5000,
                               .firmware_accesses = 4000};
}

static char *printed(const struct report *report, void (*print)(const struct report *, FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(report, out);
    fclose(out);
    return text;
}

static struct report report_of(struct report_row *rows, size_t count)
{
    struct report report = {.tree = "a \"tree\"",
                            .platform = "QEMU",
                            .until = "the end",
                            .accel = "tcg",
                            .host = "",
                            .date = "",
                            .command = "",
                            .version = "1",
                            .runs = 5,
                            .rows = rows,
                            .row_count = count};
    report_compare(&report);
    return report;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in:\n%s", part, text);
    }
}

static void test_the_loaders_share_is_what_the_firmware_does_not_take(void **state)
{
    (void)state;
    struct summary share = report_loader_share((struct summary){150, 140, 190}, around(100));
    assert_near(share.median, 50);
    assert_near(share.lowest, 40);
    assert_near(share.highest, 90);
}

static void test_each_loader_is_compared_to_grub_with_the_same_module(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10), row("grub", 1, 300), row("whelk", 8, 20),
                                row("grub-i386-pc", 8, 900), row("whelk", 64, 30)};
    report_of(rows, COUNT(rows));
    assert_near(rows[0].times_faster_than_grub, 30);
    assert_near(rows[1].times_faster_than_grub, 1);
    assert_near(rows[2].times_faster_than_grub, 45);
    assert_true(isnan(rows[4].times_faster_than_grub));
}

static void test_whole_boots_are_compared_to_grubs_and_to_whelks_by_the_firmware(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10), row("whelk-rom", 1, 0), row("grub", 1, 340),
                                row("raw-dma", 1, 2), row("whelk-rom", 8, 0)};
    rows[1].kind = rows[4].kind = REPORT_WHOLE;
    rows[1].total = rows[4].total = around(5.5);
    rows[3].kind = REPORT_READ;
    report_of(rows, COUNT(rows));
    assert_near(rows[0].whole_vs_grub, 4);
    assert_near(rows[0].whole_vs_whelk, 1);
    assert_near(rows[1].whole_vs_grub, 80);
    assert_near(rows[1].whole_vs_whelk, 20);
    assert_true(isnan(rows[1].times_faster_than_grub));
    assert_true(isnan(rows[3].whole_vs_grub) && isnan(rows[3].times_faster_than_grub));
    assert_true(isnan(rows[4].whole_vs_grub) && isnan(rows[4].whole_vs_whelk));
}

static void test_a_boot_without_a_hand_over_has_no_shares_anywhere(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk-rom", 1, 0)};
    rows[0].kind = REPORT_WHOLE;
    rows[0].total = around(5.5);
    struct report report = report_of(rows, COUNT(rows));
    char *text = printed(&report, report_table), *json = printed(&report, report_json);
    char *csv = printed(&report, report_csv);
    assert_has(text, "\n   1 MiB  whelk-rom                    5.5 (4.5..6.5)");
    assert_null(strstr(text, "firmware "));
    assert_has(json, "\"total_ms\": {\"median\": 5.500, ");
    assert_null(strstr(json, "loader_ms"));
    assert_null(strstr(json, "firmware_ms"));
    assert_has(csv, "\n\"whelk-rom\",1,,,,3145728,,5.500,4.500,6.500,");
    free(text);
    free(json);
    free(csv);
}

static void test_a_share_of_zero_or_less_is_not_compared(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, -0.5), row("grub", 1, 300)};
    report_of(rows, COUNT(rows));
    assert_true(isnan(rows[0].times_faster_than_grub));
}

static void test_the_tables_have_a_line_for_each_row(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10), row("grub", 1, 300), row("raw", 1, 2)};
    rows[2].kind = REPORT_READ;
    struct report report = report_of(rows, COUNT(rows));
    char *text = printed(&report, report_table);
    assert_has(text, "\n   1 MiB  whelk                      110.0 (109.0..111.0)           3.6x");
    assert_has(text, "      1.0x        5000\n");
    assert_has(text, "\n   1 MiB  whelk                      100.0      10.0 (9.0..11.0)");
    assert_has(text, "    30.0x        1000      3.0\n");
    assert_has(text, "\n   1 MiB  raw                                    2.0 (1.0..3.0)");
    assert_has(text, "firmware's own 4000");
    free(text);
}

static void test_what_was_not_counted_is_null_in_json_and_empty_in_csv(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10)};
    rows[0].accesses = 0;
    struct report report = report_of(rows, COUNT(rows));
    char *json = printed(&report, report_json), *csv = printed(&report, report_csv);
    assert_has(json, "\"tree\": \"a \\\"tree\\\"\"");
    assert_has(json, "\"accesses\": null, \"accesses_above_firmware\": null, "
                     "\"times_faster_than_grub\": null, \"whole_vs_grub\": null, "
                     "\"whole_vs_whelk\": 1.000}");
    assert_has(csv, "\n\"whelk\",1,10.000,9.000,11.000,3145728,100.000,110.000,109.000,111.000,,,,,"
                    "1.000\n");
    free(json);
    free(csv);
}

static void test_invalid_utf_8_in_a_name_does_not_break_the_json(void **state)
{
    (void)state;
    struct report_row rows[] = {row("caf\xe9\xc3\xa9\x7f", 1, 10)};
    struct report report = report_of(rows, COUNT(rows));
    char *json = printed(&report, report_json);
    assert_has(json, "{\"name\": \"caf\\ufffd\xc3\xa9\\u007f\", ");
    free(json);
}

static void test_every_line_of_the_csv_has_as_many_fields(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10), row("raw-dma", 1, 2), row("grub", 1, 300)};
    rows[1].kind = REPORT_READ;
    struct report report = report_of(rows, COUNT(rows));
    char *csv = printed(&report, report_csv);
    size_t fields = 0, lines = 0;
    for (char *line = strtok(csv, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
        size_t commas = 0;
        for (const char *at = line; *at != '\0'; at++) {
            commas += *at == ',';
        }
        fields = lines == 0 ? commas : fields;
        assert_int_equal(commas, fields);
    }
    assert_int_equal(lines, 4);
    free(csv);
}

static void test_the_chart_has_a_panel_for_each_size_and_no_bar_for_raw_dma(void **state)
{
    (void)state;
    struct report_row rows[] = {row("whelk", 1, 10), row("raw-dma", 1, 2),  row("grub", 1, 300),
                                row("rom", 1, 0),    row("slow", 1, 30000), row("whelk", 8, -12)};
    rows[1].kind = REPORT_READ;
    rows[3].kind = REPORT_WHOLE;
    rows[3].total = around(5.5);
    rows[4].has_no_bar = true;
    struct report report = report_of(rows, COUNT(rows));
    char *chart = printed(&report, report_chart);
    assert_has(chart, ">110 ms (100 + 10)</text>");
    assert_has(chart, ">400 ms (100 + 300)</text>");
    assert_has(chart, ">5.5 ms</text>");
    assert_has(chart, "module of 8 MiB");
    assert_has(chart, ">88 ms (100 + -12.0)</text>");
    assert_has(chart, ">not drawn: slow, 30100 ms (100 + 30000)</text>");
    assert_null(strstr(chart, "raw-dma"));
    /* The axis of 1 MiB goes to 500 ms, in 580 pixels from 120 on: 401 ms, the most, fit. */
    assert_has(chart, ">0 ms</text>");
    assert_has(chart,
               "<text x=\"700.0\" y=\"206.0\" font-size=\"11\" text-anchor=\"middle\">500 ms");
    assert_has(chart,
               "<rect x=\"120.0\" y=\"116.0\" width=\"116.0\" height=\"18.0\" fill=\"#9aa5b1\"/>\n"
               "<rect x=\"236.0\" y=\"116.0\" width=\"11.6\" height=\"18.0\" fill=\"#d9480f\"/>");
    free(chart);
}

static void test_what_users_name_is_text_in_the_chart(void **state)
{
    (void)state;
    struct report_row rows[] = {row("<b>`id`&\n", 1, 10)};
    struct report report = report_of(rows, COUNT(rows));
    report.until = "\"</svg>\" on the serial port";
    char *chart = printed(&report, report_chart);
    assert_has(chart, ">&lt;b&gt;`id`&amp; </text>");
    assert_has(chart, ">Time to &quot;&lt;/svg&gt;&quot; on the serial port</text>");
    free(chart);
}

// ---- Two sets of values

static struct change change_of(const double *old, size_t old_count, const double *new,
                               size_t new_count)
{
    struct samples before = {0}, after = {0};
    struct change change;
    for (size_t i = 0; i < old_count; i++) {
        samples_add(&before, old[i]);
    }
    for (size_t i = 0; i < new_count; i++) {
        samples_add(&after, new[i]);
    }
    assert_true(samples_compare(&before, &after, &change));
    samples_free(&before);
    samples_free(&after);
    return change;
}

/* The bounds for small samples are those of the tables of Mann and Whitney's test: of 4 and 4
   values none is left out, of 5 and 5 the two outermost on each side, of 8 and 8 thirteen. */
static void test_the_interval_is_that_of_the_tables(void **state)
{
    (void)state;
    static const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const double values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct change four = change_of(ones, 4, values, 4);
    assert_true(four.has_interval);
    assert_near(four.lowest, 1);
    assert_near(four.highest, 4);
    assert_near(four.times, sqrt(6));
    struct change five = change_of(ones, 5, values, 5);
    assert_near(five.lowest, 1); /* the third of five ones */
    assert_near(five.highest, 5);
    struct change eight = change_of(ones, 8, values, 8);
    assert_near(eight.lowest, 2); /* the 14th: eight ones, then eight twos */
    assert_near(eight.highest, 7);
    assert_false(change_of(ones, 3, values, 3).has_interval);
    assert_true(change_of(ones, 3, values, 5).has_interval);
}

static void test_large_samples_have_a_narrow_interval_around_the_change(void **state)
{
    (void)state;
    double old[300], new[300];
    for (int i = 0; i < 300; i++) {
        old[i] = 100 + i % 10;
        new[i] = 150 + 1.5 * (i % 10);
    }
    struct change change = change_of(old, 300, new, 300);
    assert_true(change.has_interval && change.lowest <= 1.5 && change.highest >= 1.5);
    assert_true(change.highest / change.lowest < 1.03);
}

static void test_values_that_are_not_positive_are_not_compared(void **state)
{
    (void)state;
    double old[] = {1, 2}, new[] = {1, -2};
    struct change change;
    assert_false(samples_compare(&(struct samples){old, 2}, &(struct samples){new, 2}, &change));
    assert_false(samples_compare(&(struct samples){old, 2}, &(struct samples){NULL, 0}, &change));
}

// ---- Two reports

/* A row with five runs of this many milliseconds, each a little longer than the one before. */
static struct report_row row_with_runs(const char *name, double *runs, double milliseconds)
{
    for (int i = 0; i < 5; i++) {
        runs[i] = milliseconds * (1 + 0.001 * i);
    }
    struct report_row made = row(name, 1, 10);
    made.total_runs = (struct samples){runs, 5};
    made.total = samples_summary(&made.total_runs);
    return made;
}

static void test_each_change_gets_its_verdict(void **state)
{
    (void)state;
    static const struct {
        double before, now;
        enum verdict verdict;
        const char *words;
    } cases[] = {
        {100, 80, VERDICT_FASTER, "faster by 20.0 % (95 % interval 19.8 to 20.2 %)"},
        {100, 100.05, VERDICT_SAME, "no difference (+0.0 %, 95 % interval -0.2 to +0.3 %)"},
        {100, 103, VERDICT_SLOWER,
         "slower by 3.0 % (95 % interval 2.7 to 3.3 %), tolerated up to 5 %"},
        {100, 110, VERDICT_REGRESSION,
         "slower by 10.0 % (95 % interval 9.7 to 10.3 %): a regression"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double before[5], now[5];
        struct report_row old_rows[] = {row_with_runs("whelk", before, cases[i].before)};
        struct report_row new_rows[] = {row("grub", 1, 300),
                                        row_with_runs("whelk", now, cases[i].now)};
        struct report old = report_of(old_rows, 1), new = report_of(new_rows, 2);
        struct comparison comparison;
        struct error error;
        char words[200];
        assert_true(comparison_make(&old, &new, "old.json", 5, &comparison, &error));
        assert_int_equal(comparison.count, 1);
        assert_int_equal(comparison.times[0].verdict, cases[i].verdict);
        comparison_words(&comparison, &comparison.times[0], words, sizeof words);
        assert_string_equal(words, cases[i].words);
        comparison_free(&comparison);
    }
}

static void test_too_few_runs_are_no_verdict_and_none_an_error(void **state)
{
    (void)state;
    double runs[5];
    struct report_row rows[] = {row_with_runs("whelk", runs, 100)}, others[] = {row("whelk", 1, 9)};
    rows[0].total_runs.count = 3;
    struct report report = report_of(rows, 1), other = report_of(others, 1);
    struct comparison comparison;
    struct error error;
    assert_true(comparison_make(&report, &report, "old.json", 5, &comparison, &error));
    assert_int_equal(comparison_count(&comparison, VERDICT_UNKNOWN), 1);
    comparison_free(&comparison);
    assert_false(comparison_make(&other, &report, "old.json", 5, &comparison, &error));
    assert_has(error.message, "old.json: has no single runs");
    comparison_free(&comparison);
}

// ---- A report that was saved

static void test_a_saved_report_is_the_same_report(void **state)
{
    (void)state;
    double runs[5];
    struct report_row rows[] = {row_with_runs("whelk <&> \"\xc3\xa9\"", runs, 100),
                                row("raw-dma", 1, 2), row("rom", 8, 0)};
    rows[0].has_timing = true;
    rows[0].timing.stamps_us[TIMING_JUMP] = 26;
    rows[0].has_no_bar = true;
    rows[1].kind = REPORT_READ;
    rows[1].accesses = rows[1].firmware_accesses = 0;
    rows[1].iso_bytes = 0;
    rows[2].kind = REPORT_WHOLE;
    struct report report = report_of(rows, COUNT(rows));
    char *json = printed(&report, report_json);
    struct saved saved;
    struct error error;
    assert_true(saved_read(json, &saved, &error));
    char *again = printed(&saved.report, report_json);
    assert_string_equal(again, json);
    free(again);
    saved_free(&saved);
    free(json);
}

static void read_and_free(const char *json)
{
    struct saved saved;
    struct error error;
    if (saved_read(json, &saved, &error)) {
        FILE *out = fopen("/dev/null", "w");
        assert_non_null(out);
        report_table(&saved.report, out);
        report_html(&saved.report, NULL, out);
        fclose(out);
    }
    saved_free(&saved);
}

static void test_a_damaged_report_is_refused_or_shown(void **state)
{
    (void)state;
    double runs[5];
    struct report_row rows[] = {row_with_runs("whelk", runs, 100), row("raw-dma", 1, 2)};
    rows[1].kind = REPORT_READ;
    struct report report = report_of(rows, COUNT(rows));
    char *json = printed(&report, report_json);
    for (size_t i = 0; json[i] != '\0'; i++) {
        static const char others[] = "\"9}],-e\\\n";
        char was = json[i];
        for (size_t j = 0; j < sizeof others; j++) { /* the last is NUL: the text ends there */
            json[i] = others[j];
            read_and_free(json);
        }
        json[i] = was;
    }
    free(json);
    read_and_free(
        "{\"results\": [{\"total_ms\": {\"median\": 1e300, \"min\": 0, \"max\": 1e300}}]}");
    read_and_free(
        "{\"results\": [{\"total_ms\": {\"median\": 1e11, \"min\": -1e11, \"max\": 1e11}}]}");
}

static void print_page(const struct report *report, FILE *out)
{
    report_html(report, NULL, out);
}

static void test_the_page_has_all_runs_and_users_names_as_text(void **state)
{
    (void)state;
    double runs[5];
    struct report_row rows[] = {row_with_runs("<script>x</script>", runs, 100)};
    struct report report = report_of(rows, COUNT(rows));
    report.host = "A&B, 2 processors";
    report.command = "whelk bench '<b>'";
    char *page = printed(&report, print_page);
    assert_has(page, "&lt;script&gt;x&lt;/script&gt;");
    assert_null(strstr(page, "<script"));
    assert_has(page, "100.000, 100.100, 100.200, 100.300, 100.400");
    assert_has(page, "<pre>whelk bench &#39;&lt;b&gt;&#39;</pre>");
    assert_has(page, "A&amp;B, 2 processors");
    assert_has(page, "<svg ");
    assert_null(strstr(page, "http-equiv"));
    assert_null(strstr(page, "src="));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_users_name_is_text_in_the_chart),
        cmocka_unit_test(test_the_median_of_an_odd_number_is_the_middle_one),
        cmocka_unit_test(test_the_median_of_an_even_number_is_between_the_middle_two),
        cmocka_unit_test(test_a_text_is_found_across_the_pieces_that_it_came_in),
        cmocka_unit_test(test_the_end_of_a_long_text_is_kept),
        cmocka_unit_test(test_the_last_line_is_the_last_that_says_something),
        cmocka_unit_test(test_reads_and_writes_are_counted_and_nothing_else),
        cmocka_unit_test(test_a_line_is_counted_when_it_comes_in_pieces),
        cmocka_unit_test(test_counting_ends_when_the_marker_is_written_to_the_serial_port),
        cmocka_unit_test(test_what_was_counted_before_the_loader_started_is_known),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut),
        cmocka_unit_test(test_the_stamps_are_read_from_their_line),
        cmocka_unit_test(test_stamps_that_are_missing_or_new_do_no_harm),
        cmocka_unit_test(test_a_truncated_line_is_ignored),
        cmocka_unit_test(test_the_loaders_share_is_what_the_firmware_does_not_take),
        cmocka_unit_test(test_each_loader_is_compared_to_grub_with_the_same_module),
        cmocka_unit_test(test_whole_boots_are_compared_to_grubs_and_to_whelks_by_the_firmware),
        cmocka_unit_test(test_a_boot_without_a_hand_over_has_no_shares_anywhere),
        cmocka_unit_test(test_a_share_of_zero_or_less_is_not_compared),
        cmocka_unit_test(test_the_tables_have_a_line_for_each_row),
        cmocka_unit_test(test_what_was_not_counted_is_null_in_json_and_empty_in_csv),
        cmocka_unit_test(test_invalid_utf_8_in_a_name_does_not_break_the_json),
        cmocka_unit_test(test_every_line_of_the_csv_has_as_many_fields),
        cmocka_unit_test(test_the_chart_has_a_panel_for_each_size_and_no_bar_for_raw_dma),
        cmocka_unit_test(test_the_interval_is_that_of_the_tables),
        cmocka_unit_test(test_large_samples_have_a_narrow_interval_around_the_change),
        cmocka_unit_test(test_values_that_are_not_positive_are_not_compared),
        cmocka_unit_test(test_each_change_gets_its_verdict),
        cmocka_unit_test(test_too_few_runs_are_no_verdict_and_none_an_error),
        cmocka_unit_test(test_a_saved_report_is_the_same_report),
        cmocka_unit_test(test_a_damaged_report_is_refused_or_shown),
        cmocka_unit_test(test_the_page_has_all_runs_and_users_names_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
