// SPDX-License-Identifier: BSD-2-Clause
// See machine.h.
#include "tools/guest/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/clock.h"

enum {
    PIECE_BYTES = MACHINE_TEXT_BYTES, /* of the serial port's output */
    LOOK_MS = 100,                    /* from one look at the other program to the next */
};

bool machine_start(struct machine *machine, const struct command *command, bool has_input,
                   struct error *error)
{
    int output[2];
    machine->tail_length = 0;
    if (pipe2(output, O_CLOEXEC) != 0) {
        return fail(error, "cannot make a pipe: %s", strerror(errno));
    }
    machine->input_flags = fcntl(STDIN_FILENO, F_GETFL);
    machine->is_terminal = has_input && tcgetattr(STDIN_FILENO, &machine->terminal) == 0;
    machine->qemu = command_start(
        command, &(const struct start){.input = has_input ? STREAM_OURS : STREAM_NOTHING,
                                       .output = output[1],
                                       .errors = STREAM_OURS,
                                       .has_own_group = !has_input,
                                       .dies_with_us = true});
    int reason = errno;
    close(output[1]);
    machine->output = output[0];
    if (machine->qemu < 0) {
        close(output[0]);
        return fail(error, "%s: %s%s", command->words[0], strerror(reason),
                    reason == ENOENT ? "; on Debian and Ubuntu: apt install qemu-system-x86" : "");
    }
    return true;
}

/* True if the text is in the output so far. Keeps the end of the output for the next call. */
static bool find_text(struct machine *machine, const char *text, const char *piece, size_t length)
{
    size_t text_length = strlen(text), used = machine->tail_length + length;
    char all[MACHINE_TEXT_BYTES + PIECE_BYTES];
    memcpy(all, machine->tail, machine->tail_length);
    memcpy(all + machine->tail_length, piece, length);
    machine->tail_length = used < text_length ? used : text_length - 1;
    memcpy(machine->tail, all + used - machine->tail_length, machine->tail_length);
    return memmem(all, used, text, text_length) != NULL;
}

static bool has_ended(struct machine_wait *wait)
{
    return wait->until > 0 && waitpid(wait->until, &wait->until_status, WNOHANG) == wait->until;
}

/* How long a poll may take: up to the deadline, and to the next look at the other program. */
static int poll_ms(const struct machine_wait *wait, double deadline)
{
    double left = deadline - clock_ms();
    int ms = wait->timeout_seconds == 0 ? -1 : left > 0 ? (int)left + 1 : 0;
    return wait->until > 0 && (ms < 0 || ms > LOOK_MS) ? LOOK_MS : ms;
}

enum machine_outcome machine_watch(struct machine *machine, struct machine_wait *wait)
{
    double deadline = clock_ms() + 1e3 * wait->timeout_seconds;
    char piece[PIECE_BYTES];
    bool is_open = true;
    for (;;) {
        struct pollfd ready = {.fd = is_open ? machine->output : -1, .events = POLLIN};
        bool is_ready = poll(&ready, 1, poll_ms(wait, deadline)) > 0;
        if (has_ended(wait)) {
            return MACHINE_LEFT;
        }
        if (!is_ready && wait->timeout_seconds > 0 && clock_ms() >= deadline) {
            return MACHINE_TIMED_OUT;
        }
        ssize_t length = is_ready ? read(machine->output, piece, sizeof piece) : 0;
        if (is_ready && length <= 0 && !(length < 0 && errno == EINTR)) {
            is_open = false;
            if (wait->until == 0) {
                return MACHINE_ENDED;
            }
        }
        if (length > 0) {
            fwrite(piece, 1, (size_t)length, stdout);
            fflush(stdout);
            if (wait->text != NULL && find_text(machine, wait->text, piece, (size_t)length)) {
                return MACHINE_FOUND;
            }
        }
    }
}

int machine_end(const struct machine *machine, enum machine_outcome outcome, bool *by_signal)
{
    if (outcome != MACHINE_ENDED) {
        kill(machine->qemu, SIGKILL); /* other signals make it print a message */
    }
    int status = command_wait(machine->qemu);
    close(machine->output);
    if (machine->input_flags >= 0) {
        fcntl(STDIN_FILENO, F_SETFL, machine->input_flags);
    }
    if (machine->is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &machine->terminal);
    }
    *by_signal = !WIFEXITED(status);
    return *by_signal ? MACHINE_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}
