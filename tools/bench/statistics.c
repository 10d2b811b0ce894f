// SPDX-License-Identifier: BSD-2-Clause
// See bench/statistics.h.
#include "tools/bench/statistics.h"

#include <math.h>
#include <stdlib.h>

enum {
    MOST_COMPARED = 500, /* values on each side */
    MOST_EXACT = 20,     /* values on each side up to which the distribution is computed */
};
#define TAIL        0.025 /* of the distribution, on each side of the interval */
#define TAIL_NORMAL 1.96  /* standard deviations from the mean to that tail */

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

/* Returns the value that would be at this index if the values were sorted. */
static double ranked(const struct samples *samples, size_t rank)
{
    for (size_t i = 0; i < samples->count; i++) {
        size_t less = 0, equal = 0;
        for (size_t j = 0; j < samples->count; j++) {
            less += samples->values[j] < samples->values[i];
            equal += samples->values[j] == samples->values[i];
        }
        if (less <= rank && rank < less + equal) {
            return samples->values[i];
        }
    }
    return (double)NAN;
}

struct summary samples_summary(const struct samples *samples)
{
    size_t count = samples->count;
    return (struct summary){.median =
                                (ranked(samples, (count - 1) / 2) + ranked(samples, count / 2)) / 2,
                            .lowest = ranked(samples, 0),
                            .highest = ranked(samples, count - 1)};
}

// ---- Two sets of values

static int compare(const void *left, const void *right)
{
    double one = *(const double *)left, other = *(const double *)right;
    return (one > other) - (one < other);
}

/* Counts in how many orders of m + n different values the U of Mann and Whitney is 0, 1, …: the
   coefficients of the Gaussian binomial, the product of (1 - x^(n+i)) / (1 - x^i) for i from 1 to
   m. */
static void count_orders(size_t m, size_t n, double counts[MOST_EXACT * MOST_EXACT + 1])
{
    size_t largest = m * n;
    for (size_t u = 0; u <= largest; u++) {
        counts[u] = u == 0;
    }
    for (size_t i = 1; i <= m; i++) {
        for (size_t u = largest; u >= n + i; u--) {
            counts[u] -= counts[u - n - i];
        }
        for (size_t u = i; u <= largest; u++) {
            counts[u] += counts[u - i];
        }
    }
}

/* Returns how many of the sorted ratios are outside of the interval on each side, and one more; 0:
   there is no interval. */
static size_t outside(size_t m, size_t n)
{
    double pairs = (double)(m * n);
    if (m > MOST_EXACT || n > MOST_EXACT) {
        double deviation = sqrt(pairs * (double)(m + n + 1) / 12);
        double place = pairs / 2 - TAIL_NORMAL * deviation;
        return place > 0 ? (size_t)place : 0;
    }
    double counts[MOST_EXACT * MOST_EXACT + 1], all = 0, below = 0;
    count_orders(m, n, counts);
    for (size_t u = 0; u <= m * n; u++) {
        all += counts[u];
    }
    size_t u = 0;
    while (u <= m * n && below + counts[u] <= TAIL * all) {
        below += counts[u++];
    }
    return u;
}

/* Sorts all ratios of a new value to an old one. NULL: out of memory, or a value is not positive.
 */
static double *sorted_ratios(const double *old, size_t m, const double *new, size_t n)
{
    double *ratios = malloc(m * n * sizeof *ratios);
    bool done = ratios != NULL;
    for (size_t i = 0; done && i < m; i++) {
        for (size_t j = 0; done && j < n; j++) {
            done = old[i] > 0 && new[j] > 0;
            ratios[i * n + j] = done ? new[j] / old[i] : 0;
        }
    }
    if (!done) {
        free(ratios);
        return NULL;
    }
    qsort(ratios, m * n, sizeof *ratios, compare);
    return ratios;
}

bool samples_compare(const struct samples *old, const struct samples *new, struct change *change)
{
    size_t m = old->count < MOST_COMPARED ? old->count : MOST_COMPARED;
    size_t n = new->count < MOST_COMPARED ? new->count : MOST_COMPARED, pairs = m *n;
    double *ratios = pairs > 0 ? sorted_ratios(old->values, m, new->values, n) : NULL;
    if (ratios == NULL) {
        return false;
    }
    size_t place = outside(m, n);
    *change = (struct change){.times = sqrt(ratios[(pairs - 1) / 2] * ratios[pairs / 2]),
                              .has_interval = place > 0};
    change->lowest = place > 0 ? ratios[place - 1] : ratios[0];
    change->highest = place > 0 ? ratios[pairs - place] : ratios[pairs - 1];
    free(ratios);
    return true;
}
