// SPDX-License-Identifier: BSD-2-Clause
// How long a disc that is slow, or has gone, is waited for, and what the user sees meanwhile.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A read begins, at this sector; it has ended. */
void patience_start(uint32_t lba);
void patience_end(void);

/* Call often while a read lasts. After three seconds the user is told, and sees a dot for each
   further second. */
void patience_show(void);

/* The disc has not answered for so long: tells the user. Counts as a try that failed (below). */
void patience_over(uint32_t milliseconds);

/* A try of a read has failed after so many milliseconds, or succeeded. If
   tries fail for eight seconds in all, and none succeeds between them, the disc counts as lost:
   whoever reads must give up, and for some time need not try. */
void patience_failed(uint32_t milliseconds);
void patience_succeeded(void);
bool patience_is_lost(void);
