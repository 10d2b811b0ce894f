// SPDX-License-Identifier: BSD-2-Clause
// See qmp.h. Each message of QEMU's is an object of JSON in one line: an answer is {"return": …} or
// {"error": …}, all others are events and the greeting.
#include "tools/guest/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tools/lib/clock.h"
#include "tools/lib/json.h"
#include "tools/lib/json_read.h"
#include "tools/lib/writing.h"

enum {
    ANSWER_MS = 60000,
    LINE_BYTES = 8192, /* of an answer; QEMU's are much shorter */
};

bool qmp_add(struct qmp *qmp, struct command *command, struct error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        return fail(error, "cannot make a socket: %s", strerror(errno));
    }
    *qmp = (struct qmp){.ours = ends[0], .theirs = ends[1]};
    fcntl(qmp->ours, F_SETFD, FD_CLOEXEC);
    command_add(command, "-chardev");
    command_add(command, "socket,id=qmp,fd=%d", qmp->theirs);
    command_add(command, "-mon");
    command_add(command, "chardev=qmp,mode=control");
    command_add(command, "-S");
    return true;
}

void qmp_close(struct qmp *qmp)
{
    if (qmp->ours >= 0) {
        close(qmp->ours);
    }
    if (qmp->theirs >= 0) {
        close(qmp->theirs);
    }
    *qmp = (struct qmp){.ours = -1, .theirs = -1};
}

/* Reads a line. False: QEMU has ended, or says nothing for too long. */
static bool read_line(const struct qmp *qmp, double deadline, char line[LINE_BYTES],
                      struct error *error)
{
    size_t length = 0;
    for (;;) {
        double left = deadline - clock_ms();
        struct pollfd ready = {.fd = qmp->ours, .events = POLLIN};
        int count = poll(&ready, 1, left > 0 ? (int)left + 1 : 0);
        if (count == 0 && left <= 0) {
            return fail(error, "QEMU does not answer");
        }
        if (count > 0) {
            ssize_t got = read(qmp->ours, line + length, 1);
            if (got == 0 || (got < 0 && errno != EINTR)) {
                return fail(error, "QEMU has ended before the machine ran");
            }
            if (got > 0 && line[length] == '\n') {
                line[length] = '\0';
                return true;
            }
            length += got > 0 && length < LINE_BYTES - 1;
        }
    }
}

/* Fails with QEMU's description of an error. */
static bool fail_answer(const char *answer, struct error *error)
{
    char text[LINE_BYTES];
    struct json value;
    struct error ignored;
    bool is_described = json_check(answer, &value, &ignored) &&
                        json_as_text(json_member(json_member(value, "error"), "desc"), text) != 0;
    return fail(error, "QEMU: %s", is_described ? text : answer);
}

/* Sends a command and waits for its answer. */
static bool ask(struct qmp *qmp, const char *command, struct error *error)
{
    char line[LINE_BYTES];
    double deadline = clock_ms() + ANSWER_MS;
    if (send(qmp->ours, command, strlen(command), MSG_NOSIGNAL) < 0) {
        return fail(error, "QEMU has ended before the machine ran");
    }
    qmp->unanswered++;
    while (read_line(qmp, deadline, line, error)) {
        bool is_done = strncmp(line, "{\"return\"", 9) == 0;
        bool is_answer = is_done || strncmp(line, "{\"error\"", 8) == 0;
        qmp->unanswered -= is_answer;
        if (is_answer && qmp->unanswered == 0) {
            return is_done || fail_answer(line, error);
        }
    }
    return false;
}

bool qmp_greet(struct qmp *qmp, struct error *error)
{
    close(qmp->theirs); /* QEMU has it now; when it ends, we are told */
    qmp->theirs = -1;
    return ask(qmp, "{\"execute\": \"qmp_capabilities\"}\n", error);
}

bool qmp_continue(struct qmp *qmp, struct error *error)
{
    static const char command[] = "{\"execute\": \"cont\"}\n";
    qmp->unanswered++; /* the kernel may end QEMU before it answers */
    return send(qmp->ours, command, strlen(command), MSG_NOSIGNAL) >= 0 ||
           fail(error, "QEMU has ended");
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

bool qmp_screenshot(struct qmp *qmp, const char *path, struct error *error)
{
    char *command = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&command, &length);
    if (out == NULL) {
        return fail(error, "out of memory");
    }
    fputs("{\"execute\": \"screendump\", \"arguments\": ", out);
    json_text("{", "filename", path, out);
    if (ends_with(path, ".png")) { /* an older QEMU refuses a format, and has PPM only */
        json_text(", ", "format", "png", out);
    }
    fputs("}}\n", out);
    bool done = writing_close(out, "the command", error) && ask(qmp, command, error);
    free(command);
    return done;
}
