// SPDX-License-Identifier: BSD-2-Clause
// `whelk mkrescue`, also `whelk-mkrescue`: a directory becomes a bootable ISO.
#pragma once

/* argv[0] is the name it was called by, for the help. Returns the exit status. */
int mkrescue(int argc, char **argv);
