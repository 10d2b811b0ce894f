// SPDX-License-Identifier: BSD-2-Clause
// Tests the commands of a config that ask the machine or show something, with a platform that
// records the calls. test_config_grub.py compares scripts with GRUB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config/config.h"
#include "stage2/config/overlay.h"
#include "stage2/config/prompt.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { ARENA_BYTES = 1024 * 1024 };

static struct config config;
static struct config_boot boot;
static struct error error;
static struct arena arena;

/* ---- A machine that records what is asked of it ------------------------------------------------
 */

static char notes[4096];
static const char *typed; /* what the command read gets */
static const char *file_text;
static bool key_pressed;
static unsigned held;
static bool is_64_bit, has_pae;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    size_t length = strlen(notes);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(notes + length, sizeof notes - length, format, arguments);
    va_end(arguments);
}

static enum config_node find(const char *path)
{
    if (strcmp(path, "/dir") == 0) {
        return CONFIG_NODE_DIRECTORY;
    }
    if (strcmp(path, "/empty") == 0) {
        return CONFIG_NODE_EMPTY;
    }
    return strcmp(path, "/file") == 0 || strcmp(path, "/other.cfg") == 0 ? CONFIG_NODE_FILE
                                                                         : CONFIG_NODE_NONE;
}

static bool read_file(const char *path, struct arena *memory, struct bytes *text,
                      struct error *reason)
{
    (void)memory;
    if (strncmp(path, "/file", 5) != 0) {
        return (fail)(reason, "not found");
    }
    *text = (struct bytes){(const uint8_t *)file_text, strlen(file_text)};
    return true;
}

static bool volume(enum config_volume what, char name[CONFIG_VOLUME_BYTES])
{
    strcpy(name, what == CONFIG_VOLUME_LABEL ? "LABEL" : "2026-01-02-03-04-05-06");
    return true;
}

static bool has_feature(enum config_feature feature)
{
    return feature == CONFIG_PAE ? has_pae : is_64_bit;
}

static unsigned modifiers(void)
{
    return held;
}

static bool interrupted(void)
{
    return key_pressed;
}

static void print(const char *text)
{
    note("%s", text);
}

static void clear(void)
{
    note("(clear)");
}

static void read_line(char *text, size_t size)
{
    snprintf(text, size, "%s", typed);
}

static bool sleep_or_key(unsigned seconds, bool until_key)
{
    note("(sleep %u%s)", seconds, until_key ? " or key" : "");
    return !until_key || !key_pressed;
}

static bool set_serial(const struct config_serial *serial)
{
    note("(serial %d %x %u %u %u %c)", serial->unit, serial->port, serial->speed, serial->data_bits,
         serial->stop_bits, serial->parity != 0 ? serial->parity : '-');
    return serial->unit < 4;
}

static bool notes_graphics;

static void set_graphics(const char *modes)
{
    if (notes_graphics) {
        note("(graphics %s)", modes);
    }
}

static void set_terminal(enum config_direction direction, unsigned devices)
{
    note("(%s %u)", direction == CONFIG_INPUT ? "input" : "output", devices);
}

static struct config_platform platform = {
    .find = find,
    .read = read_file,
    .volume = volume,
    .has_feature = has_feature,
    .modifiers = modifiers,
    .interrupted = interrupted,
    .print = print,
    .clear = clear,
    .read_line = read_line,
    .sleep = sleep_or_key,
    .set_serial = set_serial,
    .set_terminal = set_terminal,
    .set_graphics = set_graphics,
};
static const struct config_environment environment = {
    .variables = CONFIG_CD_VARIABLES, .platform = &platform, .overlay = config_overlay_linked};

static int set_up(void **state)
{
    (void)state;
    arena = (struct arena){.base = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    typed = file_text = "";
    key_pressed = is_64_bit = false;
    held = 0;
    return arena.base == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena.base);
    return 0;
}

static bool read_named(const char *text, const char *name)
{
    arena.used = 0;
    *notes = 0;
    return config_read_with(&config, (struct bytes){(const uint8_t *)text, strlen(text)}, name,
                            &environment, &arena, &error);
}

static void read_text(const char *text)
{
    if (!read_named(text, "g.cfg")) {
        fail_msg("%s", error.message);
    }
}

static bool evaluate(size_t index)
{
    assert_true(index < config.entry_count);
    *notes = 0;
    return config_evaluate(&config, &config.entries[index], &boot, &error);
}

