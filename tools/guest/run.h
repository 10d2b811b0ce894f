// SPDX-License-Identifier: BSD-2-Clause
// `whelk run`: boots a tree or an ISO in QEMU, with the serial port on the terminal.
#pragma once

/* argv[0] is the name it was called by, for the help. Returns the exit status. */
int run(int argc, char **argv);
