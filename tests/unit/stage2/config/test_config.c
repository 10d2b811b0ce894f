// SPDX-License-Identifier: BSD-2-Clause
// Tests what stage2/config/config.c reads from texts. The strings in tests named "as GRUB" are
// those that GRUB 2.06 gave a kernel that printed its command line and its module strings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config/config.h"
#include "stage2/config/overlay.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { ARENA_BYTES = 256 * 1024 };

/* Results of the latest read_text() and evaluate(). */
static struct config config;
static struct config_boot boot;
static struct error error;
static struct arena arena;
static uint8_t *text_copy;

static int set_up(void **state)
{
    (void)state;
    arena = (struct arena){.base = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    memset(arena.base, 0xa5, ARENA_BYTES);
    return arena.base == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena.base);
    free(text_copy);
    text_copy = NULL;
    return 0;
}

/* Reads the config from a block of just that size, so that the sanitizer sees a read beyond it. */
static bool read_bytes(const void *text, size_t size)
{
    free(text_copy);
    text_copy = malloc(size + (size == 0));
    memcpy(text_copy, text, size);
    arena.used = 0;
    memset(&error, 0, sizeof error);
    return config_read(&config, (struct bytes){text_copy, size}, "g.cfg", &arena, &error);
}

static void read_text(const char *text)
{
    if (!read_bytes(text, strlen(text))) {
        fail_msg("%s", error.message);
    }
}

static void assert_read_fails(const char *text, const char *message)
{
    assert_false(read_bytes(text, strlen(text)));
    assert_string_equal(error.message, message);
}

static void evaluate(size_t index)
{
    assert_true(index < config.entry_count);
    if (!config_evaluate(&config, &config.entries[index], &boot, &error)) {
        fail_msg("%s", error.message);
    }
}

static void evaluation_fails(size_t index, const char *message)
{
    assert_true(index < config.entry_count);
    assert_false(config_evaluate(&config, &config.entries[index], &boot, &error));
    assert_string_equal(error.message, message);
}

/* The kernel's command line of a config's only entry. */
static const char *command_line(const char *text)
{
    read_text(text);
    evaluate(0);
    return boot.kernel.arguments;
}

static void assert_warning(uint32_t line, const char *text)
{
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        if (w->line == line && strcmp(w->text, text) == 0) {
            return;
        }
    }
    fail_msg("no warning \"%s\" of line %u", text, line);
}

/* ---- Entries ------------------------------------------------------------------------------- */

static void the_blogs_config_without_its_closing_brace_boots_with_a_warning(void **state)
{
    (void)state;
    read_text("default=0\ntimeout=0\n\nmenuentry \"HermitCore\" {\n"
              "\tmultiboot /boot/ldhermit.elf -uart=io:0x3f8\n"
              "\tmodule /boot/hermit_application\n\tboot\n");
    assert_int_equal(config.entry_count, 1);
    assert_string_equal(config.entries[0].title, "HermitCore");
    assert_int_equal(config_seconds_to_wait(&config), 0);
    assert_warning(4, "the block that begins here has no '}'");
    evaluate(0);
    assert_int_equal(boot.protocol, CONFIG_MULTIBOOT1);
    assert_string_equal(boot.kernel.path, "/boot/ldhermit.elf");
    assert_string_equal(boot.kernel.arguments, "-uart=io:0x3f8");
    assert_int_equal(boot.kernel.line, 5);
    assert_int_equal(boot.module_count, 1);
    assert_string_equal(boot.modules[0].path, "/boot/hermit_application");
    assert_string_equal(boot.modules[0].arguments, "");
    assert_int_equal(boot.modules[0].line, 6);
}

static void titles_ids_and_hotkeys_of_every_form_are_read(void **state)
{
    (void)state;
    read_text("menuentry \"double\" --id one {multiboot /a}\n"
              "menuentry 'single' --class os --group main --id=two --hotkey=s {\ntrue\n}\n"
              "menuentry bare --users \"\" --unrestricted --hotkey=f2 { true; }\n"
              "menuentry --hotkey f --id four \"fo\"'ur'\\ th\"\" more {\ntrue\n}\n"
              "menuentry \"glued\"{\ntrue\n}menuentry \"Gr\xc3\xbc\xc3\x9f\"\n# and "
              "then\n\n{\ntrue\n}\n");
    assert_int_equal(config.entry_count, 6);
    assert_string_equal(config.entries[0].title, "double");
    assert_string_equal(config.entries[0].id, "one");
    assert_string_equal(config.entries[1].title, "single");
    assert_string_equal(config.entries[1].id, "two");
    assert_int_equal(config.entries[1].hotkey, 's');
    assert_string_equal(config.entries[2].title, "bare");
    assert_string_equal(config.entries[2].id, "");
    assert_int_equal(config.entries[2].hotkey, 0);
    assert_string_equal(config.entries[3].title, "four th");
    assert_string_equal(config.entries[3].id, "four");
    assert_int_equal(config.entries[3].hotkey, 'f');
    assert_int_equal(config.entries[3].line, 6);
    assert_string_equal(config.entries[4].title, "glued");
    assert_string_equal(config.entries[5].title, "Gr\xc3\xbc\xc3\x9f");
    assert_null(config.warnings);
}

static void an_unknown_option_or_a_missing_title_is_a_warning(void **state)
{
    (void)state;
    read_text("menuentry --word=8 \"a\" {\ntrue\n}\nmenuentry {\ntrue; }\nmenuentry \"c\" --id "
              "{\ntrue; }\n");
    assert_int_equal(config.entry_count, 2);
    assert_warning(1, "unknown option '--word=8'");
    assert_warning(4, "the entry has no title: it is left out, as by GRUB");
    assert_string_equal(config.entries[1].title, "c");
    assert_string_equal(config.entries[1].id, "");
    assert_int_equal(config.entries[1].position, 1);
}

