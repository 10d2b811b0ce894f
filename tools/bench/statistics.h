// SPDX-License-Identifier: BSD-2-Clause
// Summarises a few measurements of the same thing, and compares two such things. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct samples {
    double *values; /* in the order in which they were measured */
    size_t count;
};

struct summary {
    double median, lowest, highest;
};

/* Adds a value, which is lost if memory runs out. */
void samples_add(struct samples *samples, double value);
void samples_free(struct samples *samples);

/* Summarises one or more values. */
struct summary samples_summary(const struct samples *samples);

/* How many times as long the new values are as the old ones. */
struct change {
    double times; /* the estimate: the median of all ratios of a new value to an old one */
    double lowest, highest; /* with 95 % confidence it is between these */
    bool has_interval;      /* false: there are too few values; 4 and 4, or 3 and 5, are enough */
};

/* Compares positive values, of each the first 500. The estimate is Hodges' and Lehmann's, the
   interval that of Mann's and Whitney's test, on logarithms: nothing is assumed about how the
   values are distributed, except that a change stretches the distribution. False: there is nothing
   to compare, or memory runs out. */
bool samples_compare(const struct samples *old, const struct samples *new, struct change *change);
