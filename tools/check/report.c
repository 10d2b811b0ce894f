// SPDX-License-Identifier: BSD-2-Clause
// See check/report.h: the text. What concerns a line of a config begins with file and line number.
#include "tools/check/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "tools/lib/say.h"

void check_position(const struct config_entry *entry, char text[POSITION_BYTES])
{
    size_t start = POSITION_BYTES - 1;
    text[start] = '\0';
    /* From the innermost outwards. */
    for (; start > 0; entry = &entry->menu->self) {
        char number[16];
        int length = snprintf(number, sizeof number, "%u%s", entry->position,
                              text[start] != '\0' ? ">" : "");
        if ((size_t)length > start) {
            break;
        }
        start -= (size_t)length;
        memcpy(text + start, number, (size_t)length);
        if (entry->menu->self.title == NULL) {
            break;
        }
    }
    memmove(text, text + start, POSITION_BYTES - start);
}

void check_video(const struct checked_entry *entry, char text[VIDEO_BYTES])
{
    const struct video_request *request = &entry->video;
    struct video_preference preferences[VIDEO_PREFERENCES];
    size_t count = 0;
    if (request->is_made && request->gfxpayload != NULL) {
        count = video_read_preferences(request->gfxpayload, entry->kept, preferences);
    } else if (request->is_preferred) {
        count = video_preferences(request->width, request->height, request->depth, preferences);
    }
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct video_preference *wanted = &preferences[i];
        char mode[48];
        if (wanted->width == 0) {
            strcpy(mode, "auto");
        } else {
            size_t end =
                (size_t)snprintf(mode, sizeof mode, "%ux%u", wanted->width, wanted->height);
            snprintf(mode + end, sizeof mode - end, wanted->depth != 0 ? "x%u" : "", wanted->depth);
        }
        length +=
            (size_t)snprintf(text + length, VIDEO_BYTES - length, "%s%s", i > 0 ? "," : "", mode);
    }
}

const char *check_kernel_command(enum config_protocol protocol)
{
    static const char *const commands[] = {
        [CONFIG_MULTIBOOT1] = "multiboot",
        [CONFIG_MULTIBOOT2] = "multiboot2",
        [CONFIG_PVH] = "pvh",
        [CONFIG_LINUX16] = "linux16",
        [CONFIG_LINUX] = "linux",
        [CONFIG_CHAINLOADER] = "chainloader",
    };
    return commands[protocol];
}

const char *check_module_command(enum config_protocol protocol)
{
    static const char *const commands[] = {
        [CONFIG_MULTIBOOT1] = "module", [CONFIG_MULTIBOOT2] = "module2", [CONFIG_PVH] = "module",
        [CONFIG_LINUX16] = "initrd16",  [CONFIG_LINUX] = "initrd",
    };
    return commands[protocol];
}

void check_report_pieces(const struct checked_piece *pieces, size_t count,
                         enum config_protocol protocol, uint32_t mib, uint32_t entry)
{
    static const char *const names[] = {
        [CONFIG_MULTIBOOT1] = "Multiboot 1",
        [CONFIG_MULTIBOOT2] = "Multiboot 2",
        [CONFIG_PVH] = "PVH",
        [CONFIG_LINUX16] = "Linux's 16-bit boot protocol",
        [CONFIG_LINUX] = "Linux's boot protocol",
    };
    printf("By %s in %u MiB of memory, entered at 0x%x:\n", names[protocol], mib, entry);
    for (size_t i = 0; i < count; i++) {
        const struct checked_piece *piece = &pieces[i];
        printf("  0x%08x to 0x%08" PRIx64 "  %s%s%s\n", piece->start, piece->end, piece->name,
               piece->path != NULL ? ": " : "", piece->path != NULL ? piece->path : "");
    }
}

static void report_file(const char *command, const struct config_file *file)
{
    printf("%s%s %s%s%s\n", command, file->keep_compressed ? " --nounzip" : "", file->path,
           file->arguments[0] != '\0' ? " " : "", file->arguments);
}

static void report_linux(const struct config_boot *boot)
{
    printf("%s %s\nCommand line: %s\n", check_kernel_command(boot->protocol), boot->kernel.path,
           boot->kernel.arguments);
    for (size_t i = 0; i < boot->module_count; i++) {
        const char *name = boot->modules[i].arguments; /* in an archive */
        printf(name[0] != '\0' ? "%s newc:%s:%s\n" : "%s %s%s\n",
               check_module_command(boot->protocol), name, boot->modules[i].path);
    }
}

