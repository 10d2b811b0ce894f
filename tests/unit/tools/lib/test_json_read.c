// SPDX-License-Identifier: BSD-2-Clause
// Tests how the tools read JSON (tools/lib/json_read.h), and write text into markup.
#include "tools/lib/json_read.h" /* before cmocka, which has a macro fail() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/markup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json checked(const char *text)
{
    struct json value = {NULL};
    struct error error;
    assert_true(json_check(text, &value, &error));
    return value;
}

static void test_members_and_elements_are_found(void **state)
{
    (void)state;
    struct json all = checked(" {\"a\": [1, {\"b\": \"x\"}, []], \"b\" : 2.5e1 ,\"\": null}\n");
    struct json one = json_first(json_member(all, "a"));
    assert_true(json_as_number(one) == 1);
    struct json two = json_next(one), three = json_next(two);
    char text[8];
    assert_int_equal(json_as_text(json_member(two, "b"), text), 2);
    assert_string_equal(text, "x");
    assert_null(json_first(three).at);
    assert_null(json_next(three).at);
    assert_true(json_as_number(json_member(all, "b")) == 25);
    assert_null(json_member(all, "c").at);
    assert_null(json_member(one, "a").at);
    assert_null(json_first(all).at);
    assert_true(isnan(json_as_number(json_member(all, ""))));
    assert_int_equal(json_as_text(one, text), 0);
}

static void test_a_string_is_decoded_and_has_no_control_characters(void **state)
{
    (void)state;
    const char *source = "\"a\\\"\\\\\\/\\u00e9\\u20AC\\ud83d\\n\\u001b[2J\xc3\xa9\x7f\"";
    char *text = malloc(strlen(source) + 1);
    size_t bytes = json_as_text(checked(source), text);
    assert_string_equal(text, "a\"\\/\xc3\xa9\xe2\x82\xac\xef\xbf\xbd  [2J\xc3\xa9 ");
    assert_int_equal(bytes, strlen(text) + 1);
    free(text);
}

static void test_what_is_no_json_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         "{",        "[1,]",        "{\"a\" 1}",    "{a: 1}",  "\"x",
        "01",       "1.",       "-",           "1e",           ".5",      "0x10",
        "inf",      "nan",      "tru",         "[1] 2",        "\"\\x\"", "\"\\u12g4\"",
        "\"\xc3\"", "\"a\nb\"", "{\"a\": 1,}", "[\"a\", \"b]", "[[[[1]]", "\"\\",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct json value;
        struct error error;
        assert_false(json_check(texts[i], &value, &error));
        assert_memory_equal(error.message, "line ", 5);
    }
    struct json value;
    struct error error;
    assert_false(json_check("{\n\"a\":\n?}", &value, &error));
    assert_string_equal(error.message, "line 3: no JSON: a value is missing or misspelt");
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    static char deep[200002];
    struct json value;
    struct error error;
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    assert_false(json_check(deep, &value, &error));
    assert_non_null(strstr(error.message, "nested too deep"));
}

static void test_every_part_of_a_text_is_accepted_or_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"a\\u0041\": [1.5e-3, true], \"b\": {\"c\": \"\xe2\x82\xac\"}}";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        char *part = strndup(text, length); /* the sanitizer sees a read past its end */
        struct json value;
        struct error error;
        assert_false(json_check(part, &value, &error));
        free(part);
    }
}

static void test_markup_in_a_name_is_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"<b a='1' c=\"2\">&amp;", "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;"},
        {"caf\xc3\xa9 \xe9", "caf\xc3\xa9 \xef\xbf\xbd"},
        {"\x1b[2J\x7f\n", " [2J  "},
        {"\xef\xbf\xbf", "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        markup_text(cases[i].text, out);
        fclose(out);
        assert_string_equal(text, cases[i].written);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_and_elements_are_found),
        cmocka_unit_test(test_a_string_is_decoded_and_has_no_control_characters),
        cmocka_unit_test(test_what_is_no_json_is_refused_with_its_line),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_every_part_of_a_text_is_accepted_or_refused),
        cmocka_unit_test(test_markup_in_a_name_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
