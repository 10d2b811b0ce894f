// SPDX-License-Identifier: BSD-2-Clause
// See check/report.h: JSON (RFC 8259).
#include "tools/check/report.h"

#include <inttypes.h>
#include <stdio.h>
#include "tools/lib/json.h"

static void put_file(const char *command, const struct config_file *file)
{
    printf("{\"command\": \"%s\"", command);
    json_text(", ", "path", file->path, stdout);
    json_text(", ", "arguments", file->arguments, stdout);
    json_text(", ", "file", file->config, stdout);
    printf(", \"line\": %u, \"nounzip\": %s}", file->line,
           file->keep_compressed ? "true" : "false");
}

static void put_pieces(const struct check *check, const struct checked_entry *entry)
{
    char video[VIDEO_BYTES];
    check_video(entry, video);
    json_text(",\n     ", "video", video[0] != '\0' ? video : "text", stdout);
    json_text(", ", "started_as_by", check_kernel_command(entry->protocol), stdout);
    printf(", \"memory_mib\": %u, \"entry_address\": %u, \"pieces\": [", check->machine.mib,
           entry->address);
    for (size_t i = 0; i < entry->piece_count; i++) {
        const struct checked_piece *piece = &entry->pieces[i];
        printf("%s\n      {\"start\": %u, \"end\": %" PRIu64, i > 0 ? "," : "", piece->start,
               piece->end);
        json_text(", ", "name", piece->name, stdout);
        json_text(", ", "path", piece->path, stdout);
        putchar('}');
    }
    putchar(']');
}

static void put_boot(const struct check *check, const struct checked_entry *entry)
{
    const struct config_boot *boot = &entry->boot;
    fputs(",\n     \"kernel\": ", stdout);
    put_file(check_kernel_command(boot->protocol), &boot->kernel);
    fputs(",\n     \"modules\": [", stdout);
    for (size_t i = 0; i < boot->module_count; i++) {
        fputs(i > 0 ? ",\n      " : "\n      ", stdout);
        put_file(check_module_command(boot->protocol), &boot->modules[i]);
    }
    putchar(']');
    json_text(",\n     ", "gfxpayload", boot->gfxpayload, stdout);
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
    json_text(index > 0 ? ",\n    {" : "\n    {", "position", position, stdout);
    json_text(", ", "title", item->title, stdout);
    json_text(", ", "id", item->id, stdout);
    json_text(", ", "file", item->body.name, stdout);
    printf(", \"line\": %u, \"default\": %s", item->line,
           index == checked->first ? "true" : "false");
    json_text(",\n     ", "action", entry->reason == NULL ? actions[entry->boot.action] : NULL,
              stdout);
    json_text(", ", "error", entry->reason, stdout);
    if (entry->reason == NULL && entry->boot.action == CONFIG_ACTION_BOOT) {
        put_boot(check, entry);
    } else if (entry->reason == NULL && entry->boot.action == CONFIG_ACTION_CONFIG) {
        json_text(", ", "config", entry->boot.kernel.path, stdout);
    }
    putchar('}');
}

static void put_config(const struct check *check, const struct checked *checked)
{
    const struct config *config = &checked->config;
    bool is_set = false;
    int timeout = checked->entries != NULL ? config_timeout(config, &is_set) : 0;
    json_text("\n  {", "file", checked->name, stdout);
    printf(is_set && timeout >= 0 ? ", \"timeout\": %d" : ", \"timeout\": null", timeout);
    fputs(",\n   \"entries\": [", stdout);
    for (size_t i = 0; checked->entries != NULL && i < config->entry_count; i++) {
        put_entry(check, checked, i);
    }
    fputs("],\n   \"warnings\": [", stdout);
    for (const struct config_warning *warning = config->warnings; warning != NULL;
         warning = warning->next) {
        json_text(warning == config->warnings ? "\n    {" : ",\n    {", "file", warning->name,
                  stdout);
        printf(", \"line\": %u", warning->line);
        json_text(", ", "text", warning->text, stdout);
        putchar('}');
    }
    fputs("]}", stdout);
}

void check_report_json(const struct check *check, const char *failure)
{
    json_text("", "error", failure, stdout);
    fputs(",\n \"configs\": [", stdout);
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        put_config(check, checked);
        fputs(checked->next != NULL ? "," : "", stdout);
    }
    putchar(']');
}
