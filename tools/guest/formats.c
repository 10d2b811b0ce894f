// SPDX-License-Identifier: BSD-2-Clause
// See domain.h. xl.cfg(5); https://libvirt.org/formatdomain.html; qemu(1); KubeVirt's API v1. In
// every format the guest's devices let the firmware be quick: one disc to boot from, no graphics
// card, no ROM on the network card.
#include <ctype.h>
#include <limits.h>
#include <string.h>
#include "stage2/text/utf8.h"
#include "tools/guest/domain.h"
#include "tools/lib/markup.h"
#include "tools/lib/options.h"

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum {
    KUBERNETES_NAME_BYTES = 63, /* of a label's value */
};

void domain_name(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, size, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name) {
        *dot = '\0';
    }
    for (char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL) {
            *at = '-';
        }
    }
    if (name[strcspn(name, LETTERS_AND_DIGITS)] == '\0') {
        snprintf(name, size, "guest");
    } else if (name[0] == '-') {
        name[0] = '_'; /* else programs take it for an option */
    }
}

static bool is_made_of(const char *text, const char *characters)
{
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

/* True if a text has neither these characters nor control characters. */
static bool is_made_without(const char *text, const char *characters)
{
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text) || strchr(characters, *text) != NULL) {
            return false;
        }
    }
    return true;
}

bool domain_check(const struct domain *domain, struct error *error)
{
    const char *const texts[] = {domain->iso, domain->log, domain->image};
    if (!is_made_of(domain->name, LETTERS_AND_DIGITS "._-") || domain->name[0] == '-' ||
        domain->name[strcspn(domain->name, LETTERS_AND_DIGITS)] == '\0') {
        return fail(error,
                    "'%s': a guest's name has letters, digits, '.', '_' and '-', at least one "
                    "letter or digit, and no '-' at its start (--name)",
                    domain->name);
    }
    /* Open vSwitch's bridges are NAME.VLAN:TRUNK. */
    if (domain->bridge != NULL && (!is_made_of(domain->bridge, LETTERS_AND_DIGITS "._-:") ||
                                   strlen(domain->bridge) > DOMAIN_BRIDGE_BYTES)) {
        return fail(error,
                    "'%.100s': a bridge's name has letters, digits, '.', '_', '-' and ':', at "
                    "most %d (--bridge)",
                    domain->bridge, DOMAIN_BRIDGE_BYTES);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i] != NULL && strlen(texts[i]) >= PATH_MAX) {
            return fail(error, "%.100s…: the name is too long", texts[i]);
        }
        if (texts[i] != NULL && !is_made_without(texts[i], "\"'\\")) {
            return fail(error,
                        "%s: has quotes, backslashes or control characters, which the guest's "
                        "definition cannot hold; give it another name",
                        texts[i]);
        }
    }
    if (domain->append != NULL &&
        (strlen(domain->append) >= PATH_MAX || !is_made_without(domain->append, "\"\\"))) {
        return fail(error,
                    "%.100s: is too long, or has double quotes, backslashes or control characters, "
                    "which the guest's definition cannot hold (--append)",
                    domain->append);
    }
    return true;
}

/* True if a text is UTF-8 of characters that XML 1.0 has, and that end no line in YAML. */
static bool is_unicode_line(const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        const char *start = text;
        uint32_t character = utf8_take(&text, end);
        char again[4];
        size_t length = utf8_put(character, again);
        if (length != (size_t)(text - start) || memcmp(again, start, length) != 0 ||
            (character >= 0x7f && character <= 0x9f) || character == 0x2028 ||
            character == 0x2029 || (character >= 0xd800 && character <= 0xdfff) ||
            (character & 0xfffe) == 0xfffe) {
            return false;
        }
    }
    return true;
}

bool domain_check_unicode(const struct domain *domain, struct error *error)
{
    const char *const texts[] = {domain->iso, domain->log, domain->image, domain->append};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i] != NULL && !is_unicode_line(texts[i])) {
            return fail(error, "%s: is not a line of UTF-8, which this format needs", texts[i]);
        }
    }
    return true;
}

// ---- xl

static size_t key_length(const char *setting)
{
    return strcspn(setting, "= \t");
}

