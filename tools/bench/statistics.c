// SPDX-License-Identifier: BSD-2-Clause
// See bench/statistics.h.
#include "tools/bench/statistics.h"

#include <stdlib.h>

void samples_add(struct samples *samples, double value)
{
    double *values = realloc(samples->values, (samples->count + 1) * sizeof *values);
    if (values != NULL) {
        samples->values = values;
        samples->values[samples->count++] = value;
    }
}

void samples_free(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

struct summary samples_summary(struct samples *samples)
{
    size_t count = samples->count;
    double *values = samples->values;
    qsort(values, count, sizeof *values, compare);
    return (struct summary){.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
                            .lowest = values[0],
                            .highest = values[count - 1]};
}