/* Checks what a script shows and asks. */
static void assert_shows(const char *script, const char *expected)
{
    char text[2048];
    snprintf(text, sizeof text, "%s\nmenuentry a { multiboot /k }\n", script);
    read_text(text);
    assert_string_equal(notes, expected);
}

static void assert_warning(const char *text)
{
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        if (strcmp(w->text, text) == 0) {
            return;
        }
    }
    fail_msg("no warning \"%s\"", text);
}

static void echo_shows_the_word_of_a_block_without_its_end(void **state)
{
    (void)state;
    read_text("menuentry a { multiboot /k }\necho x {y");
    assert_string_equal(notes, "x {y}\n");
    assert_warning("the block that begins here has no '}'");
}

/* ---- What is shown, and who is asked ----------------------------------------------------------
 */

static void an_entry_shows_its_text_when_it_is_evaluated(void **state)
{
    (void)state;
    read_text("echo top\nmenuentry a {\necho Loading $1 ...\nclear\nmultiboot /k\n}\n");
    assert_string_equal(notes, "top\n");
    assert_true(evaluate(0));
    assert_string_equal(notes, "Loading a ...\n(clear)");
}

static void a_submenu_shows_nothing_while_its_entries_are_listed(void **state)
{
    (void)state;
    assert_shows("submenu s {\necho hidden\nsleep 1\nclear\nserial\nterminal_output serial\n"
                 "menuentry b { echo b }\n}\necho shown",
                 "shown\n");
    assert_int_equal(config.entry_count, 2);
}

static void sleep_says_how_long_and_whether_a_key_ends_it(void **state)
{
    (void)state;
    assert_shows("sleep 3; sleep -i 4; sleep --verbose --interruptible 5; sleep 0; sleep; sleep x",
                 "(sleep 3)(sleep 4 or key)(sleep 5 or key)");
    key_pressed = true;
    assert_shows("if sleep --interruptible 2; then echo over; else echo key; fi",
                 "(sleep 2 or key)key\n");
}

static void read_sets_a_variable_to_what_is_typed(void **state)
{
    (void)state;
    typed = "a  b";
    assert_shows("read x; echo \"<$x>\"; read; echo end", "<a  b>\nend\n");
}

static void keystatus_tells_which_keys_are_held(void **state)
{
    (void)state;
    static const char script[] = "for k in --shift --ctrl --alt; do if keystatus $k; then "
                                 "echo $k; fi; done; if keystatus; then echo known; fi";
    assert_shows(script, "known\n");
    held = 1;
    assert_shows(script, "--shift\nknown\n");
    held = 6;
    assert_shows(script, "--ctrl\n--alt\nknown\n");
}

static void cpuid_tells_whether_the_processor_has_64_bits(void **state)
{
    (void)state;
    static const char script[] = "if cpuid -l; then echo 64; else echo 32; fi";
    assert_shows(script, "32\n");
    is_64_bit = true;
    assert_shows(script, "64\n");
    assert_shows("for o in -p --pae; do if cpuid $o; then echo y; else echo n; fi; done", "n\nn\n");
    has_pae = true;
    assert_shows("for o in -p --pae --long-mode; do if cpuid $o; then echo y; fi; done",
                 "y\ny\ny\n");
    assert_shows("if cpuid --sse; then echo y; else echo n; fi", "n\n");
}

/* Two structures of SMBIOS, of types 1 and 127. */
static const uint8_t smbios_structures[] =
    "\1\x1b\1\0\1\2\0\3\x33\x22\x11\0\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff\6\0\0"
    "maker\0product\0serial\0\0\x7f\4\2\0\0";

static struct bytes smbios(void)
{
    return (struct bytes){smbios_structures, sizeof smbios_structures};
}

static uint8_t cmos(uint8_t index)
{
    return index == 0x14 ? 0x82 : 0;
}

