// SPDX-License-Identifier: BSD-2-Clause
// See debugger.h.
#include "tools/guest/debugger.h"

#include <arpa/inet.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool debugger_read(struct debugger *debugger, const char *symbols, struct error *error)
{
    Elf32_Ehdr header; /* up to e_machine as in Elf64_Ehdr */
    *debugger = (struct debugger){.symbols = symbols, .listener = -1};
    int file = open(symbols, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return fail(error, "%s: %s", symbols, strerror(errno));
    }
    bool is_elf = read(file, &header, sizeof header) == (ssize_t)sizeof header &&
                  memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                  (header.e_machine == EM_386 || header.e_machine == EM_X86_64);
    close(file);
    debugger->is_32_bit = is_elf && header.e_machine == EM_386;
    return is_elf ||
           fail(error, "%s: is no ELF file for x86, which --gdb takes symbols from", symbols);
}

bool debugger_add(struct debugger *debugger, struct command *command, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}; /* any port */
    socklen_t length = sizeof address;
    debugger->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (debugger->listener < 0 ||
        bind(debugger->listener, (const struct sockaddr *)&address, length) != 0 ||
        listen(debugger->listener, 1) != 0 ||
        getsockname(debugger->listener, (struct sockaddr *)&address, &length) != 0) {
        return fail(error, "cannot make a socket for gdb: %s", strerror(errno));
    }
    debugger->port = ntohs(address.sin_port);
    command_add(command, "-chardev");
    command_add(command, "socket,id=gdb,server=on,wait=off,fd=%d", debugger->listener);
    command_add(command, "-gdb");
    command_add(command, "chardev:gdb");
    command_add(command, "-S");
    return true;
}

void debugger_command(const struct debugger *debugger, bool is_32_bit_qemu, struct command *command)
{
    command_add(command, "gdb");
    command_add(command, "-q");
    if (debugger->is_32_bit && !is_32_bit_qemu) { /* the registers that this QEMU has */
        command_add(command, "-ex");
        command_add(command, "set architecture i386:x86-64");
    }
    command_add(command, "-ex");
    command_add(command, "target remote 127.0.0.1:%u", debugger->port);
    command_add(command, "%s", debugger->symbols);
}

pid_t debugger_start(struct debugger *debugger, const struct command *command, struct error *error)
{
    close(debugger->listener); /* QEMU has it now */
    debugger->listener = -1;
    pid_t gdb = command_start(
        command,
        &(const struct start){.input = STREAM_OURS, .output = STREAM_OURS, .errors = STREAM_OURS});
    if (gdb < 0) {
        fail(error, "gdb: %s%s", strerror(errno),
             errno == ENOENT ? "; on Debian and Ubuntu: apt install gdb" : "");
        return -1;
    }
    signal(SIGINT, SIG_IGN);
    return gdb;
}

void debugger_close(struct debugger *debugger)
{
    if (debugger->listener >= 0) {
        close(debugger->listener);
    }
    debugger->listener = -1;
}