bool domain_set_memory(void *domain, const char *argument, struct error *error)
{
    return options_memory(argument, 1, DOMAIN_MEMORY_MAX_MIB,
                          &((struct domain *)domain)->memory_mib, error);
}

bool domain_set_cpus(void *domain, const char *argument, struct error *error)
{
    return options_number(argument, "processors", DOMAIN_CPUS_MAX, &((struct domain *)domain)->cpus,
                          error);
}

bool domain_set_type(void *domain, const char *argument, struct error *error)
{
    size_t index = 0;
    bool is_known = options_choice(argument, DOMAIN_TYPES, &index, error);
    ((struct domain *)domain)->pvh = index == 1;
    return is_known;
}

bool domain_names_image(const struct domain *domain)
{
    return domain->firmware != NULL && strchr(domain->firmware, '/') != NULL;
}

bool domain_check_firmware(const struct domain *domain, struct error *error)
{
    const char *firmware = domain->firmware;
    if (domain->append != NULL && !domain->pvh) {
        return fail(error, "--append is for --type pvh: another guest's ISO has the command lines");
    }
    if (firmware == NULL || domain_names_image(domain) || strcmp(firmware, "whelk") == 0) {
        return true;
    }
    if (strcmp(firmware, "bios") != 0) {
        return fail(error, "--firmware=%s: there are bios, whelk and paths (./FILE)", firmware);
    }
    return !domain->pvh || fail(error, "--type pvh and --firmware bios exclude each other");
}

bool domain_uses_image(const struct domain *domain, bool xen, enum firmware_file *file)
{
    bool bios = domain->firmware == NULL || strcmp(domain->firmware, "bios") == 0;
    *file = domain->pvh || xen ? FIRMWARE_FILE_ELF : FIRMWARE_FILE_ROM;
    return domain->pvh || !bios;
}

bool domain_add_setting(void *field, const char *setting, struct error *error)
{
    struct domain *domain = field;
    size_t length = key_length(setting);
    if (length == 0 || strspn(setting, LETTERS_AND_DIGITS "_") != length ||
        setting[length + strspn(setting + length, " \t")] != '=') {
        return fail(error, "is not KEY=VALUE");
    }
    if (strpbrk(setting, "\r\n") != NULL) {
        return fail(error, "has more than one line");
    }
    if (domain->setting_count == DOMAIN_SETTINGS_MAX) {
        return fail(error, "there are more than %d settings", DOMAIN_SETTINGS_MAX);
    }
    domain->settings[domain->setting_count++] = setting;
    return true;
}