static void smbios_finds_structures_and_what_they_contain(void **state)
{
    (void)state;
    platform.smbios = smbios;
    assert_shows("smbios --type 1 --get-string 4", "maker\n");
    assert_shows("smbios -t 1 -s 5 --set p; smbios -t 1 -s 7 --set=s; echo $p $s",
                 "product serial\n");
    assert_shows("smbios -t 1 -s 6; smbios -h 1 -b 4; smbios -t 1 -w 4; smbios -m 1 -d 4",
                 "\n1\n513\n50332161\n");
    assert_shows("smbios -t 1 -q 8", "7383445245961249331\n");
    assert_shows("smbios -t 1 --get-uuid 8", "00112233-4455-6677-8899-aabbccddeeff\n");
    static const char *const failures[] = {
        "-t 2 -s 4",      "-t 1 -b 3", "-t 1 -b 27",  "-t 1 -q 20",
        "-t 1 -m 2 -b 4", "-h 9 -b 4", "-t 127 -b 4", "-t 1"};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        char script[64];
        snprintf(script, sizeof script, "smbios %s; echo $?", failures[i]);
        assert_shows(script, "1\n");
    }
    platform.smbios = NULL;
    assert_shows("smbios -t 1 -s 4; echo $?", "1\n");
    assert_warning("smbios: only the machine knows the answer: it counts as false");
}

static void cmostest_asks_for_a_bit(void **state)
{
    (void)state;
    platform.cmos = cmos;
    assert_shows("for b in 0x14:1 20:7 0x14:0 0x94:1 0x15:1 0x14:9 0x14; do "
                 "cmostest $b; echo $?; done",
                 "0\n0\n1\n0\n1\n1\n1\n");
    platform.cmos = NULL;
}

static void probe_tells_what_the_disc_is(void **state)
{
    (void)state;
    assert_shows("probe -d $root; probe -p (cd); probe --fs $root", "biosdisknoneiso9660");
    assert_shows("probe --set=x -l $root; probe --set y -u (cd); echo $x $y",
                 "LABEL 2026-01-02-03-04-05-06\n");
    assert_shows("probe -u -f $root; probe $root; echo $?", "iso96601\n");
    platform.volume = NULL;
    assert_shows("probe -u $root; echo $?", "1\n");
    assert_warning("probe: only the machine knows the answer: it counts as false");
    platform.volume = volume;
}

/* GRUB's own files are there on an ISO that grub-mkrescue makes. */
static void what_grub_itself_puts_on_its_iso_counts_as_there(void **state)
{
    (void)state;
    static const char *const files[] = {"fonts/unicode.pf2", "i386-pc/normal.mod",
                                        "x86_64-efi/fs.lst", "i386-efi/all_video.mod"};
    static const char *const folders[] = {"fonts",  "i386-pc", "i386-efi", "x86_64-efi",
                                          "locale", "roms",    "fonts/"};
    static const char *const nothing[] = {"fonts/ascii.pf2", "arm64-efi", "i386-pc/x/y.mod",
                                          "i386-pc/.mod",    "grubenv",   "themes",
                                          "fontsx"};
    char script[128];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(script, sizeof script, "[ -f $prefix/%s ]; echo $?; [ -d $prefix/%s ]; echo $?",
                 files[i], files[i]);
        assert_shows(script, "0\n1\n");
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(script, sizeof script, "[ -d $prefix/%s ]; echo $?; [ -f $prefix/%s ]; echo $?",
                 folders[i], folders[i]);
        assert_shows(script, "0\n1\n");
    }
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        snprintf(script, sizeof script, "[ -e $prefix/%s ]; echo $?", nothing[i]);
        assert_shows(script, "1\n");
    }
    assert_shows("search --file /efi.img; echo $?; search -f /boot/grub/fonts/unicode.pf2; echo $?",
                 "0\n0\n");
    assert_shows("loadfont unicode; echo $?; loadfont $prefix/fonts/unicode.pf2; echo $?; "
                 "loadfont unicode nosuch; echo $?",
                 "0\n0\n1\n");
}

static void a_picture_needs_the_graphics_terminal(void **state)
{
    (void)state;
    assert_shows("background_image /file; echo $?; background_color black; echo $?", "1\n1\n");
    assert_shows("insmod vbe; terminal_output gfxterm; background_image -m stretch /file; echo $?; "
                 "background_color black; echo $?; background_image /nosuch; echo $?",
                 "(output 1)0\n0\n1\n");
    assert_shows("insmod vbe; terminal_output gfxterm; terminal_output console; "
                 "background_image /file; echo $?",
                 "(output 1)(output 1)1\n");
}

