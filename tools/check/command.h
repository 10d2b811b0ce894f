// SPDX-License-Identifier: BSD-2-Clause
// `whelk check`: says what a tree, an ISO, a config or a kernel would boot. As `whelk-file` it
// answers grub-file's questions about x86 Multiboot kernels.
#pragma once

/* argv[0] is the name it was called by, for the help. Returns the exit status: 0 it boots, or
   yes; 1 it does not, or no; 2 it was called wrongly. */
int check_command(int argc, char **argv);
