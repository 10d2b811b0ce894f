// SPDX-License-Identifier: BSD-2-Clause
// Summarises a few measurements of the same thing. Pure.
#pragma once

#include <stddef.h>

struct samples {
    double *values;
    size_t count;
};

struct summary {
    double median, lowest, highest;
};

/* Adds a value, which is lost if memory runs out. */
void samples_add(struct samples *samples, double value);
void samples_free(struct samples *samples);

/* Summarises one or more values, and sorts them. */
struct summary samples_summary(struct samples *samples);