static void a_graphics_terminal_needs_a_video_driver(void **state)
{
    (void)state;
    assert_shows("terminal_output gfxterm; echo $?", "1\n");
    assert_shows("terminal_output --append gfxterm; echo $?; terminal_output console; echo $?",
                 "1\n(output 1)0\n");
    static const char *const drivers[] = {
        "all_video", "vbe",         "vga",          "efi_gop",
        "efi_uga",   "video_bochs", "video_cirrus", "/boot/grub/i386-pc/all_video.mod"};
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        char script[128];
        snprintf(script, sizeof script, "insmod %s; terminal_output gfxterm; echo $?", drivers[i]);
        assert_shows(script, "(output 1)0\n");
    }
    assert_shows("insmod gfxterm; insmod video_fb; terminal_output gfxterm; echo $?", "1\n");
    /* The command multiboot brings the BIOS's driver with it. */
    read_text("menuentry a {\nmultiboot /k\nterminal_output gfxterm; echo $?\n}\n");
    assert_true(evaluate(0));
    assert_string_equal(notes, "(output 1)0\n");
    /* What an entry loads is gone in the next one. */
    read_text("menuentry a {\ninsmod vbe\nmultiboot /k\n}\n"
              "menuentry b {\nterminal_output gfxterm; echo $?\nmultiboot /k\n}\n");
    assert_true(evaluate(0));
    assert_true(evaluate(1));
    assert_string_equal(notes, "1\n");
}

static void fonts_and_pictures_need_no_overlay_unless_their_result_matters(void **state)
{
    (void)state;
    read_text(
        "loadfont unicode\nbackground_image /b\nmenuentry a {\nloadfont x\nmultiboot /k\n}\n");
    assert_true(evaluate(0));
    assert_false(config.needs_overlay);
    read_text("if loadfont nosuch; then set k=/font; else set k=/none; fi\n"
              "menuentry a { multiboot $k }\n");
    assert_true(evaluate(0));
    assert_string_equal(boot.kernel.path, "/none");
    assert_true(config.needs_overlay);
}

static void save_env_fails_as_it_does_from_a_cd(void **state)
{
    (void)state;
    assert_shows("save_env x; echo $?", "1\n");
    assert_warning("save_env cannot write: nothing is saved");
}

static void an_entry_sees_the_gfxmode_of_its_submenu(void **state)
{
    (void)state;
    notes_graphics = true;
    read_text("submenu s {\nset gfxmode=800x600\n"
              "menuentry a {\ninsmod vbe\nterminal_output gfxterm\nmultiboot /k\n}\n}\n");
    assert_true(evaluate(0));
    assert_string_equal(notes, "(graphics 800x600)(output 1)");
    notes_graphics = false;
}

static void a_graphics_terminal_has_the_modes_of_gfxmode(void **state)
{
    (void)state;
    notes_graphics = true;
    assert_shows("insmod vbe; terminal_output gfxterm", "(graphics auto)(output 1)");
    assert_shows("insmod vbe; gfxmode=800x600,auto; terminal_output gfxterm",
                 "(graphics 800x600,auto)(output 1)");
    assert_shows("terminal_output console", "(graphics )(output 1)");
    assert_shows("insmod vbe; terminal_output --append gfxterm", "(graphics auto)(output 1)");
    assert_shows("terminal_output --append serial", "(output 3)");
    assert_shows("terminal_output --append serial; terminal_output --remove gfxterm",
                 "(output 3)(graphics )(output 2)");
    assert_shows("terminal_input console", "(input 1)");
    notes_graphics = false;
}

static void serial_takes_all_its_options(void **state)
{
    (void)state;
    assert_shows("serial", "(serial -1 0 0 0 0 -)");
    assert_shows("serial --unit=1 --speed=9600 --word=7 --parity=even --stop=2",
                 "(serial 1 0 9600 7 2 e)");
    assert_shows("serial --port=0x2f8 --speed 115200 --parity=no", "(serial -1 2f8 115200 0 0 n)");
    assert_shows("serial --port 760 -s 300", "(serial -1 2f8 300 0 0 -)");
    assert_shows("if serial --unit=7; then echo y; else echo n; fi", "(serial 7 0 0 0 0 -)n\n");
    assert_warning("there is no such serial port");
}

static void serial_refuses_values_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const options[] = {"--unit=x",   "--unit=8",  "--speed=0",    "--word=4",
                                          "--word=9",   "--stop=3",  "--parity=why", "--port=0x",
                                          "--port=0xg", "--speed=-1"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char script[64];
        char warning[64];
        snprintf(script, sizeof script, "serial %s; echo $?", options[i]);
        snprintf(warning, sizeof warning, "serial: '%s' is no value for this option",
                 strchr(options[i], '=') + 1);
        assert_shows(script, "1\n");
        assert_warning(warning);
    }
}

