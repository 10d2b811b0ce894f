// SPDX-License-Identifier: BSD-2-Clause
// See bench/timing.h.
#include "tools/bench/timing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const timing_names[TIMING_STAMPS] = {"handoff", "disc",    "config", "plan",
                                                 "kernel",  "modules", "jump"};

/* Finds the value of a key in an object without nesting. NULL: there is no such key. */
static const char *find_value(const char *object, const char *key)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = strstr(object, quoted);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(quoted);
    at += strspn(at, " ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

static double number(const char *object, const char *key)
{
    const char *value = find_value(object, key);
    char *end = NULL;
    double result = value != NULL ? strtod(value, &end) : 0;
    return end != NULL && end != value ? result : (double)NAN;
}

bool timing_read(const char *text, struct timing *timing)
{
    const char *start = strstr(text, TIMING_MARK), *end;
    if (start == NULL || (end = strchr(start, '}')) == NULL) {
        return false;
    }
    char *object = strndup(start, (size_t)(end - start));
    if (object == NULL) {
        return false;
    }
    for (int i = 0; i < TIMING_STAMPS; i++) {
        timing->stamps_us[i] = number(object, timing_names[i]);
    }
    timing->bytes = number(object, "bytes");
    timing->transfers = number(object, "transfers");
    timing->driver[0] = '\0';
    const char *driver = find_value(object, "driver");
    if (driver != NULL && *driver == '"') {
        snprintf(timing->driver, sizeof timing->driver, "%.*s", (int)strcspn(driver + 1, "\""),
                 driver + 1);
    }
    free(object);
    return true;
}