static void crlf_tabs_a_bom_and_a_last_line_without_newline_are_read(void **state)
{
    (void)state;
    read_text("\xef\xbb\xbfset timeout=7\r\nmenuentry\t\"a\"\t{\r\n"
              "\tmultiboot\t/k\tx \\\r\n  y\r\n\tif true; then\r\n module /m\r\nfi\r\n}");
    assert_int_equal(config_seconds_to_wait(&config), 7);
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/k");
    assert_string_equal(boot.kernel.arguments, "x y");
    assert_int_equal(boot.module_count, 1);
    assert_null(config.warnings);
}

static void an_entry_on_one_line_needs_no_semicolon_before_its_brace(void **state)
{
    (void)state;
    read_text("menuentry a { multiboot2 /k p; module2 /m q }\nmenuentry b { multiboot /l;}\n");
    assert_int_equal(config.entry_count, 2);
    evaluate(0);
    assert_int_equal(boot.protocol, CONFIG_MULTIBOOT2);
    assert_string_equal(boot.kernel.arguments, "p");
    assert_string_equal(boot.modules[0].arguments, "q");
    evaluate(1);
    assert_string_equal(boot.kernel.path, "/l");
}

static void commands_without_a_menu_are_one_entry(void **state)
{
    (void)state;
    read_text("set a=1\nmultiboot /k $a\nmodule /m\nboot\nmenuentry \"never\" { multiboot /n }\n");
    assert_int_equal(config.entry_count, 1);
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/k");
    assert_string_equal(boot.kernel.arguments, "1");
    assert_int_equal(boot.module_count, 1);
    read_text("multiboot2 /k");
    assert_int_equal(config.entry_count, 1);
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/k");
    read_text("menuentry a { multiboot /n }\nmultiboot /k\nboot\n");
    assert_int_equal(config.entry_count, 1);
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/k");
}

static void a_boot_without_a_kernel_before_the_menu_is_passed_over(void **state)
{
    (void)state;
    read_text("boot\nmenuentry a { multiboot /n }\n");
    assert_int_equal(config.entry_count, 1);
    assert_string_equal(config.entries[0].title, "a");
    read_text("submenu s { multiboot /k }\nboot\nmenuentry a { multiboot /n }\n");
    assert_int_equal(config.entry_count, 2);
}

static void the_entries_of_submenus_are_in_the_list(void **state)
{
    (void)state;
    read_text("x=outer\nmenuentry a { multiboot /a $x $y }\n"
              "submenu 'More' --id more {\n  x=inner\n  y=set\n"
              "  menuentry b { multiboot /b $x $y }\n"
              "  submenu 'Deep' {\n menuentry c --id c { multiboot /c $x }\n }\n}\n"
              "menuentry d { multiboot /d $x }\n");
    assert_int_equal(config.entry_count, 4);
    assert_string_equal(config.entries[1].menu->self.title, "More");
    assert_string_equal(config.entries[2].menu->self.title, "Deep");
    assert_ptr_equal(config.entries[2].menu->self.menu, config.entries[1].menu);
    assert_null(config.entries[0].menu->self.title);
    const char *lines[] = {"outer", "inner set", "inner", "outer"};
    for (size_t i = 0; i < 4; i++) {
        evaluate(i);
        assert_string_equal(boot.kernel.arguments, lines[i]);
    }
    assert_int_equal(config.entries[3].position, 2);
}

static void a_submenu_that_boots_by_itself_is_an_entry(void **state)
{
    (void)state;
    read_text("submenu 'Live CD' --id live {\n  multiboot /k live\n  boot\n}\n");
    assert_int_equal(config.entry_count, 1);
    assert_string_equal(config.entries[0].title, "Live CD");
    assert_string_equal(config.entries[0].id, "live");
    evaluate(0);
    assert_string_equal(boot.kernel.arguments, "live");
    assert_int_equal(boot.kernel.line, 2);
}

static void a_hundred_entries_are_kept_in_order(void **state)
{
    (void)state;
    static char text[8000];
    size_t length = 0;
    for (int i = 0; i < 100; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "menuentry t%d { multiboot /k%d\nmodule /m\n}\n", i, i);
    }
    read_text(text);
    assert_int_equal(config.entry_count, 100);
    for (int i = 0; i < 100; i++) {
        char path[16];
        snprintf(path, sizeof path, "/k%d", i);
        evaluate((size_t)i);
        assert_string_equal(boot.kernel.path, path);
        assert_int_equal(boot.kernel.line, 3 * i + 1);
    }
}

static void an_entry_can_be_evaluated_again(void **state)
{
    (void)state;
    read_text(
        "x=1\nmenuentry a {\n if [ \"$x\" = 1 ]; then multiboot /k\n x=2\n nonsense\n fi\n}\n");
    for (int i = 0; i < 3; i++) {
        evaluate(0);
        assert_string_equal(boot.kernel.path, "/k");
    }
    assert_null(config.warnings->next);
}

/* ---- Words --------------------------------------------------------------------------------- */

static void arguments_are_quoted_as_grub_quotes_them(void **state)
{
    (void)state;
    assert_string_equal(
        command_line("a='one two'\ne=\n"
                     "multiboot /boot/k a 'b c' d\\\\e f\\'g \"h\\\"i\" \"$undef\" x $undef y $a "
                     "\"$a\" x='sq $y' a\"b\"c \"a\\nb\" $e z ''\n"),
        "a \"b c\" d\\\\e f\\'g h\\\"i  x y one two \"one two\" \"x=sq $y\" abc a\\\\nb z ");
}

