// SPDX-License-Identifier: BSD-2-Clause
// `whelk xen`, also `xen-single-kernel.sh`: from a kernel to a running Xen HVM guest.
#pragma once

/* argv[0] is the name it was called by, for the help. Returns the exit status. */
int xen(int argc, char **argv);
