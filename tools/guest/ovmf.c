// SPDX-License-Identifier: BSD-2-Clause
// See ovmf.h.
#include "tools/guest/ovmf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

struct build {
    const char *code, *variables;
    bool needs_smm;
};

// clang-format off
static const struct build builds_64[] = {
    {"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", false}, /* Debian */
    {"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd", false}, /* Ubuntu 18.04 */
    {"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd", false}, /* Fedora */
    /* Arch Linux */
    {"/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd", false},
    {"/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd", false},
    {0},
};
static const struct build builds_32[] = {
    {"/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF32_VARS_4M.fd", true},
    {"/usr/share/edk2/ovmf-ia32/OVMF_CODE.fd", "/usr/share/edk2/ovmf-ia32/OVMF_VARS.fd", false},
    {"/usr/share/edk2/ia32/OVMF_CODE.4m.fd", "/usr/share/edk2/ia32/OVMF_VARS.4m.fd", false},
    {"/usr/share/edk2-ovmf/ia32/OVMF_CODE.fd", "/usr/share/edk2-ovmf/ia32/OVMF_VARS.fd", false},
    {0},
};
// clang-format on

/* Copies a file to memory, which leaves nothing on the disk. Returns a descriptor; -1: failed. */
static int copy_of(const char *path)
{
    enum { COPY_BYTES = 1 << 20 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int copy = file < 0 ? -1 : memfd_create("variables", 0);
    ssize_t sent = copy >= 0 ? 1 : -1;
    while (sent > 0) {
        sent = sendfile(copy, file, NULL, COPY_BYTES);
    }
    int reason = errno;
    if (copy >= 0 && sent < 0) {
        close(copy);
        copy = -1;
    }
    if (file >= 0) {
        close(file);
    }
    errno = reason;
    return copy;
}

bool ovmf_open(struct ovmf *ovmf, bool is_32_bit, struct error *error)
{
    for (const struct build *at = is_32_bit ? builds_32 : builds_64; at->code != NULL; at++) {
        if (access(at->code, R_OK) == 0 && access(at->variables, R_OK) == 0) {
            *ovmf = (struct ovmf){at->code, at->variables, copy_of(at->variables), at->needs_smm};
            return ovmf->variables >= 0 ||
                   fail(error, "%s: cannot be copied: %s", at->variables, strerror(errno));
        }
    }
    return fail(error, is_32_bit
                           ? "no 32-bit UEFI firmware for QEMU; on Debian and Ubuntu: apt install "
                             "ovmf-ia32, on Fedora: dnf install edk2-ovmf-ia32"
                           : "no UEFI firmware for QEMU; on Debian and Ubuntu: apt install ovmf, "
                             "on Fedora and Arch: the package edk2-ovmf");
}

void ovmf_add(struct command *command, const struct ovmf *ovmf)
{
    if (ovmf->code != NULL) {
        command_add(command, "-drive");
        command_add(command, "if=pflash,unit=0,format=raw,readonly=on,file=%s", ovmf->code);
        command_add(command, "-drive");
        if (ovmf->variables >= 0) {
            command_add(command, "if=pflash,unit=1,format=raw,file=/dev/fd/%d", ovmf->variables);
        } else {
            command_add(command, "if=pflash,unit=1,format=raw,file=" OVMF_VARIABLES);
        }
    }
    if (ovmf->code != NULL && ovmf->needs_smm) {
        command_add(command, "-machine");
        command_add(command, "smm=on");
        command_add(command, "-global");
        command_add(command, "driver=cfi.pflash01,property=secure,value=on");
    }
}