static void module_strings_are_those_of_grub(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {" ''", ""},
        {" \"\" x", " x"},
        {" x \"\"", "x "},
        {" \"tab\tin\" tab\tsep", "tab\tin tab sep"},
        {" 'a \"q\" b'", "\"a \\\"q\\\" b\""},
        {" a=$a,b", "a=one two,b"},
        {" \"a=$a,b\"", "\"a=one two,b\""},
        {" --nounzip x", "--nounzip x"},
        {" a=b;", "a=b"},
        {" {x}", "{x}"},
        {" end\\\ning", "ending"},
        {" \"nl\nin\"", "nl\nin"},
        {" ${t}${t}b $t$t", "tailtailb tailtail"},
        {" \"$nothing$a\"", "\"one two\""},
        {" $\"i18n\"", "i18n"},
        {" a#b c\\#d #e", "a#b c#d"},
        {" '$a' \\$a", "$a $a"},
        {" \"esc: \\n \\t \\\" \\\\ \\$a \\`\"", "\"esc: \\\\n \\\\t \\\" \\\\ $a \\\\`\""},
        {" a'b c'd\"e f\"g\\ h", "\"ab cde fg h\""},
        {" x${a}y", "xone twoy"},
        {" \"c\\\nd\"", "cd"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "a='one two'\nt='tail '\nmultiboot /k\nmodule /m%s\n",
                 pairs[i][0]);
        read_text(text);
        evaluate(0);
        assert_int_equal(boot.module_count, 1);
        assert_string_equal(boot.modules[0].arguments, pairs[i][1]);
    }
}

static void a_dollar_without_a_name_stands_for_itself(void **state)
{
    (void)state;
    assert_string_equal(command_line("multiboot /k a$ $ \"b$\" \"100$ c\" $/d"),
                        "a$ $ b$ \"100$ c\" $/d");
}

static void a_comment_ends_at_its_line_and_begins_with_a_word_only(void **state)
{
    (void)state;
    assert_string_equal(command_line("# menuentry \"x {\nmultiboot /k a#b # it's {\n#"), "a#b");
}

static void braces_in_quotes_comments_and_variables_do_not_count(void **state)
{
    (void)state;
    read_text("menuentry \"a}{\" { # }\n x='}'\n echo menuentry {\n } }\nmenuentry c { true; }\n");
    assert_int_equal(config.entry_count, 2);
    read_text("menuentry \"a}{\" { # }\n x='}'\n multiboot /k ${x} \"{\" '${x}' \\} # {\n}\n"
              "menuentry b { multiboot /l }\n");
    assert_int_equal(config.entry_count, 2);
    evaluate(0);
    assert_string_equal(boot.kernel.arguments, "} { ${x} }");
}

/* ---- Variables ----------------------------------------------------------------------------- */

static void set_and_bare_assignment_and_unset_do_the_same_as_in_grub(void **state)
{
    (void)state;
    assert_string_equal(command_line("set a=1 junk\nb=\"2 3\"\nset \"c\"=4\nset d=5\nunset d\n"
                                     "set e='a=b'\"c\"\nexport a\nset\nunset\n"
                                     "multiboot /k $a \"$b\" ${c}x [$d] $e"),
                        "1 \"2 3\" 4x [] a=bc");
}

static void an_assignment_with_blanks_is_a_warning_as_grub_refuses_it(void **state)
{
    (void)state;
    read_text("set timeout = 5\nmenuentry a { multiboot /k }\n");
    assert_int_equal(config_seconds_to_wait(&config), 0);
    assert_warning(1, "'timeout' is no assignment: write name=value without blanks");
}

static void an_entry_sees_the_last_values_that_the_config_sets(void **state)
{
    (void)state;
    assert_string_equal(command_line("x=1\nmenuentry a {\n y=in\n multiboot /k $x $y\n}\nx=2\n"),
                        "2 in");
}

static void unset_in_an_entry_hides_the_outer_value_from_that_entry_only(void **state)
{
    (void)state;
    read_text("x=1\nmenuentry a { unset x; multiboot /k [$x] }\nmenuentry b { multiboot /k [$x] }");
    evaluate(0);
    assert_string_equal(boot.kernel.arguments, "[]");
    evaluate(1);
    assert_string_equal(boot.kernel.arguments, "[1]");
}

static void the_variables_that_grub_presets_are_there(void **state)
{
    (void)state;
    assert_string_equal(command_line("multiboot /k $grub_platform $grub_cpu $root $prefix "
                                     "$feature_all_video_module $?"),
                        "pc i386 cd (cd)/boot/grub y 0");
}

static void the_caller_chooses_the_preset_variables(void **state)
{
    (void)state;
    static const char text[] = "multiboot /k $grub_platform $root $x";
    static const struct config_environment efi = {.variables = "grub_platform=efi\0x=\0",
                                                  .overlay = config_overlay_linked};
    assert_true(config_read_with(&config, (struct bytes){(const uint8_t *)text, sizeof text - 1},
                                 "g.cfg", &efi, &arena, &error));
    evaluate(0);
    assert_string_equal(boot.kernel.arguments, "efi");
}