static void terminals_are_set_added_and_removed(void **state)
{
    (void)state;
    assert_shows("terminal_output console", "(output 1)");
    assert_shows("insmod vga; terminal_output gfxterm; terminal_input serial",
                 "(output 1)(input 2)");
    assert_shows("terminal_output console serial", "(output 3)");
    assert_shows("terminal_output --append serial; terminal_output --remove console",
                 "(output 3)(output 2)");
    assert_shows("terminal_output --remove console; terminal_output", "");
    assert_shows("terminal_input braille; echo $?", "1\n");
    assert_warning("unknown terminal 'braille'");
}

/* ---- The disc ---------------------------------------------------------------------------------
 */

static void search_finds_the_disc_or_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        bool found;
    } cases[] = {
        {"search --file /file", true},
        {"search -f /file", true},
        {"search --no-floppy --file /nothing", false},
        {"search --label LABEL", true},
        {"search -l OTHER", false},
        {"search --fs-uuid 2026-01-02-03-04-05-06", true},
        {"search -u 0000-0000", false},
        {"search --fs-uuid --hint-bios=hd0 --hint hd1 2026-01-02-03-04-05-06", true},
        {"search --cryptodisk-only --label LABEL", true},
        {"search.file /file root", true},
        {"search.fs_label OTHER root", false},
        {"search --set=x", false},
        {"search /file", false}, /* GRUB has no default */
        {"search", false},
        {"search --file", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[128];
        snprintf(script, sizeof script, "if %s; then echo y; else echo n; fi", cases[i].words);
        assert_shows(script, cases[i].found ? "y\n" : "n\n");
    }
    assert_warning("no such device: ");
}

static void search_sets_a_variable_to_the_disc(void **state)
{
    (void)state;
    assert_shows("root=; search --set --file /file; echo $root", "cd\n");
    assert_shows("search --set=x --file /file; echo $x", "cd\n");
    assert_shows("root=hd0; search --set=root --file /nothing; echo $root", "hd0\n");
    assert_shows("search.fs_label LABEL y; echo $y", "cd\n");
    assert_shows("search.fs_label LABEL z hd0,gpt1; echo $z", "cd\n");
}

static void a_sourced_text_is_named_in_its_messages(void **state)
{
    (void)state;
    file_text = "true\nfrobnicate\nmenuentry b {\nmultiboot\n}\nfunction f {\nmultiboot x\n}\n";
    read_text("source /file\nmenuentry a {\nf\n}\n");
    assert_string_equal(config.warnings->name, "/file");
    assert_int_equal(config.warnings->line, 2);
    assert_false(evaluate(0));
    assert_string_equal(error.message, "/file:4: a file's name is missing");
    assert_false(evaluate(1));
    assert_string_equal(error.message, "/file:7: the path 'x' does not begin with '/'");
}

static void two_files_may_have_the_same_warning_in_the_same_line(void **state)
{
    (void)state;
    file_text = "frobnicate\n";
    read_text("frobnicate\nsource /file\nsource /file\nmenuentry a {\nmultiboot /k\n}\n");
    assert_string_equal(config.warnings->name, "g.cfg");
    assert_non_null(config.warnings->next);
    assert_string_equal(config.warnings->next->name, "/file");
    assert_null(config.warnings->next->next);
}

static void a_long_name_leaves_room_for_line_and_reason(void **state)
{
    (void)state;
    enum { NAME_ROOM = 120 };
    char text[512] = "source /file", name[NAME_ROOM + 1] = "/file";
    memset(text + strlen(text), 'x', 400);
    memset(name + strlen(name), 'x', NAME_ROOM - strlen(name));
    file_text = text;
    assert_false(read_named(text, "g.cfg"));
    assert_memory_equal(error.message, name, NAME_ROOM);
    assert_string_equal(error.message + NAME_ROOM, ":1: nested too deep: more than 20 levels");
}

static void files_name_the_config_that_asks_for_them(void **state)
{
    (void)state;
    file_text = "\nmodule /m\n";
    read_text("menuentry a {\nmultiboot /k\nsource /file\n}\n");
    assert_true(evaluate(0));
    assert_string_equal(boot.kernel.config, "g.cfg");
    assert_int_equal(boot.kernel.line, 2);
    assert_string_equal(boot.modules[0].config, "/file");
    assert_int_equal(boot.modules[0].line, 2);
}