static void report_files(const struct config_boot *boot)
{
    report_file(check_kernel_command(boot->protocol), &boot->kernel);
    for (size_t i = 0; i < boot->module_count; i++) {
        report_file(check_module_command(boot->protocol), &boot->modules[i]);
    }
}

static void report_boot(const struct check *check, const struct checked_entry *entry)
{
    const struct config_boot *boot = &entry->boot;
    char video[VIDEO_BYTES];
    if (boot->protocol == CONFIG_LINUX || boot->protocol == CONFIG_LINUX16) {
        report_linux(boot);
    } else {
        report_files(boot);
    }
    if (entry->piece_count > 0) {
        check_video(entry, video);
        printf("Video: %s\n", video[0] != '\0' ? video : "text");
        check_report_pieces(entry->pieces, entry->piece_count, entry->protocol, check->machine.mib,
                            entry->address);
    } else if (boot->gfxpayload != NULL) {
        printf("Video: %s\n", boot->gfxpayload);
    }
}

static void report_entry(const struct check *check, const struct checked *checked, size_t index)
{
    static const char *const actions[] = {
        [CONFIG_ACTION_REBOOT] = "Reboots",
        [CONFIG_ACTION_HALT] = "Switches the machine off",
        [CONFIG_ACTION_EXIT] = "Leaves to the firmware's next boot device",
        [CONFIG_ACTION_SETUP] = "Opens the firmware's setup",
    };
    const struct config_entry *item = &checked->config.entries[index];
    const struct checked_entry *entry = &checked->entries[index];
    char position[POSITION_BYTES];
    check_position(item, position);
    printf("\n%s:%u: entry %s \"%s\"%s\n", item->body.name, item->line, position, item->title,
           index == checked->first ? ", the default" : "");
    if (entry->reason != NULL) {
        say_coloured(stdout, SAY_ERROR, "Does not boot:");
        printf(" %s\n", entry->reason);
    } else if (entry->boot.action == CONFIG_ACTION_BOOT) {
        report_boot(check, entry);
    } else if (entry->boot.action == CONFIG_ACTION_CONFIG) {
        printf("Goes on with %s\n", entry->boot.kernel.path);
    } else {
        printf("%s\n", actions[entry->boot.action]);
    }
}

static void report_config(const struct check *check, const struct checked *checked)
{
    const struct config *config = &checked->config;
    size_t count = checked->entries != NULL ? config->entry_count : 0;
    bool is_set = false;
    if (count > 0) {
        int timeout = config_timeout(config, &is_set);
        printf("%s: %zu entr%s", checked->name, count, count == 1 ? "y" : "ies");
        printf(is_set && timeout >= 0 ? ", timeout %d s" : "", timeout);
        puts(config_seconds_to_wait(config) < 0 ? ", no timeout: the menu waits for a key" : "");
    }
    for (size_t i = 0; i < count; i++) {
        report_entry(check, checked, i);
    }
    for (const struct config_warning *warning = config->warnings; warning != NULL;
         warning = warning->next) {
        printf("%s%s:%u: ", warning == config->warnings ? "\n" : "", warning->name, warning->line);
        say_coloured(stdout, SAY_WARNING, "warning:");
        printf(" %s\n", warning->text);
    }
    printf(checked->next != NULL ? "\n" : "");
}

void check_report_text(const struct check *check)
{
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        report_config(check, checked);
    }
}

void check_report_add(struct check_report *report, const struct check *check, const char *failure)
{
    static const char *const names[] = {
        [CHECK_UEFI_64] = "UEFI (grub_platform=efi)",
        [CHECK_UEFI_32] = "32-bit UEFI (grub_platform=efi, grub_cpu=i386)",
    };
    static const char *const keys[] = {[CHECK_UEFI_64] = "uefi", [CHECK_UEFI_32] = "uefi_32"};
    enum check_firmware firmware = check->machine.firmware;
    if (report->is_json) {
        printf(report->count == 0 ? "{" : ",\n \"%s\": {", keys[firmware]);
        check_report_json(check, failure);
        fputs(report->count == 0 ? "" : "}", stdout);
    } else {
        if (report->count > 0) {
            printf("\nWith %s it is different:\n", names[firmware]);
        }
        check_report_text(check);
    }
    report->count++;
    fflush(stdout); /* before what is said on standard error */
}

void check_report_end(const struct check_report *report)
{
    fputs(report->is_json ? "}\n" : "", stdout);
    fflush(stdout);
}