static void the_timeout_is_a_number_of_seconds_or_for_ever(void **state)
{
    (void)state;
    enum { NOT_SET = -2 };
    static const struct {
        const char *value;
        int seconds;
    } cases[] = {{"5", 5},       {"0", 0},          {"-1", -1},
                 {"\"10\"", 10}, {"0x10", NOT_SET}, {"", NOT_SET},
                 {"x", NOT_SET}, {"-", NOT_SET},    {"99999999999", 1000000000},
                 {"5s", NOT_SET}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int seconds = cases[i].seconds;
        char text[128];
        snprintf(text, sizeof text, "set timeout=%s\nmenuentry a { multiboot /k }\n",
                 cases[i].value);
        read_text(text);
        assert_int_equal(config_seconds_to_wait(&config), seconds == NOT_SET ? 0 : seconds);
        strcat(text, "menuentry b { multiboot /k }\n");
        read_text(text);
        assert_int_equal(config_seconds_to_wait(&config), seconds == NOT_SET ? -1 : seconds);
    }
}

static void default_names_an_entry_by_index_title_id_or_path(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t index;
        bool warned;
    } cases[] = {
        {"", 0, false},           {"0", 0, false},           {"a", 0, false},
        {"1", 1, false},          {"More", 1, false},        {"more", 1, false},
        {"1>0", 1, false},        {"More>b", 1, false},      {"more>1", 2, false},
        {"1>Deep", 2, false},     {"more>Deep>c", 2, false}, {"more>1>id-c", 2, false},
        {"2", 3, false},          {"d>>e", 3, false},        {"3", 0, true},
        {"-1", 0, true},          {"nobody", 0, true},       {"b", 0, true},
        {"more>nobody", 1, true}, {"d>e", 0, true},          {"99999999999", 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "menuentry a { multiboot /a }\nsubmenu More --id more {\n"
                 "menuentry b { multiboot /b }\n"
                 "submenu Deep {\nmenuentry c --id id-c { multiboot /c }\n}\n}\n"
                 "menuentry 'd>e' { multiboot /d }\nset default='%s'\n",
                 cases[i].value);
        read_text(text);
        assert_int_equal(config_default(&config), cases[i].index);
        if (cases[i].warned) {
            assert_warning(9, "default names no entry: the first one is taken");
        } else {
            assert_null(config.warnings);
        }
    }
    read_text("menuentry a { multiboot /a }\n");
    assert_int_equal(config_default(&config), 0);
}

static void an_entry_is_found_by_the_names_of_a_default(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t index; /* 4: none */
    } cases[] = {
        {"0", 0},      {"a", 0},   {"1", 1},    {"More", 1}, {"more>1>0", 2}, {"More>Deep>id-c", 2},
        {"More>b", 1}, {"d>e", 4}, {"d>>e", 3}, {"2", 3},    {"3", 4},        {"nobody", 4},
        {"More>x", 4}, {"a>b", 0}, {"", 4},     {"-1", 4},
    };
    read_text("menuentry a { multiboot /a }\nsubmenu More --id more {\n"
              "menuentry b { multiboot /b }\n"
              "submenu Deep {\nmenuentry c --id id-c { multiboot /c }\n}\n}\n"
              "menuentry 'd>e' { multiboot /d }\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(config_overlay_table.find_entry(&config, cases[i].path), cases[i].index);
    }
    assert_null(config.warnings);
}

static void a_default_in_a_submenu_is_the_first_entry_if_the_config_halts(void **state)
{
    (void)state;
    read_text("default=More\nsubmenu 'More'{true\n}halt");
    assert_int_equal(config.entry_count, 1);
    assert_int_equal(config_default(&config), 0);
}

/* ---- Conditions and functions -------------------------------------------------------------- */

static void conditions_decide_as_grubs_do(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } cases[] = {
        {"[ a = a ]", true},
        {"[ a == b ]", false},
        {"[ a != b ]", true},
        {"! [ a = b ]", true},
        {"[ ! a = b ]", true},
        {"[ ! ! a = b ]", false},
        {"[ \"a\" = \"a\" -a b != c ]", true},
        {"[ a = b -o b = b ]", true},
        {"[ a = a -o a = b -a c = d ]", true},
        {"[ a = b -a c = c ]", false},
        {"[ 1 -lt 2 ]", true},
        {"[ 2 -le 1 ]", false},
        {"[ 3 -gt 2 ]", true},
        {"[ 3 -ge 4 ]", false},
        {"[ -3 -ne 3 ]", true},
        {"[ \"$undef\" ]", false},
        {"[ xyz ]", true},
        {"[ -n \"\" ]", false},
        {"[ -z \"\" ]", true},
        {"[ -n x ]", true},
        {"[ ]", true},
        {"[ x$undef = x ]", true},
        {"test a = a", true},
        {"test a = b", false},
        {"true", true},
        {"false", false},
        {"! false", true},
        {"insmod nothing", true},
        {"nosuch", true},
        {"[ a = a", true},
        {"set x=5", true},
        {"false\ntrue", true},
        {"true; false", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "if %s; then multiboot /yes; else multiboot /no; fi\n",
                 cases[i].condition);
        read_text(text);
        evaluate(0);
        assert_string_equal(boot.kernel.path, cases[i].holds ? "/yes" : "/no");
    }
}

static void one_branch_of_if_elif_else_is_taken(void **state)
{
    (void)state;
    static const char *const paths[] = {"/one", "/two", "/three", "/other"};
    for (int i = 0; i < 4; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "n=%d\nmenuentry a {\nif [ $n = 0 ]\nthen\n multiboot /one\n"
                 "elif [ $n = 1 ]; then multiboot /two\n"
                 "elif [ $n = 2 ]; then if [ $n = 0 ]; then nonsense; else multiboot /three; fi\n"
                 "else\n if true; then true; fi\n multiboot /other\nfi\nmodule /m\n}\n",
                 i);
        read_text(text);
        evaluate(0);
        assert_string_equal(boot.kernel.path, paths[i]);
        assert_int_equal(boot.module_count, 1);
        assert_null(config.warnings);
    }
}

