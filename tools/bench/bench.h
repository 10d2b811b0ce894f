// SPDX-License-Identifier: BSD-2-Clause
// `whelk bench`: how long loaders take to boot a tree.
#pragma once

/* argv[0] is the name it was called by, for the help. Returns the exit status. */
int bench(int argc, char **argv);