static void a_text_that_sources_itself_is_an_error(void **state)
{
    (void)state;
    file_text = "source /file\n";
    assert_false(read_named(file_text, "g.cfg"));
    assert_string_equal(error.message, "/file:1: nested too deep: more than 20 levels");
}

static void a_sourced_file_that_is_no_text_is_a_warning(void **state)
{
    (void)state;
    /* As in GRUB, this is no failure. */
    assert_shows("source /nothing; echo $?; source nothing; echo $?", "0\n0\n");
    assert_warning("/nothing: not found");
    assert_warning("source needs a file's absolute name");
}

static void configfile_replaces_the_config_by_another(void **state)
{
    (void)state;
    read_text("menuentry a {\nconfigfile (cd)/other.cfg\necho never\n}\n");
    assert_true(evaluate(0));
    assert_int_equal(boot.action, CONFIG_ACTION_CONFIG);
    assert_string_equal(boot.kernel.path, "/other.cfg");
    assert_int_equal(boot.kernel.line, 2);
    assert_string_equal(notes, "");
    read_text("echo a\nconfigfile /other.cfg\n");
    assert_true(evaluate(0));
    assert_int_equal(boot.action, CONFIG_ACTION_CONFIG);
    assert_string_equal(boot.kernel.path, "/other.cfg");
    assert_false(boot.is_legacy);
}

static void configfile_of_a_missing_file_is_passed_over(void **state)
{
    (void)state;
    read_text("menuentry a {\nconfigfile /nothing.cfg; echo $?\nconfigfile /dir; echo $?\n"
              "legacy_configfile /nothing; echo $?\nmultiboot /k\n}\n");
    assert_true(evaluate(0));
    assert_string_equal(notes, "0\n0\n1\n");
    assert_string_equal(boot.kernel.path, "/k");
    assert_int_equal(boot.action, CONFIG_ACTION_BOOT);
    assert_warning("/nothing.cfg: no such file");
}

static void legacy_configs_are_read_by_their_commands(void **state)
{
    (void)state;
    read_text("menuentry a {\nlegacy_configfile /other.cfg\n}\n");
    assert_true(evaluate(0));
    assert_int_equal(boot.action, CONFIG_ACTION_CONFIG);
    assert_true(boot.is_legacy);
    file_text = "title from menu.lst\nkernel /k2 x\n";
    read_text("legacy_source /file\nmenuentry b { multiboot /k }\n");
    assert_int_equal(config.entry_count, 2);
    assert_string_equal(config.entries[0].title, "from menu.lst");
    assert_true(evaluate(0));
    assert_string_equal(boot.kernel.arguments, "/k2 x");
}

static void a_config_knows_its_own_name_while_it_is_read(void **state)
{
    (void)state;
    assert_true(read_named("echo $config_file $config_directory\n"
                           "menuentry a { echo \"<$config_file>\"; multiboot /k }\n",
                           "/boot/grub/grub.cfg"));
    assert_string_equal(notes, "(cd)/boot/grub/grub.cfg (cd)/boot/grub\n");
    assert_true(evaluate(0));
    assert_string_equal(notes, "<>\n");
}

static void cat_shows_a_file(void **state)
{
    (void)state;
    file_text = "line\nline 2\n";
    assert_shows("cat /file; cat /nothing; echo $?", "line\nline 2\n1\n");
    assert_warning("/nothing: not found");
}

/* ---- Configs that boot without a menu ---------------------------------------------------------
 */

static void a_config_that_boots_without_a_menu_shows_its_texts_once(void **state)
{
    (void)state;
    read_text("echo a\nset gfxpayload=text\nmultiboot /k x\nset gfxpayload=keep\nmodule /m\nboot\n"
              "echo never\n");
    assert_string_equal(notes, "a\n");
    assert_int_equal(config.entry_count, 1);
    assert_true(evaluate(0));
    assert_string_equal(notes, "");
    assert_string_equal(boot.kernel.path, "/k");
    assert_string_equal(boot.kernel.arguments, "x");
    assert_string_equal(boot.gfxpayload, "keep");
    assert_int_equal(boot.module_count, 1);
    assert_true(evaluate(0));
    assert_string_equal(boot.modules[0].path, "/m");
}