static void entries_inside_a_condition_are_listed_when_it_holds(void **state)
{
    (void)state;
    read_text("if [ $grub_platform = efi ]; then\n menuentry efi { multiboot /e }\n"
              " submenu s { menuentry t { multiboot /t } }\n function f { multiboot /f }\n"
              "else\n menuentry bios { multiboot /b }\nfi\n");
    assert_int_equal(config.entry_count, 1);
    assert_string_equal(config.entries[0].title, "bios");
}

static void functions_are_called_with_their_arguments(void **state)
{
    (void)state;
    read_text("function load {\n multiboot /k $1 \"$2\"\n inner $2\n module /m $1\n}\n"
              "function inner { module /i $1 $2; }\n"
              "function list { menuentry \"$1\" { load x 'y z'\n } }\n"
              "list one\nlist two\n");
    assert_int_equal(config.entry_count, 2);
    assert_string_equal(config.entries[1].title, "two");
    evaluate(1);
    assert_string_equal(boot.kernel.arguments, "x \"y z\"");
    assert_int_equal(boot.module_count, 2);
    assert_string_equal(boot.modules[0].arguments, "y z");
    assert_string_equal(boot.modules[1].arguments, "x");
    assert_null(config.warnings);
}

static void endless_recursion_is_an_error_of_its_line(void **state)
{
    (void)state;
    assert_read_fails("function f {\n  f\n}\nf\nmenuentry a { multiboot /k }\n",
                      "g.cfg:2: nested too deep: more than 20 levels");
}

static void calls_that_multiply_end_at_the_limit_of_commands(void **state)
{
    (void)state;
    char text[1024];
    size_t length = 0;
    for (int i = 0; i < 15; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "function f%d { f%d; f%d; f%d; }\n", i, i + 1, i + 1, i + 1);
    }
    snprintf(text + length, sizeof text - length, "function f15 { true; }\nf0\n");
    assert_false(read_bytes(text, strlen(text)));
    assert_non_null(strstr(error.message, "no memory left for the config"));
}

/* ---- What an entry boots ------------------------------------------------------------------- */

static void device_prefixes_are_removed_from_paths(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"(cd)",    "(cd0)",   "(hd0)",        "(hd0,msdos1)",
                                           "(hd0,1)", "($root)", "(${nothing})", ""};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "set root=(hd0,1)\nmultiboot %s/boot/k x\nmodule \"%s/m m\"\n",
                 prefixes[i], prefixes[i]);
        read_text(text);
        evaluate(0);
        assert_string_equal(boot.kernel.path, "/boot/k");
        assert_string_equal(boot.modules[0].path, "/m m");
    }
    read_text("multiboot $prefix/k");
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/boot/grub/k");
}

static void options_of_multiboot_and_module_are_not_arguments(void **state)
{
    (void)state;
    read_text("multiboot --quirk-modules-after-kernel --quirk-bad-kludge /k --serial\n"
              "module --nounzip /m.gz x\nmodule /n --nounzip\n");
    evaluate(0);
    assert_true(boot.ignore_address_fields);
    assert_true(boot.modules_after_kernel);
    assert_string_equal(boot.kernel.arguments, "--serial");
    assert_true(boot.modules[0].keep_compressed);
    assert_string_equal(boot.modules[0].arguments, "x");
    assert_false(boot.modules[1].keep_compressed);
    assert_string_equal(boot.modules[1].arguments, "--nounzip");
}

static void pvh_names_a_kernel_and_module_its_modules(void **state)
{
    (void)state;
    read_text(
        "menuentry a {\npvh /boot/vmlinux console=ttyS0 'a b'\nmodule --nounzip /initrd x\n}\n");
    evaluate(0);
    assert_int_equal(boot.protocol, CONFIG_PVH);
    assert_string_equal(boot.kernel.path, "/boot/vmlinux");
    assert_string_equal(boot.kernel.arguments, "console=ttyS0 \"a b\"");
    assert_string_equal(boot.modules[0].path, "/initrd");
    assert_string_equal(boot.modules[0].arguments, "x");
    assert_true(boot.modules[0].keep_compressed);
    assert_null(config.warnings);
    assert_false(config.needs_overlay);
}

static void a_second_kernel_replaces_the_first_and_its_modules(void **state)
{
    (void)state;
    read_text("menuentry a {\nmultiboot --quirk-bad-kludge /one\nmodule /m\nmultiboot2 /two x\n"
              "module2 /n\n}\n");
    evaluate(0);
    assert_int_equal(boot.protocol, CONFIG_MULTIBOOT2);
    assert_string_equal(boot.kernel.path, "/two");
    assert_false(boot.ignore_address_fields);
    assert_int_equal(boot.module_count, 1);
    assert_string_equal(boot.modules[0].path, "/n");
}

static void whelk_timing_counts_with_its_value_at_the_boot(void **state)
{
    (void)state;
    read_text("set whelk_timing=1\nmenuentry a {\nmultiboot /k\n}\n"
              "menuentry b {\nset whelk_timing=com1\nmultiboot /k\n}\n"
              "menuentry c {\nunset whelk_timing\nmultiboot /k\n}\n");
    evaluate(0);
    assert_string_equal(boot.timing, "1");
    evaluate(1);
    assert_string_equal(boot.timing, "com1");
    evaluate(2);
    assert_null(boot.timing);
    assert_null(config.warnings);
}

static void nothing_after_boot_is_executed(void **state)
{
    (void)state;
    read_text("menuentry a {\nmultiboot /k\nboot\nlinux /l\nmodule /m\n}\n");
    evaluate(0);
    assert_string_equal(boot.kernel.path, "/k");
    assert_int_equal(boot.module_count, 0);
}