/* True if a setting of the user has the key of this line. */
static bool is_set(const struct domain *domain, const char *line)
{
    for (size_t i = 0; i < domain->setting_count; i++) {
        size_t length = key_length(domain->settings[i]);
        if (length == key_length(line) && strncmp(domain->settings[i], line, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Writes "key = value", with value of up to three parts, unless a setting of the user has the key.
 */
static void put_line(const struct domain *domain, FILE *out, const char *key, const char *before,
                     const char *value, const char *after)
{
    if (!is_set(domain, key)) {
        fprintf(out, "%s = %s%s%s\n", key, before, value, after);
    }
}

static void put_number(const struct domain *domain, FILE *out, const char *key, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    put_line(domain, out, key, "", text, "");
}

/* Writes an HVM guest's firmware, disc and other devices. */
static void put_xl_hvm(const struct domain *domain, FILE *out)
{
    bool has_bridge = domain->bridge != NULL, has_log = domain->log != NULL;
    if (domain->image != NULL) {
        put_line(domain, out, "firmware_override", "\"", domain->image, "\"");
    }
    put_line(domain, out, "disk",
             "[ \"format=raw, vdev=hdc, access=ro, devtype=cdrom, target=", domain->iso, "\" ]");
    put_line(domain, out, "vif",
             has_bridge ? "[ \"type=ioemu, model=rtl8139, bridge="
                        : "[ \"type=ioemu, model=rtl8139",
             has_bridge ? domain->bridge : "", "\" ]");
    put_line(domain, out, "serial", has_log ? "\"file:" : "\"pty", has_log ? domain->log : "",
             "\"");
    put_line(domain, out, "boot", "\"d\"", "", ""); /* the firmware looks at nothing else */
    put_line(domain, out, "device_model_args_hvm", "[ \"-global\", \"rtl8139.romfile=\" ]", "",
             ""); /* no network boot */
    put_line(domain, out, "vga", "\"none\"", "", "");
    put_line(domain, out, "vnc", "0", "", "");
    put_line(domain, out, "usb", "0", "", "");
}

/* Writes what a PVH guest boots: it has no device model. */
static void put_xl_pvh(const struct domain *domain, FILE *out)
{
    put_line(domain, out, "kernel", "\"", domain->image, "\"");
    put_line(domain, out, "ramdisk", "\"", domain->iso, "\"");
    if (domain->append != NULL) {
        put_line(domain, out, "cmdline", "\"", domain->append, "\"");
    }
    if (domain->bridge != NULL) {
        put_line(domain, out, "vif", "[ \"bridge=", domain->bridge, "\" ]");
    }
}

void domain_write_xl(const struct domain *domain, FILE *out)
{
    static const char *const ends[] = {"on_poweroff", "on_reboot", "on_crash"};
    fprintf(out, "# A guest that boots an ISO with Whelk. Now: xl create %sFILE\n",
            domain->log == NULL ? "-c " : "");
    put_line(domain, out, "type", domain->pvh ? "\"pvh\"" : "\"hvm\"", "", "");
    put_line(domain, out, "name", "\"", domain->name, "\"");
    put_number(domain, out, "memory", domain->memory_mib);
    put_number(domain, out, "vcpus", domain->cpus);
    if (domain->pvh) {
        put_xl_pvh(domain, out);
    } else {
        put_xl_hvm(domain, out);
    }
    put_line(domain, out, "tsc_mode", "\"native\"", "", "");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        put_line(domain, out, ends[i], "\"destroy\"", "", "");
    }
    for (size_t i = 0; i < domain->setting_count; i++) {
        fprintf(out, "%s\n", domain->settings[i]);
    }
}

// ---- libvirt

static void put_element(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    markup_text(text, out);
    fputs(after, out);
}

static void put_libvirt_disc(const struct domain *domain, FILE *out)
{
    put_element(out,
                "    <disk type='file' device='cdrom'>\n"
                "      <driver name='qemu' type='raw'/>\n"
                "      <source file='",
                domain->iso,
                "'/>\n"
                "      <target dev='hdc' bus='ide'/>\n"
                "      <readonly/>\n"
                "    </disk>\n");
}

/* A PVH guest of Xen has a paravirtual card, others have a Realtek 8139. */
static void put_libvirt_network(const struct domain *domain, FILE *out)
{
    put_element(out, "    <interface type='bridge'>\n      <source bridge='", domain->bridge,
                "'/>\n");
    if (!domain->xen || !domain->pvh) {
        fputs("      <model type='rtl8139'/>\n", out);
    }
    fputs(domain->xen ? "" : "      <rom enabled='no'/>\n", out);
    fputs("    </interface>\n", out);
}

static void put_libvirt_kvm_devices(const struct domain *domain, FILE *out)
{
    fputs("    <serial type='pty'>\n"
          "      <target port='0'/>\n",
          out);
    if (domain->log != NULL) {
        put_element(out, "      <log file='", domain->log, "' append='off'/>\n");
    }
    fputs("    </serial>\n"
          "    <console type='pty'>\n"
          "      <target type='serial' port='0'/>\n"
          "    </console>\n"
          "    <video>\n"
          "      <model type='none'/>\n"
          "    </video>\n"
          "    <memballoon model='none'/>\n",
          out);
}

/* The driver for Xen refuses a video card 'none' and a missing balloon. It adds no card itself. */
static void put_libvirt_xen_devices(const struct domain *domain, FILE *out)
{
    if (domain->log != NULL) {
        put_element(out, "    <serial type='file'>\n      <source path='", domain->log, "'/>\n");
    } else {
        fputs("    <serial type='pty'>\n", out);
    }
    fputs("      <target port='0'/>\n"
          "    </serial>\n",
          out);
}

/* A PVH guest of Xen has a console and no serial port. */
static const char libvirt_xen_console[] = "    <console type='pty'>\n"
                                          "      <target type='xen' port='0'/>\n"
                                          "    </console>\n";

static const char libvirt_xen_clock[] = "  <clock offset='utc'>\n"
                                        "    <timer name='tsc' mode='native'/>\n"
                                        "  </clock>\n";

/* Writes the type of the guest, and what it boots. */
static void put_libvirt_os(const struct domain *domain, FILE *out)
{
    static const char *const types[2][2] = {
        {"machine='pc'>hvm", "machine='pc'>hvm"},
        {"machine='xenfv'>hvm", "machine='xenpvh'>xenpvh"},
    };
    fprintf(out, "  <os>\n    <type arch='x86_64' %s</type>\n", types[domain->xen][domain->pvh]);
    if (domain->pvh) {
        put_element(out, "    <kernel>", domain->image, "</kernel>\n");
        put_element(out, "    <initrd>", domain->iso, "</initrd>\n");
        if (domain->append != NULL) {
            put_element(out, "    <cmdline>", domain->append, "</cmdline>\n");
        }
    } else {
        if (domain->image != NULL) {
            put_element(out, "    <loader type='rom'>", domain->image, "</loader>\n");
        }
        fputs("    <boot dev='cdrom'/>\n", out);
        fputs(domain->xen ? "" : "    <bootmenu enable='no'/>\n", out);
    }
    fputs("  </os>\n", out);
}

/* The driver for Xen does not read <rom>. */
static const char libvirt_xen_no_rom[] =
    "  <commandline xmlns='http://libvirt.org/schemas/domain/xen/1.0'>\n"
    "    <arg value='-global'/>\n"
    "    <arg value='rtl8139.romfile='/>\n"
    "  </commandline>\n";

static void put_libvirt_devices(const struct domain *domain, FILE *out)
{
    fputs("  <devices>\n", out);
    if (!domain->pvh) {
        put_libvirt_disc(domain, out);
    }
    if (domain->bridge != NULL) {
        put_libvirt_network(domain, out);
    }
    if (!domain->xen) {
        put_libvirt_kvm_devices(domain, out);
    } else if (domain->pvh) {
        fputs(libvirt_xen_console, out);
    } else {
        put_libvirt_xen_devices(domain, out);
    }
    fputs("  </devices>\n", out);
}

void domain_write_libvirt(const struct domain *domain, FILE *out)
{
    fprintf(
        out,
        "<!-- A guest that boots an ISO with Whelk. Now: virsh create FILE; then, for its serial\n"
        "     port or console: virsh console NAME -->\n"
        "<domain type='%s'>\n"
        "  <name>%s</name>\n"
        "  <memory unit='MiB'>%u</memory>\n"
        "  <vcpu>%u</vcpu>\n",
        domain->xen ? "xen" : "kvm", domain->name, domain->memory_mib, domain->cpus);
    put_libvirt_os(domain, out);
    if (domain->xen) {
        fputs(libvirt_xen_clock, out);
    } else {
        fprintf(out,
                "  <cpu mode='host-passthrough'>\n"
                "    <topology sockets='%u' cores='1' threads='1'/>\n"
                "  </cpu>\n",
                domain->cpus);
    }
    if (!domain->xen || !domain->pvh) {
        fputs("  <features>\n"
              "    <acpi/>\n"
              "    <apic/>\n"
              "  </features>\n",
              out);
    }
    fputs("  <on_poweroff>destroy</on_poweroff>\n"
          "  <on_reboot>destroy</on_reboot>\n"
          "  <on_crash>destroy</on_crash>\n",
          out);
    put_libvirt_devices(domain, out);
    if (domain->xen && !domain->pvh && domain->bridge != NULL) {
        fputs(libvirt_xen_no_rom, out);
    }
    fputs("</domain>\n", out);
}

// ---- QEMU, for a shell

/* Writes a path for -drive or -chardev, which take a comma twice. */
static void put_qemu_path(FILE *out, const char *path)
{
    for (; *path != '\0'; path++) {
        fputs(*path == ',' ? ",," : (const char[]){*path, '\0'}, out);
    }
}

void domain_write_qemu(const struct domain *domain, FILE *out)
{
    fprintf(out,
            "qemu-system-x86_64 -name %s -machine pc -accel kvm -accel tcg -nodefaults \\\n"
            "    -m %u -smp %u,sockets=%u -boot order=d,menu=off,strict=on -no-reboot \\\n"
            "    -display none -vga none \\\n",
            domain->name, domain->memory_mib, domain->cpus, domain->cpus);
    if (domain->pvh) {
        fprintf(out, "    -kernel '%s' -initrd '%s' \\\n", domain->image, domain->iso);
        if (domain->append != NULL) {
            fputs("    -append '", out);
            for (const char *at = domain->append; *at != '\0'; at++) {
                fputs(*at == '\'' ? "'\\''" : (const char[]){*at, '\0'}, out);
            }
            fputs("' \\\n", out);
        }
    } else {
        if (domain->image != NULL) {
            fprintf(out, "    -bios '%s' \\\n", domain->image);
        }
        fputs("    -drive 'if=ide,index=2,media=cdrom,format=raw,readonly=on,file=", out);
        put_qemu_path(out, domain->iso);
        fputs("' \\\n", out);
    }
    if (domain->bridge != NULL) {
        fprintf(out, "    -netdev 'bridge,id=net,br=%s' -device rtl8139,netdev=net,romfile= \\\n",
                domain->bridge);
    }
    if (domain->log != NULL) {
        fputs("    -chardev 'file,id=serial,path=", out);
        put_qemu_path(out, domain->log);
        fputs("' -serial chardev:serial\n", out);
    } else {
        fputs("    -serial mon:stdio\n", out);
    }
}

// ---- KubeVirt

/* Makes a name that Kubernetes takes (RFC 1123, 2.1): labels of small letters, digits and '-' with
   '.' between them, each with a letter or digit at both ends; short enough for a label's value. */
static void kubernetes_name(const char *text, char name[KUBERNETES_NAME_BYTES + 1])
{
    size_t length = 0;
    for (; *text != '\0' && length < KUBERNETES_NAME_BYTES; text++) {
        char character = *text == '_' ? '-' : (char)tolower((unsigned char)*text);
        while (character == '.' && length > 0 && name[length - 1] == '-') {
            length--;
        }
        bool starts_label = length == 0 || name[length - 1] == '.';
        if (isalnum((unsigned char)character) || !starts_label) {
            name[length++] = character;
        }
    }
    while (length > 0 && !isalnum((unsigned char)name[length - 1])) {
        length--;
    }
    name[length] = '\0';
}

void domain_write_kubevirt(const struct domain *domain, FILE *out)
{
    char name[KUBERNETES_NAME_BYTES + 1];
    kubernetes_name(domain->name, name);
    fprintf(out,
            "# First, once: virtctl image-upload pvc %s --size=1Gi --image-path='%s'\n"
            "# Then: kubectl create -f FILE\n"
            "apiVersion: kubevirt.io/v1\n"
            "kind: VirtualMachine\n"
            "metadata:\n"
            "  name: \"%s\"\n" /* without quotes YAML reads 123 as a number */
            "spec:\n"
            "  runStrategy: RerunOnFailure\n"
            "  template:\n"
            "    metadata:\n"
            "      labels:\n"
            "        kubevirt.io/vm: \"%s\"\n"
            "    spec:\n"
            "      domain:\n"
            "        cpu:\n"
            "          sockets: %u\n"
            "          cores: 1\n"
            "          threads: 1\n"
            "        memory:\n"
            "          guest: %uMi\n"
            "        devices:\n"
            "          autoattachGraphicsDevice: false\n"
            "          autoattachMemBalloon: false\n"
            "          autoattachPodInterface: %s\n"
            "          autoattachSerialConsole: true\n"
            "          disks:\n"
            "            - name: boot\n"
            "              bootOrder: 1\n"
            "              cdrom:\n"
            "                bus: sata\n"
            "                readonly: true\n"
            "      volumes:\n"
            "        - name: boot\n"
            "          persistentVolumeClaim:\n"
            "            claimName: \"%s\"\n",
            name, domain->iso, name, name, domain->cpus, domain->memory_mib,
            domain->bridge != NULL ? "true" : "false", name);
}