static void a_broken_load_before_the_menu_is_a_warning(void **state)
{
    (void)state;
    read_text("module /m\nmultiboot k\nmenuentry a { multiboot /k }\n");
    assert_warning("a module before the kernel: the multiboot line comes first");
    assert_warning("the path 'k' does not begin with '/'");
    assert_true(evaluate(0));
    read_text("true\nmultiboot k\nboot\n");
    assert_false(evaluate(0));
    assert_string_equal(error.message, "g.cfg:2: the path 'k' does not begin with '/'");
}

static void what_whelk_cannot_do_is_told_apart_from_mistakes(void **state)
{
    (void)state;
    read_text("menuentry a { plan9 /9pc }\nmenuentry b { multiboot }\n"
              "menuentry c { cutmem 1 2; multiboot /k }\nplan9 /9pc\n");
    assert_warning("plan9 is not supported");
    assert_false(evaluate(0));
    assert_true(boot.names_no_kernel);
    assert_false(evaluate(1));
    assert_false(boot.names_no_kernel);
    assert_true(evaluate(2));
    assert_warning("cutmem is not supported: it has no effect");
}

static void fallback_names_the_entries_to_try_next(void **state)
{
    (void)state;
    read_text("menuentry a { true }\nmenuentry b --id x { true }\nmenuentry c { true }\n"
              "set fallback=' 2  x '\n");
    const struct config_overlay *overlay = config_overlay(&config, &error);
    assert_int_equal(overlay->find_fallback(&config, 0), 2);
    assert_int_equal(overlay->find_fallback(&config, 1), 1);
    assert_int_equal(overlay->find_fallback(&config, 2), 3);
    assert_int_equal(overlay->find_fallback(&config, 9), 3);
    read_text("menuentry a { true }\n");
    assert_int_equal(overlay->find_fallback(&config, 0), 1);
}

/* ---- Loops without an end ---------------------------------------------------------------------
 */

static void a_key_interrupts_a_loop(void **state)
{
    (void)state;
    key_pressed = true;
    assert_false(read_named("x=1\nwhile true; do x=2; done\n", "g.cfg"));
    assert_string_equal(error.message, "g.cfg:2: a loop was interrupted by a key");
}

static void a_loop_without_an_end_ends_by_itself(void **state)
{
    (void)state;
    static const char *const loops[] = {"while true; do true; done", "until false; do x=$x; done",
                                        "function f { f; }\nf",
                                        "x=aaaaaaaaaaaaaaaa\nwhile true; do x=$x$x; done",
                                        "while true; do for i in 1 2 3; do continue 2; done; done"};
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        assert_false(read_named(loops[i], "g.cfg"));
        assert_int_equal(strncmp(error.message, "g.cfg:", 6), 0);
    }
}

static void parts_of_loops_out_of_place_are_errors(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "while true; done",
        "while true; do true",
        "while true; do do true; done; done",
        "for x in a; fi",
        "if true; then done; fi",
        "while true; do fi; done",
        "case",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        assert_false(read_named(scripts[i], "g.cfg"));
        assert_non_null(strstr(error.message, "is missing or out of place"));
    }
    assert_false(read_named("for i a b; do true; done", "g.cfg"));
    assert_string_equal(error.message, "g.cfg:1: for needs a name, 'in' and words");
}

/* ---- GRUB Legacy ------------------------------------------------------------------------------
 */

static void a_menu_lst_of_grub_legacy_is_read(void **state)
{
    (void)state;
    assert_true(read_named("# a comment\r\ndefault 1\ntimeout=7\ncolor green/black\n\n"
                           "title  First 'one'\nroot (hd0,0)\n"
                           "kernel --type=multiboot (cd)/boot/k  a=1 \"b\" $c\n"
                           "module /boot/m x\nmodulenounzip /n\nboot\n\n"
                           "title=Second\nkernel = /boot/k2 b=c\nmodule=/m\n",
                           "/boot/grub/menu.lst"));
    assert_null(config.warnings);
    assert_int_equal(config.entry_count, 2);
    assert_string_equal(config.entries[0].title, "First 'one'");
    assert_int_equal(config.entries[0].line, 6);
    assert_int_equal(config_default(&config), 1);
    assert_int_equal(config_seconds_to_wait(&config), 7);
    assert_true(evaluate(0));
    assert_string_equal(boot.kernel.path, "/boot/k");
    assert_string_equal(boot.kernel.arguments, "(cd)/boot/k a=1 \\\"b\\\" $c");
    assert_int_equal(boot.kernel.line, 8);
    assert_int_equal(boot.module_count, 2);
    assert_string_equal(boot.modules[0].arguments, "/boot/m x");
    assert_true(boot.modules[1].keep_compressed);
    assert_true(evaluate(1));
    assert_string_equal(boot.kernel.arguments, "/boot/k2 b=c");
    assert_string_equal(boot.modules[0].arguments, "/m");
    assert_string_equal(config.entries[1].title, "Second");
}