static void fifty_modules_are_kept_in_order(void **state)
{
    (void)state;
    static char text[4000];
    size_t length = (size_t)snprintf(text, sizeof text, "multiboot /k\n");
    for (int i = 0; i < 50; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "module /m%d a%d\n", i, i);
    }
    read_text(text);
    evaluate(0);
    assert_int_equal(boot.module_count, 50);
    for (int i = 0; i < 50; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "/m%d", i);
        assert_string_equal(boot.modules[i].path, expected);
        snprintf(expected, sizeof expected, "a%d", i);
        assert_string_equal(boot.modules[i].arguments, expected);
    }
}

static void reboot_halt_and_exit_are_actions_of_an_entry(void **state)
{
    (void)state;
    read_text("menuentry r { reboot }\nmenuentry h { echo bye; halt }\nmenuentry e { exit 1 }\n"
              "submenu s { halt }\n");
    static const enum config_action actions[] = {CONFIG_ACTION_REBOOT, CONFIG_ACTION_HALT,
                                                 CONFIG_ACTION_EXIT, CONFIG_ACTION_HALT};
    assert_int_equal(config.entry_count, 4);
    for (size_t i = 0; i < 4; i++) {
        evaluate(i);
        assert_int_equal(boot.action, actions[i]);
    }
}

static void what_has_no_effect_on_a_boot_from_disc_is_accepted_silently(void **state)
{
    (void)state;
    read_text("insmod all_video\nserial --unit=0 --speed=115200\nterminal_input serial\n"
              "terminal_output gfxterm\nloadfont /f.pf2\nbackground_image /b.png\nplay 600 1 1\n"
              "search --no-floppy --set=root --file /k\nexport root\nload_video\n"
              "if loadfont x; then set gfxmode=auto; fi\n"
              "menuentry a {\necho 'Loading ...'\nclear\nsleep 2\nmultiboot /k\n}\n");
    evaluate(0);
    assert_null(config.warnings);
}

static void an_unknown_command_is_a_warning_while_something_boots(void **state)
{
    (void)state;
    read_text("root (hd0,0)\nmenuentry a {\n  frobnicate x\n  multiboot /k\n}\n");
    evaluate(0);
    assert_warning(1, "unknown command 'root'");
    assert_warning(3, "unknown command 'frobnicate'");
    assert_ptr_equal(config.warnings->next->next, NULL);
    assert_int_equal(config.warnings->line, 1);
}

static void warnings_stand_in_the_order_of_their_lines(void **state)
{
    (void)state;
    read_text("one\nmenuentry a {\n  three\n  multiboot /k\n}\nsix\n");
    evaluate(0);
    static const uint32_t lines[] = {1, 3, 6};
    const struct config_warning *warning = config.warnings;
    for (size_t i = 0; i < 3; i++, warning = warning->next) {
        assert_non_null(warning);
        assert_int_equal(warning->line, lines[i]);
    }
    assert_null(warning);
}

static void a_command_without_effect_frees_the_memory_of_its_words(void **state)
{
    (void)state;
    static char text[64 * 1024];
    strcpy(text, "menuentry a { multiboot /k }\n");
    size_t length = strlen(text);
    while (length < sizeof text - 64) {
        length += (size_t)snprintf(text + length, 64, "echo a text that nobody needs\n");
    }
    arena.size = 4096;
    read_text(text);
    assert_int_equal(config.entry_count, 1);
}

static void an_entry_that_cannot_boot_says_why_and_in_which_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"true\n", "g.cfg:1: nothing to boot: no multiboot line names a kernel"},
        {"echo x\n", "g.cfg:1: nothing to boot: no multiboot line names a kernel"},
        {"multibot /k\n", "g.cfg:2: unknown command 'multibot'; is 'multiboot' meant?"},
        {"multibot /k\nboot\n", "g.cfg:2: unknown command 'multibot'; is 'multiboot' meant?"},
        {"boot\n", "g.cfg:1: nothing to boot: no multiboot line names a kernel"},
        {"plan9 /9pc ro\nmodule /i\n", "g.cfg:2: plan9 is not supported"},
        {"chainloader\n", "g.cfg:2: a file's name is missing"},
        {"chainloader --force --bpb\n", "g.cfg:2: a file's name is missing"},
        {"chainloader x\n", "g.cfg:2: the path 'x' does not begin with '/'"},
        {"configfile\n", "g.cfg:2: configfile needs more words"},
        {"multiboot\n", "g.cfg:2: a file's name is missing"},
        {"multiboot $nothing\n", "g.cfg:2: a file's name is missing"},
        {"multiboot /k\nmodule --nounzip\n", "g.cfg:3: a file's name is missing"},
        {"multiboot boot/k\n", "g.cfg:2: the path 'boot/k' does not begin with '/'"},
        {"multiboot (cd)boot/k\n", "g.cfg:2: the path '(cd)boot/k' does not begin with '/'"},
        {"multiboot (cd/k\n", "g.cfg:2: the path '(cd/k' does not begin with '/'"},
        {"module /m\nmultiboot /k\n",
         "g.cfg:2: a module before the kernel: the multiboot line comes first"},
        {"module2 /m\n", "g.cfg:2: a module before the kernel: the multiboot line comes first"},
        {"multiboot /k\nmodule2 /m\n",
         "g.cfg:3: multiboot and pvh go with module, multiboot2 with module2"},
        {"pvh /k\nmodule2 /m\n",
         "g.cfg:3: multiboot and pvh go with module, multiboot2 with module2"},
        {"multiboot2 /k\nmodule /m\n",
         "g.cfg:3: multiboot and pvh go with module, multiboot2 with module2"},
        {"multiboot /k a&b\n", "g.cfg:2: '&' must be in quotes"},
        {"multiboot /k <a>\n", "g.cfg:2: '>' must be in quotes"},
        {"if true; then multiboot /k\n",
         "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"multiboot /k\nelse\nfi\n",
         "g.cfg:3: a part of 'if ... then ... fi' is missing or out of place"},
        {"fi\n", "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"then\n", "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"if true; fi\n", "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"if true; then true; else true; else true; fi\n",
         "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"if false; then true; else true; elif true; then true; fi\n",
         "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place"},
        {"while true; do true; done\n", "g.cfg:2: too many commands: a loop without an end?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "menuentry a {\n%s}\n", cases[i][0]);
        read_text(text);
        evaluation_fails(0, cases[i][1]);
    }
}

