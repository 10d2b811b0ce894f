// SPDX-License-Identifier: BSD-2-Clause
// Plans the boot of a Linux kernel (loader/linux.h). plan.c calls it through overlay.h.
#pragma once

#include "stage2/plan/plan.h"

/* plan_boot() for CONFIG_LINUX and CONFIG_LINUX16, of a plan that has its protocol, its video
   request and its information's first fields. An ELF file, such as vmlinux, is planned by its PVH
   entry. */
bool linux_kernel_plan(struct plan *plan, const struct config_boot *boot,
                       const struct plan_environment *environment, struct arena *arena,
                       struct error *error);
