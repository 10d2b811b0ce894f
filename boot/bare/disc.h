// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from.
#pragma once

#include <stdbool.h>
#include "loader/error.h"

/* Finds the first disc that has an ISO of whelk-mkrescue. PCI must be set up. False with a reason,
   which says what was looked at and what to do: there is none. */
bool disc_find(struct error *error);