/* ---- Broken configs ------------------------------------------------------------------------ */

static void a_config_that_cannot_be_read_says_why_and_in_which_line(void **state)
{
    (void)state;
    assert_read_fails("", "g.cfg:1: the config has no menuentry");
    assert_read_fails("\n# nothing\nset timeout=5\n", "g.cfg:1: the config has no menuentry");
    assert_read_fails("menuenty a {\n multiboot /k\n",
                      "g.cfg:1: the block that begins here has no '}'");
    assert_read_fails("title old\nkernel /k\n", "g.cfg:1: unknown command 'title'");
    assert_read_fails("menuentry a\nset x=1\n",
                      "g.cfg:1: the entry has no '{': it is left out, as by GRUB");
    assert_read_fails("menuentry \"a {\n multiboot /k\n}\n",
                      "g.cfg:1: a quote that begins here is never closed");
    assert_read_fails("menuentry a {\n multiboot /k 'b\n}\n",
                      "g.cfg:2: a quote that begins here is never closed");
    assert_read_fails("menuentry \"a {\ntrue\n}\nmenuentry \"b\" {\ntrue\n}\n",
                      "g.cfg:1: a quote that begins here is never closed");
    assert_read_fails("menuentry a {\n multiboot /a\n\nmenuentry b {\n multiboot /b\n}\n",
                      "g.cfg:4: a menuentry inside that of line 1: is a '}' missing?");
    assert_read_fails("menuentry a {\n if true; then menuentry b {\n }\n fi\n}\n",
                      "g.cfg:2: a menuentry inside that of line 1: is a '}' missing?");
    assert_read_fails("menuentry a { multiboot /k }\nif true; then\n",
                      "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place");
    assert_read_fails("submenu s {\nif true; then\n}\n",
                      "g.cfg:2: a part of 'if ... then ... fi' is missing or out of place");
    assert_read_fails("menuentry a { multiboot /k ${x-y} }\n",
                      "g.cfg:1: '${' needs a variable's name and '}'");
    assert_read_fails("function { true }\n", "g.cfg:1: function needs a name and '{'");
    assert_read_fails("function f\ntrue\n", "g.cfg:1: function needs a name and '{'");
}

static void a_nul_byte_is_an_error_of_its_line(void **state)
{
    (void)state;
    static const char text[] = "menuentry a {\n multiboot /k\0\n}\n";
    assert_false(read_bytes(text, sizeof text - 1));
    assert_string_equal(error.message, "g.cfg:2: a NUL byte: this is not a text in ASCII or UTF-8");
}

static void stray_braces_are_warnings(void **state)
{
    (void)state;
    read_text("}\nmenuentry a { multiboot /k }\n}\n{\n");
    assert_int_equal(config.entry_count, 1);
    assert_warning(1, "'}' without a command before it");
    assert_warning(3, "'}' without a command before it");
    assert_warning(4, "'{' without a command before it");
}

static void parts_of_a_block_without_its_beginning_are_warnings(void **state)
{
    (void)state;
    read_text(
        "else\nmenuentry a { multiboot /k }\ntrue; done; nonsense\n then\nmenuentry b { true; }\n");
    assert_int_equal(config.entry_count, 2);
    assert_warning(1, "'else' outside of 'if ... fi' and '... do ... done'");
    assert_warning(3, "'done' outside of 'if ... fi' and '... do ... done'");
    assert_warning(4, "'then' outside of 'if ... fi' and '... do ... done'");
}

static void a_config_of_the_largest_size_is_read_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    static const char head[] = "menuentry a { multiboot /k ";
    char *text = malloc(CONFIG_MAX_BYTES + 1);
    memset(text, 'x', CONFIG_MAX_BYTES + 1);
    memcpy(text, head, sizeof head - 1);
    text[CONFIG_MAX_BYTES - 1] = '}';
    assert_true(read_bytes(text, CONFIG_MAX_BYTES));
    free(arena.base); /* an arena with room for the line's word and its copy */
    arena = (struct arena){.base = malloc(4UL * CONFIG_MAX_BYTES), .size = 4UL * CONFIG_MAX_BYTES};
    assert_true(read_bytes(text, CONFIG_MAX_BYTES));
    evaluate(0);
    assert_int_equal(strlen(boot.kernel.arguments), CONFIG_MAX_BYTES - sizeof head);
    assert_false(read_bytes(text, CONFIG_MAX_BYTES + 1));
    assert_string_equal(error.message, "g.cfg:1: the config is larger than 131072 bytes");
    free(text);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 20; i++) {
        strcat(text, "if true; then\n");
    }
    strcat(text, "menuentry a { multiboot /k }\n");
    size_t length = strlen(text);
    for (int i = 0; i < 20; i++) {
        strcat(text, "fi\n");
    }
    read_text(text);
    assert_int_equal(config.entry_count, 1);
    memcpy(text + length, "if true; then\n", 15);
    assert_read_fails(text, "g.cfg:22: nested too deep: more than 20 levels");
}

