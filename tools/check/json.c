// SPDX-License-Identifier: BSD-2-Clause
// See check/report.h: JSON (RFC 8259).
#include "tools/check/report.h"

#include <inttypes.h>
#include <stdio.h>

/* How many bytes of UTF-8 (RFC 3629, 4) the character at text has; 0: it is none. */
static size_t character_bytes(const unsigned char *text)
{
    static const struct {
        uint8_t lead_low, lead_high, next_low, next_high, bytes;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (*text < forms[i].lead_low || *text > forms[i].lead_high) {
            continue;
        }
        size_t bytes = 1;
        for (; bytes < forms[i].bytes; bytes++) {
            bool is_second = bytes == 1;
            if (text[bytes] < (is_second ? forms[i].next_low : 0x80) ||
                text[bytes] > (is_second ? forms[i].next_high : 0xbf)) {
                return 0;
            }
        }
        return bytes;
    }
    return 0;
}

/* What is no UTF-8 becomes U+FFFD. */
static void put_string(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    putchar('"');
    while (*at != '\0') {
        size_t bytes = character_bytes(at);
        if (bytes == 0) {
            fputs("\\ufffd", stdout);
            bytes = 1;
        } else if (*at < ' ' || *at == 0x7f) {
            printf("\\u%04x", *at);
        } else {
            printf("%s%.*s", *at == '"' || *at == '\\' ? "\\" : "", (int)bytes, (const char *)at);
        }
        at += bytes;
    }
    putchar('"');
}

/* A member of an object; the first has no comma before it. A text that is NULL is null. */
static void put_text(const char *separator, const char *name, const char *text)
{
    printf("%s\"%s\": ", separator, name);
    if (text != NULL) {
        put_string(text);
    } else {
        fputs("null", stdout);
    }
}

static void put_file(const char *command, int version, const struct config_file *file)
{
    printf("{\"command\": \"%s%s\"", command, version == CONFIG_MULTIBOOT2 ? "2" : "");
    put_text(", ", "path", file->path);
    put_text(", ", "arguments", file->arguments);
    put_text(", ", "file", file->config);
    printf(", \"line\": %u, \"nounzip\": %s}", file->line,
           file->keep_compressed ? "true" : "false");
}

static void put_pieces(const struct check *check, const struct checked_entry *entry)
{
    char video[VIDEO_BYTES];
    check_video(entry, video);
    put_text(",\n     ", "video", video[0] != '\0' ? video : "text");
    printf(", \"memory_mib\": %u, \"entry_address\": %u, \"pieces\": [", check->mib,
           entry->address);
    for (size_t i = 0; i < entry->piece_count; i++) {
        const struct checked_piece *piece = &entry->pieces[i];
        printf("%s\n      {\"start\": %u, \"end\": %" PRIu64, i > 0 ? "," : "", piece->start,
               piece->end);
        put_text(", ", "name", piece->name);
        put_text(", ", "path", piece->path);
        putchar('}');
    }
    putchar(']');
}

static void put_boot(const struct check *check, const struct checked_entry *entry)
{
    const struct config_boot *boot = &entry->boot;
    fputs(",\n     \"kernel\": ", stdout);
    put_file("multiboot", boot->protocol, &boot->kernel);
    fputs(",\n     \"modules\": [", stdout);
    for (size_t i = 0; i < boot->module_count; i++) {
        fputs(i > 0 ? ",\n      " : "\n      ", stdout);
        put_file("module", boot->protocol, &boot->modules[i]);
    }
    putchar(']');
    put_text(",\n     ", "gfxpayload", boot->gfxpayload);
    if (entry->piece_count > 0) {
        put_pieces(check, entry);
    }
}

static void put_entry(const struct check *check, const struct checked *checked, size_t index)
{
    static const char *const actions[] = {
        [CONFIG_ACTION_BOOT] = "boot",     [CONFIG_ACTION_REBOOT] = "reboot",
        [CONFIG_ACTION_HALT] = "halt",     [CONFIG_ACTION_EXIT] = "exit",
        [CONFIG_ACTION_SETUP] = "fwsetup", [CONFIG_ACTION_CONFIG] = "configfile",
    };
    const struct config_entry *item = &checked->config.entries[index];
    const struct checked_entry *entry = &checked->entries[index];
    char position[POSITION_BYTES];
    check_position(item, position);
    put_text(index > 0 ? ",\n    {" : "\n    {", "position", position);
    put_text(", ", "title", item->title);
    put_text(", ", "id", item->id);
    put_text(", ", "file", item->body.name);
    printf(", \"line\": %u, \"default\": %s", item->line,
           index == checked->first ? "true" : "false");
    put_text(",\n     ", "action", entry->reason == NULL ? actions[entry->boot.action] : NULL);
    put_text(", ", "error", entry->reason);
    if (entry->reason == NULL && entry->boot.action == CONFIG_ACTION_BOOT) {
        put_boot(check, entry);
    } else if (entry->reason == NULL && entry->boot.action == CONFIG_ACTION_CONFIG) {
        put_text(", ", "config", entry->boot.kernel.path);
    }
    putchar('}');
}

static void put_config(const struct check *check, const struct checked *checked)
{
    const struct config *config = &checked->config;
    bool is_set = false;
    int timeout = checked->entries != NULL ? config_timeout(config, &is_set) : 0;
    put_text("\n  {", "file", checked->name);
    printf(is_set && timeout >= 0 ? ", \"timeout\": %d" : ", \"timeout\": null", timeout);
    fputs(",\n   \"entries\": [", stdout);
    for (size_t i = 0; checked->entries != NULL && i < config->entry_count; i++) {
        put_entry(check, checked, i);
    }
    fputs("],\n   \"warnings\": [", stdout);
    for (const struct config_warning *warning = config->warnings; warning != NULL;
         warning = warning->next) {
        put_text(warning == config->warnings ? "\n    {" : ",\n    {", "file", warning->name);
        printf(", \"line\": %u", warning->line);
        put_text(", ", "text", warning->text);
        putchar('}');
    }
    fputs("]}", stdout);
}

void check_report_json(const struct check *check, const char *failure)
{
    put_text("{", "error", failure);
    fputs(",\n \"configs\": [", stdout);
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        put_config(check, checked);
        fputs(checked->next != NULL ? "," : "", stdout);
    }
    puts("]}");
    fflush(stdout);
}
