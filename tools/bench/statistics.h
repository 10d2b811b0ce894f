// SPDX-License-Identifier: BSD-2-Clause
// What is told of a few measurements of the same thing. Pure.
#pragma once

#include <stddef.h>

struct samples {
    double *values;
    size_t count;
};

struct summary {
    double median, lowest, highest;
};

/* Adds one; memory runs out: it is lost. */
void samples_add(struct samples *samples, double value);
void samples_free(struct samples *samples);

/* Of at least one value; sorts them. */
struct summary samples_summary(struct samples *samples);