static void a_thousand_wrong_lines_give_a_readable_number_of_warnings(void **state)
{
    (void)state;
    static char text[8192];
    strcpy(text, "menuentry a { multiboot /k }\n");
    for (int i = 0; i < 1000; i++) {
        strcat(text, "wrong\n");
    }
    read_text(text);
    size_t count = 0;
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        assert_int_equal(w->line, count + 2);
        count++;
    }
    assert_int_equal(count, 64);
}

static void an_arena_of_any_size_is_enough_or_gives_an_error(void **state)
{
    (void)state;
    static const char text[] =
        "x='a b'\nfunction f { module /m $1 $x; }\nsubmenu s --id=t {\nmenuentry a {\n"
        "multiboot /k \"$x\" c\nf 1\nf 2\nwrong\n$y\nunset x\n}\n}\nset default=s\nmenuentry b "
        "{\ntrue\n}\n";
    bool was_enough = false;
    for (size_t size = 1; size < 4000; size++) {
        struct arena small = {.base = malloc(size), .size = size};
        error.message[0] = 0;
        bool fine = config_read(&config, (struct bytes){(const uint8_t *)text, sizeof text - 1},
                                "g.cfg", &small, &error) &&
                    config_default(&config) == 0 &&
                    config_evaluate(&config, &config.entries[0], &boot, &error);
        assert_true(fine || strstr(error.message, "no memory left for the config") != NULL);
        if (fine) {
            assert_int_equal(boot.module_count, 2);
            assert_string_equal(boot.modules[1].arguments, "2 a b");
        }
        was_enough = fine;
        free(small.base);
    }
    assert_true(was_enough);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_blogs_config_without_its_closing_brace_boots_with_a_warning),
        TEST(titles_ids_and_hotkeys_of_every_form_are_read),
        TEST(an_unknown_option_or_a_missing_title_is_a_warning),
        TEST(crlf_tabs_a_bom_and_a_last_line_without_newline_are_read),
        TEST(an_entry_on_one_line_needs_no_semicolon_before_its_brace),
        TEST(commands_without_a_menu_are_one_entry),
        TEST(a_boot_without_a_kernel_before_the_menu_is_passed_over),
        TEST(the_entries_of_submenus_are_in_the_list),
        TEST(a_submenu_that_boots_by_itself_is_an_entry),
        TEST(a_hundred_entries_are_kept_in_order),
        TEST(an_entry_can_be_evaluated_again),
        TEST(arguments_are_quoted_as_grub_quotes_them),
        TEST(module_strings_are_those_of_grub),
        TEST(a_dollar_without_a_name_stands_for_itself),
        TEST(a_comment_ends_at_its_line_and_begins_with_a_word_only),
        TEST(braces_in_quotes_comments_and_variables_do_not_count),
        TEST(set_and_bare_assignment_and_unset_do_the_same_as_in_grub),
        TEST(an_assignment_with_blanks_is_a_warning_as_grub_refuses_it),
        TEST(an_entry_sees_the_last_values_that_the_config_sets),
        TEST(unset_in_an_entry_hides_the_outer_value_from_that_entry_only),
        TEST(the_variables_that_grub_presets_are_there),
        TEST(the_caller_chooses_the_preset_variables),
        TEST(the_timeout_is_a_number_of_seconds_or_for_ever),
        TEST(default_names_an_entry_by_index_title_id_or_path),
        TEST(an_entry_is_found_by_the_names_of_a_default),
        TEST(a_default_in_a_submenu_is_the_first_entry_if_the_config_halts),
        TEST(conditions_decide_as_grubs_do),
        TEST(one_branch_of_if_elif_else_is_taken),
        TEST(entries_inside_a_condition_are_listed_when_it_holds),
        TEST(functions_are_called_with_their_arguments),
        TEST(endless_recursion_is_an_error_of_its_line),
        TEST(calls_that_multiply_end_at_the_limit_of_commands),
        TEST(device_prefixes_are_removed_from_paths),
        TEST(options_of_multiboot_and_module_are_not_arguments),
        TEST(pvh_names_a_kernel_and_module_its_modules),
        TEST(a_second_kernel_replaces_the_first_and_its_modules),
        TEST(whelk_timing_counts_with_its_value_at_the_boot),
        TEST(nothing_after_boot_is_executed),
        TEST(fifty_modules_are_kept_in_order),
        TEST(reboot_halt_and_exit_are_actions_of_an_entry),
        TEST(what_has_no_effect_on_a_boot_from_disc_is_accepted_silently),
        TEST(an_unknown_command_is_a_warning_while_something_boots),
        TEST(warnings_stand_in_the_order_of_their_lines),
        TEST(a_command_without_effect_frees_the_memory_of_its_words),
        TEST(an_entry_that_cannot_boot_says_why_and_in_which_line),
        TEST(a_config_that_cannot_be_read_says_why_and_in_which_line),
        TEST(a_nul_byte_is_an_error_of_its_line),
        TEST(stray_braces_are_warnings),
        TEST(parts_of_a_block_without_its_beginning_are_warnings),
        TEST(a_config_of_the_largest_size_is_read_and_one_byte_more_is_refused),
        TEST(nesting_is_bounded),
        TEST(a_thousand_wrong_lines_give_a_readable_number_of_warnings),
        TEST(an_arena_of_any_size_is_enough_or_gives_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