static void what_cannot_be_done_for_a_menu_lst_is_told_with_its_line(void **state)
{
    (void)state;
    assert_true(read_named("default saved\ntitle a\nplan9 +1\ntitle b\nfrobnicate\n"
                           "kernel /k\ntitle c\nreboot\n",
                           "menu.lst"));
    assert_int_equal(config_default(&config), 0);
    assert_false(evaluate(0));
    assert_string_equal(error.message, "menu.lst:3: plan9 is not supported");
    assert_true(evaluate(1));
    assert_warning("unknown command 'frobnicate'");
    assert_true(evaluate(2));
    assert_int_equal(boot.action, CONFIG_ACTION_REBOOT);
}

static void an_empty_word_is_completed_within_the_text(void **state)
{
    (void)state;
    static const char text[] = {'x', '='}; /* without a NUL, for the sanitizer */
    assert_true(read_named("menuentry a { multiboot /k }", "grub.cfg"));
    struct config_completion completion;
    config_complete(&config, (struct bytes){(const uint8_t *)text, sizeof text}, &arena,
                    &completion);
    assert_string_equal(completion.rest, "");
    assert_null(completion.names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(echo_shows_the_word_of_a_block_without_its_end),
        TEST(an_entry_shows_its_text_when_it_is_evaluated),
        TEST(a_submenu_shows_nothing_while_its_entries_are_listed),
        TEST(sleep_says_how_long_and_whether_a_key_ends_it),
        TEST(read_sets_a_variable_to_what_is_typed),
        TEST(keystatus_tells_which_keys_are_held),
        TEST(cpuid_tells_whether_the_processor_has_64_bits),
        TEST(smbios_finds_structures_and_what_they_contain),
        TEST(cmostest_asks_for_a_bit),
        TEST(probe_tells_what_the_disc_is),
        TEST(what_grub_itself_puts_on_its_iso_counts_as_there),
        TEST(a_picture_needs_the_graphics_terminal),
        TEST(a_graphics_terminal_needs_a_video_driver),
        TEST(fonts_and_pictures_need_no_overlay_unless_their_result_matters),
        TEST(save_env_fails_as_it_does_from_a_cd),
        TEST(configfile_of_a_missing_file_is_passed_over),
        TEST(legacy_configs_are_read_by_their_commands),
        TEST(a_config_knows_its_own_name_while_it_is_read),
        TEST(a_graphics_terminal_has_the_modes_of_gfxmode),
        TEST(an_entry_sees_the_gfxmode_of_its_submenu),
        TEST(serial_takes_all_its_options),
        TEST(serial_refuses_values_that_make_no_sense),
        TEST(terminals_are_set_added_and_removed),
        TEST(search_finds_the_disc_or_nothing),
        TEST(search_sets_a_variable_to_the_disc),
        TEST(a_sourced_text_is_named_in_its_messages),
        TEST(two_files_may_have_the_same_warning_in_the_same_line),
        TEST(a_long_name_leaves_room_for_line_and_reason),
        TEST(files_name_the_config_that_asks_for_them),
        TEST(a_text_that_sources_itself_is_an_error),
        TEST(a_sourced_file_that_is_no_text_is_a_warning),
        TEST(configfile_replaces_the_config_by_another),
        TEST(cat_shows_a_file),
        TEST(a_config_that_boots_without_a_menu_shows_its_texts_once),
        TEST(a_broken_load_before_the_menu_is_a_warning),
        TEST(what_whelk_cannot_do_is_told_apart_from_mistakes),
        TEST(fallback_names_the_entries_to_try_next),
        TEST(a_key_interrupts_a_loop),
        TEST(a_loop_without_an_end_ends_by_itself),
        TEST(parts_of_loops_out_of_place_are_errors),
        TEST(a_menu_lst_of_grub_legacy_is_read),
        TEST(what_cannot_be_done_for_a_menu_lst_is_told_with_its_line),
        TEST(an_empty_word_is_completed_within_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
