// SPDX-License-Identifier: BSD-2-Clause
// See bench/gdb.h. A packet is $text#checksum; '+' says that it has arrived. While the machine
// runs, nothing may be sent: QEMU would stop it.
#include "tools/bench/gdb.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PACKET_BYTES = 8192, REPLY_MILLISECONDS = 20000 };

static bool send_packet(struct gdb *gdb, const char *text, struct error *error)
{
    char packet[64];
    unsigned sum = 0;
    for (const char *at = text; *at != '\0'; at++) {
        sum += (unsigned char)*at;
    }
    int length = snprintf(packet, sizeof packet, "$%s#%02x", text, sum & 0xff);
    return send(gdb->socket, packet, (size_t)length, MSG_NOSIGNAL) == length ||
           fail(error, "QEMU ended, or does not listen to its gdb port");
}

/* Takes the next whole packet's text from what has been received. */
static bool take_packet(struct gdb *gdb, char text[PACKET_BYTES])
{
    const char *end = gdb->received + gdb->length;
    const char *start = memchr(gdb->received, '$', gdb->length);
    const char *hash = start != NULL ? memchr(start, '#', (size_t)(end - start)) : NULL;
    if (hash == NULL || end - hash < 3 || hash - start > PACKET_BYTES) {
        return false;
    }
    size_t length = (size_t)(hash - start) - 1;
    memcpy(text, start + 1, length);
    text[length] = '\0';
    gdb->length = (size_t)(end - (hash + 3));
    memmove(gdb->received, hash + 3, gdb->length);
    return send(gdb->socket, "+", 1, MSG_NOSIGNAL) == 1;
}

/* Reads what QEMU has sent, without waiting. False: nothing, or QEMU has ended. */
static bool receive(struct gdb *gdb)
{
    ssize_t length = recv(gdb->socket, gdb->received + gdb->length,
                          sizeof gdb->received - gdb->length, MSG_DONTWAIT);
    gdb->length += length > 0 ? (size_t)length : 0;
    return length > 0;
}

/* Sends a command and waits for its reply. */
static bool ask(struct gdb *gdb, const char *command, char reply[PACKET_BYTES], struct error *error)
{
    if (!send_packet(gdb, command, error)) {
        return false;
    }
    while (!take_packet(gdb, reply)) {
        struct pollfd wait = {.fd = gdb->socket, .events = POLLIN};
        if (poll(&wait, 1, REPLY_MILLISECONDS) <= 0 || !receive(gdb)) {
            return fail(error, "QEMU's gdb port does not answer");
        }
    }
    return true;
}

static bool change_breakpoint(struct gdb *gdb, char action, uint32_t address, struct error *error)
{
    char command[32], reply[PACKET_BYTES];
    snprintf(command, sizeof command, "%c1,%x,1", action, address);
    return ask(gdb, command, reply, error) &&
           (strcmp(reply, "OK") == 0 || fail(error, "QEMU refuses a breakpoint (%.20s)", reply));
}

bool gdb_set_breakpoint(struct gdb *gdb, uint32_t address, struct error *error)
{
    return change_breakpoint(gdb, 'Z', address, error);
}

bool gdb_clear_breakpoint(struct gdb *gdb, uint32_t address, struct error *error)
{
    return change_breakpoint(gdb, 'z', address, error);
}

bool gdb_continue(struct gdb *gdb, struct error *error)
{
    return send_packet(gdb, "c", error);
}

bool gdb_stopped(struct gdb *gdb)
{
    char reply[PACKET_BYTES];
    receive(gdb);
    return take_packet(gdb, reply) && (reply[0] == 'T' || reply[0] == 'S');
}

bool gdb_read_eax(struct gdb *gdb, uint32_t *value, struct error *error)
{
    char reply[PACKET_BYTES];
    if (!ask(gdb, "g", reply, error)) {
        return false;
    }
    reply[8] = '\0'; /* EAX or RAX comes first, the lowest byte first */
    *value = __builtin_bswap32((uint32_t)strtoul(reply, NULL, 16));
    return true;
}

bool gdb_step(struct gdb *gdb, struct error *error)
{
    char reply[PACKET_BYTES];
    return ask(gdb, "s", reply, error);
}
