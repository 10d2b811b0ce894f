// SPDX-License-Identifier: BSD-2-Clause
// Speaks QEMU's machine protocol (QMP) on a socket that QEMU inherits.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/lib/command.h"

struct qmp {
    int ours, theirs;    /* the two ends; -1: closed */
    unsigned unanswered; /* commands whose answers nobody has waited for */
};

/* Makes the socket, and adds it to QEMU's command line. The machine is to wait for qmp_greet(). */
bool qmp_add(struct qmp *qmp, struct command *command, struct error *error);

/* Waits until a QEMU that was just started obeys. False: it ended before. */
bool qmp_greet(struct qmp *qmp, struct error *error);

/* Lets the machine run. */
bool qmp_continue(struct qmp *qmp, struct error *error);

/* Saves the screen: as PNG if the name ends in ".png", else as PPM. */
bool qmp_screenshot(struct qmp *qmp, const char *path, struct error *error);

void qmp_close(struct qmp *qmp);
