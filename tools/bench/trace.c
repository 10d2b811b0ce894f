// SPDX-License-Identifier: BSD-2-Clause
// See bench/trace.h.
#include "tools/bench/trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char read_event[] = "memory_region_ops_read ";
static const char write_event[] = "memory_region_ops_write ";
static const char serial_write[] = " addr 0x3f8 value 0x"; /* COM1, transmitter holding register */

static bool starts_with(const char *line, size_t length, const char *start)
{
    return length >= strlen(start) && memcmp(line, start, strlen(start)) == 0;
}

/* Returns the length of what `-msg timestamp=on` adds before an event: "123@1700000000.123456:". */
static size_t prefix_length(const char *line, size_t length)
{
    size_t at = 0;
    while (at < length &&
           (isdigit((unsigned char)line[at]) || line[at] == '@' || line[at] == '.')) {
        at++;
    }
    return at > 0 && at < length && line[at] == ':' ? at + 1 : 0;
}

static bool is_written(const struct trace *trace, const char *text)
{
    return text != NULL && text_find(&trace->serial, text) != NULL;
}

static void take_line(struct trace *trace, const char *line, size_t length)
{
    size_t prefix = prefix_length(line, length);
    line += prefix;
    length -= prefix;
    bool is_write = starts_with(line, length, write_event);
    if (trace->ended || (!is_write && !starts_with(line, length, read_event))) {
        return;
    }
    trace->accesses++;
    if (!is_write || (trace->marker == NULL && trace->start == NULL)) {
        return;
    }
    const char *value = memmem(line, length, serial_write, sizeof serial_write - 1);
    if (value != NULL) {
        char character = (char)strtoul(value + sizeof serial_write - 1, NULL, 16);
        text_add(&trace->serial, &character, 1);
        trace->ended = is_written(trace, trace->marker);
        if (trace->start_accesses == 0 && is_written(trace, trace->start)) {
            trace->start_accesses = trace->accesses;
        }
    }
}

void trace_add(struct trace *trace, const char *bytes, size_t length)
{
    const char *end = bytes + length, *line_end;
    while (bytes < end && (line_end = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        size_t piece = (size_t)(line_end - bytes);
        if (trace->line_length == 0) {
            take_line(trace, bytes, piece);
        } else {
            size_t room = TRACE_LINE_BYTES - trace->line_length;
            memcpy(trace->line + trace->line_length, bytes, piece < room ? piece : room);
            take_line(trace, trace->line, trace->line_length + (piece < room ? piece : room));
            trace->line_length = 0;
        }
        bytes = line_end + 1;
    }
    size_t rest = (size_t)(end - bytes), room = TRACE_LINE_BYTES - trace->line_length;
    memcpy(trace->line + trace->line_length, bytes, rest < room ? rest : room);
    trace->line_length += rest < room ? rest : room;
}
