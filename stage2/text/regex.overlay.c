// SPDX-License-Identifier: BSD-2-Clause
// See text/regex.h. The expression becomes a program of instructions, in one pass. Its execution
// tries the alternatives in order and notes which instruction has been at which character: no pair
// is tried twice.
#include "stage2/text/regex.h"

#include <string.h>

enum {
    MAX_INSTRUCTIONS = 1024,
    MAX_SETS = 32,
    MAX_NESTING = 16,
    MAX_REPEAT = 255,
    SET_BYTES = 32,
};
#define NO_ATOM SIZE_MAX

/* Jumps are relative: code can be moved. */
enum opcode {
    OP_CHARACTER, /* this one */
    OP_ANY,
    OP_SET,   /* one that is in sets[argument] */
    OP_SPLIT, /* goes on with the next instruction or, if that fails, jumps */
    OP_JUMP,
    OP_GROUP, /* notes the place in places[argument] */
    OP_START, /* of the text */
    OP_END,
    OP_WORD_START,
    OP_WORD_END,
    OP_WORD_EDGE,
    OP_NO_WORD_EDGE,
    OP_MATCH,
};

struct instruction {
    uint8_t opcode;
    uint8_t character;
    int16_t argument;
};

/* An open parenthesis, or the whole expression. */
struct level {
    size_t start;       /* of its code */
    size_t alternative; /* where the current alternative begins */
    size_t jump;        /* the jump at the end of the alternative before it; its argument leads to
                           the one before that; 0: there is none */
    unsigned group;
};

struct regex {
    const char *at; /* in the expression */
    struct level levels[MAX_NESTING], *level;
    size_t atom; /* where the last one begins, which may be repeated; NO_ATOM: there is none */
    struct instruction code[MAX_INSTRUCTIONS];
    size_t length;
    uint8_t sets[MAX_SETS][SET_BYTES];
    size_t set_count;
    unsigned group_count;
    enum regex_result result;
};

/* ---- The program ----------------------------------------------------------------------------- */

static void emit(struct regex *regex, enum opcode opcode, int character, int argument)
{
    if (regex->length == MAX_INSTRUCTIONS) {
        regex->result = REGEX_BEYOND;
        return;
    }
    regex->code[regex->length++] =
        (struct instruction){(uint8_t)opcode, (uint8_t)character, (int16_t)argument};
}

/* Inserts an instruction in front of the code from start on, which moves. */
static void insert(struct regex *regex, size_t start, enum opcode opcode, size_t distance)
{
    emit(regex, opcode, 0, 0);
    if (regex->result == REGEX_MATCH) {
        memmove(regex->code + start + 1, regex->code + start,
                (regex->length - 1 - start) * sizeof *regex->code);
        regex->code[start] = (struct instruction){(uint8_t)opcode, 0, (int16_t)distance};
    }
}

/* Makes the atom from start on optional. */
static void put_optional(struct regex *regex, size_t start)
{
    insert(regex, start, OP_SPLIT, regex->length - start + 1);
}

/* Repeats the atom from start on, any number of times. */
static void put_star(struct regex *regex, size_t start)
{
    insert(regex, start, OP_SPLIT, regex->length - start + 2);
    emit(regex, OP_JUMP, 0, -(int)(regex->length - start));
}

/* Repeats the atom from start on: at least `least` times, at most `most`; most < 0: without end. */
static void put_repeat(struct regex *regex, size_t start, int least, int most)
{
    struct instruction atom[MAX_INSTRUCTIONS / 4];
    size_t length = regex->length - start;
    if (length > sizeof atom / sizeof atom[0]) {
        regex->result = REGEX_BEYOND;
        return;
    }
    memcpy(atom, regex->code + start, length * sizeof *atom);
    regex->length = start;
    for (int i = 0;
         (i < least || i < most || (most < 0 && i <= least)) && regex->result == REGEX_MATCH; i++) {
        size_t at = regex->length;
        for (size_t k = 0; k < length; k++) {
            emit(regex, (enum opcode)atom[k].opcode, atom[k].character, atom[k].argument);
        }
        if (i >= least && most < 0) {
            put_star(regex, at);
        } else if (i >= least) {
            put_optional(regex, at);
        }
    }
}

/* ---- Characters ------------------------------------------------------------------------------ */

static bool is_in_range(int c, int first, int last)
{
    return c >= first && c <= last;
}

/* Whether a character is in a class of isalpha() and so on, in the order of `classes`. */
static const char classes[] = "alpha\0digit\0alnum\0upper\0lower\0space\0blank\0punct\0xdigit\0"
                              "cntrl\0print\0graph\0word\0";

static bool is_in_class(int c, int class)
{
    bool is_upper = is_in_range(c, 'A', 'Z');
    bool is_lower = is_in_range(c, 'a', 'z');
    bool is_decimal = is_in_range(c, '0', '9');
    bool is_alphanumeric = is_upper || is_lower || is_decimal;
    switch (class) {
    case 0:
        return is_upper || is_lower;
    case 1:
        return is_decimal;
    case 2:
        return is_alphanumeric;
    case 3:
        return is_upper;
    case 4:
        return is_lower;
    case 5:
        return c == ' ' || is_in_range(c, '\t', '\r');
    case 6:
        return c == ' ' || c == '\t';
    case 7:
        return is_in_range(c, '!', '~') && !is_alphanumeric;
    case 8:
        return is_decimal || is_in_range(c | 0x20, 'a', 'f');
    case 9:
        return c < ' ' || c == 0x7f;
    case 10:
        return is_in_range(c, ' ', '~');
    case 11:
        return is_in_range(c, '!', '~');
    default:
        return is_alphanumeric || c == '_';
    }
}

enum { CLASS_SPACE = 5, CLASS_WORD = 12 };

static bool is_word_at(struct bytes text, size_t at)
{
    return at < text.size && is_in_class(text.data[at], CLASS_WORD);
}

static uint8_t *add_set(struct regex *regex)
{
    if (regex->set_count == MAX_SETS) {
        regex->result = REGEX_BEYOND;
        return regex->sets[0];
    }
    emit(regex, OP_SET, 0, (int)regex->set_count);
    return regex->sets[regex->set_count++];
}

static void add_to_set(uint8_t *set, int c)
{
    set[c / 8] |= (uint8_t)(1 << c % 8);
}

static void add_class(uint8_t *set, int class)
{
    for (int c = 0; c < 256; c++) {
        if (is_in_class(c, class)) {
            add_to_set(set, c);
        }
    }
}

static void invert(uint8_t *set)
{
    for (size_t i = 0; i < SET_BYTES; i++) {
        set[i] = (uint8_t)~set[i];
    }
}

/* Reads "[:alpha:]" after its first bracket. False: there is no such class. */
static bool read_class(struct regex *regex, uint8_t *set)
{
    const char *name = regex->at + 1;
    const char *class = classes;
    for (int i = 0; i < CLASS_WORD; i++, class += strlen(class) + 1) {
        size_t length = strlen(class);
        if (strncmp(name, class, length) == 0 && strncmp(name + length, ":]", 2) == 0) {
            add_class(set, i);
            regex->at = name + length + 2;
            return true;
        }
    }
    return false;
}

/* Reads a bracket expression after its first bracket. */
static void read_set(struct regex *regex)
{
    uint8_t *set = add_set(regex);
    bool is_inverted = *regex->at == '^';
    regex->at += is_inverted;
    const char *first = regex->at;
    while (regex->result == REGEX_MATCH && (*regex->at != ']' || regex->at == first)) {
        int c = (uint8_t)*regex->at;
        if (c == 0) {
            regex->result = REGEX_WRONG;
            return;
        }
        regex->at++;
        if (c == '[' && strchr(":.=", *regex->at) != NULL && *regex->at != 0) {
            if (*regex->at != ':' || !read_class(regex, set)) {
                regex->result = REGEX_WRONG;
            }
            continue;
        }
        int last = c;
        if (regex->at[0] == '-' && regex->at[1] != ']' && regex->at[1] != 0) {
            last = (uint8_t)regex->at[1];
            regex->at += 2;
        }
        if (last < c) {
            regex->result = REGEX_WRONG;
        }
        for (; c <= last; c++) {
            add_to_set(set, c);
        }
    }
    if (regex->result != REGEX_MATCH) {
        return;
    }
    regex->at++;
    if (is_inverted) {
        invert(set);
    }
}

/* Reads what comes after a backslash. True: it is an atom. */
static bool read_escape(struct regex *regex)
{
    static const char edges[] = "<>bB`'";
    static const uint8_t opcodes[] = {OP_WORD_START,   OP_WORD_END, OP_WORD_EDGE,
                                      OP_NO_WORD_EDGE, OP_START,    OP_END};
    int c = (uint8_t)*regex->at;
    if (c == 0) {
        regex->result = REGEX_WRONG;
        return false;
    }
    regex->at++;
    const char *edge = strchr(edges, c);
    if (edge != NULL) {
        emit(regex, (enum opcode)opcodes[edge - edges], 0, 0);
        return false;
    }
    if (is_in_range(c, '1', '9')) {
        regex->result = REGEX_BEYOND;
    } else if (strchr("wWsS", c) != NULL) {
        uint8_t *set = add_set(regex);
        add_class(set, (c | 0x20) == 'w' ? CLASS_WORD : CLASS_SPACE);
        if (c < 'a') {
            invert(set);
        }
    } else {
        emit(regex, OP_CHARACTER, c, 0);
    }
    return true;
}

/* ---- The expression -------------------------------------------------------------------------- */

/* Reads decimal digits. False: there are none, or the number is too large. */
static bool read_count(struct regex *regex, int *count)
{
    const char *start = regex->at;
    int value = 0;
    for (; is_in_range(*regex->at, '0', '9') && value <= MAX_REPEAT; regex->at++) {
        value = value * 10 + *regex->at - '0';
    }
    *count = regex->at > start ? value : *count;
    return regex->at > start && value <= MAX_REPEAT;
}

/* Reads {m}, {m,}, {m,n} or {,n} after the brace, which repeats the last atom. */
static void read_repeat(struct regex *regex)
{
    int least = 0;
    bool has_least = read_count(regex, &least);
    int most = least;
    bool has_comma = *regex->at == ',';
    bool has_most = false;
    if (has_comma) {
        regex->at++;
        most = -1;
        has_most = read_count(regex, &most);
    }
    if (*regex->at != '}' || (!has_least && !has_comma) || least > MAX_REPEAT ||
        most > MAX_REPEAT || (has_most && most < least)) {
        regex->result = REGEX_WRONG;
        return;
    }
    regex->at++;
    put_repeat(regex, regex->atom, least, most);
}

static void open_group(struct regex *regex)
{
    if (regex->level == regex->levels + MAX_NESTING - 1) {
        regex->result = REGEX_BEYOND;
        return;
    }
    unsigned group = ++regex->group_count;
    size_t start = regex->length;
    if (group < REGEX_GROUPS) {
        emit(regex, OP_GROUP, 0, (int)group * 2);
    }
    *++regex->level = (struct level){.start = start, .alternative = regex->length, .group = group};
}

/* Ends the alternatives of a level: those before the last one jump to here. */
static void end_alternatives(struct regex *regex)
{
    for (size_t jump = regex->level->jump; jump != 0;) {
        size_t before = (size_t)regex->code[jump].argument;
        regex->code[jump].argument = (int16_t)(regex->length - jump);
        jump = before;
    }
}

static void close_group(struct regex *regex)
{
    end_alternatives(regex);
    if (regex->level->group < REGEX_GROUPS) {
        emit(regex, OP_GROUP, 0, (int)regex->level->group * 2 + 1);
    }
    regex->atom = regex->level->start;
    regex->level--;
}

static void begin_alternative(struct regex *regex)
{
    struct level *level = regex->level;
    insert(regex, level->alternative, OP_SPLIT, regex->length - level->alternative + 2);
    emit(regex, OP_JUMP, 0, (int)level->jump);
    level->jump = regex->length - 1;
    level->alternative = regex->length;
}

/* Reads '*', '+', '?' or '{…}', which repeats the last atom. */
static void repeat_atom(struct regex *regex, int c)
{
    if (regex->atom == NO_ATOM) {
        regex->result = REGEX_WRONG;
    } else if (c == '*') {
        put_star(regex, regex->atom);
    } else if (c == '+') {
        put_repeat(regex, regex->atom, 1, -1);
    } else if (c == '?') {
        put_optional(regex, regex->atom);
    } else {
        read_repeat(regex);
    }
}

/* Reads the next character or part of the expression. */
static void read_part(struct regex *regex, int c)
{
    size_t start = regex->length;
    bool is_atom = false;
    bool is_open = regex->level > regex->levels;
    if (strchr("*+?{", c) != NULL) {
        repeat_atom(regex, c);
        return;
    }
    if (c == ')' && is_open) {
        close_group(regex);
        return;
    }
    if (c == '(') {
        open_group(regex);
    } else if (c == '|') {
        begin_alternative(regex);
    } else if (c == '^' || c == '$') {
        emit(regex, c == '^' ? OP_START : OP_END, 0, 0);
    } else if (c == '\\') {
        is_atom = read_escape(regex);
    } else {
        is_atom = true;
        if (c == '[') {
            read_set(regex);
        } else {
            emit(regex, c == '.' ? OP_ANY : OP_CHARACTER, c, 0);
        }
    }
    regex->atom = is_atom ? start : NO_ATOM;
}

static void compile(struct regex *regex, const char *expression)
{
    *regex = (struct regex){.at = expression, .level = regex->levels, .atom = NO_ATOM};
    emit(regex, OP_GROUP, 0, 0);
    regex->level->alternative = regex->length;
    while (*regex->at != 0 && regex->result == REGEX_MATCH) {
        regex->at++;
        read_part(regex, (uint8_t)regex->at[-1]);
    }
    if (regex->level != regex->levels && regex->result == REGEX_MATCH) {
        regex->result = REGEX_WRONG;
    }
    if (regex->result == REGEX_MATCH) {
        end_alternatives(regex);
        emit(regex, OP_GROUP, 0, 1);
        emit(regex, OP_MATCH, 0, 0);
    }
}

/* ---- Its execution --------------------------------------------------------------------------- */

#define NO_PLACE SIZE_MAX

/* What is to be tried later, or undone. */
struct task {
    size_t pc;    /* the instruction; NO_PLACE: restore a place */
    size_t place; /* in the text; or its number */
    size_t value; /* of the place */
};

struct run {
    const struct regex *regex;
    struct bytes text;
    uint8_t *visited; /* a bit for each instruction at each place */
    struct task *tasks;
    size_t task_count, most_tasks;
    size_t places[2 * REGEX_GROUPS];
    size_t found[2 * REGEX_GROUPS]; /* of the longest match so far; found[1] NO_PLACE: none */
    bool is_full;
};

static void push(struct run *run, size_t pc, size_t place, size_t value)
{
    run->is_full |= run->task_count == run->most_tasks;
    if (!run->is_full) {
        run->tasks[run->task_count++] = (struct task){pc, place, value};
    }
}

/* Whether an instruction that takes no character lets the execution go on at a place. */
static bool holds(const struct run *run, enum opcode opcode, size_t at)
{
    bool before = at > 0 && is_word_at(run->text, at - 1);
    bool after = is_word_at(run->text, at);
    switch (opcode) {
    case OP_START:
        return at == 0;
    case OP_END:
        return at == run->text.size;
    case OP_WORD_START:
        return !before && after;
    case OP_WORD_END:
        return before && !after;
    case OP_WORD_EDGE:
        return before != after;
    default:
        return before == after;
    }
}

/* Whether an instruction takes the character at a place. */
static bool takes(const struct run *run, const struct instruction *instruction, size_t at)
{
    if (at >= run->text.size) {
        return false;
    }
    int c = run->text.data[at];
    switch (instruction->opcode) {
    case OP_ANY:
        return true;
    case OP_SET:
        return (run->regex->sets[instruction->argument][c / 8] >> c % 8 & 1) != 0;
    default:
        return c == instruction->character;
    }
}

/* Follows one alternative up to its end. */
static void follow(struct run *run, size_t pc, size_t at)
{
    for (;;) {
        size_t bit = at * run->regex->length + pc;
        const struct instruction *instruction = &run->regex->code[pc];
        if ((run->visited[bit / 8] >> bit % 8 & 1) != 0) {
            return;
        }
        run->visited[bit / 8] |= (uint8_t)(1 << bit % 8);
        size_t target = (size_t)((ptrdiff_t)pc + instruction->argument);
        pc++;
        switch (instruction->opcode) {
        case OP_CHARACTER:
        case OP_ANY:
        case OP_SET:
            if (!takes(run, instruction, at++)) {
                return;
            }
            break;
        case OP_SPLIT:
            push(run, target, at, 0);
            break;
        case OP_JUMP:
            pc = target;
            break;
        case OP_GROUP:
            push(run, NO_PLACE, (size_t)instruction->argument, run->places[instruction->argument]);
            run->places[instruction->argument] = at;
            break;
        case OP_MATCH:
            if (run->found[1] == NO_PLACE || at > run->found[1]) {
                memcpy(run->found, run->places, sizeof run->found);
            }
            return;
        default:
            if (!holds(run, (enum opcode)instruction->opcode, at)) {
                return;
            }
        }
    }
}

/* Finds the longest match that begins at a place. */
static void try_at(struct run *run, size_t at)
{
    size_t bits = run->regex->length * (run->text.size + 1);
    memset(run->visited, 0, bits / 8 + 1);
    memset(run->places, 0xff, sizeof run->places); /* NO_PLACE */
    push(run, 0, at, 0);
    while (run->task_count > 0 && !run->is_full) {
        struct task task = run->tasks[--run->task_count];
        if (task.pc == NO_PLACE) {
            run->places[task.place] = task.value;
        } else {
            follow(run, task.pc, task.place);
        }
    }
}

static enum regex_result execute(const struct regex *regex, struct bytes text, struct arena *arena,
                                 struct bytes groups[REGEX_GROUPS])
{
    struct run run = {.regex = regex, .text = text};
    run.visited = arena_array(arena, text.size + 1, regex->length, 1); /* more than its bits */
    size_t left = arena->size - arena->used;
    run.most_tasks = left / (2 * sizeof *run.tasks);
    run.tasks = ARENA_ARRAY(arena, run.most_tasks, struct task);
    if (run.visited == NULL || run.tasks == NULL) {
        return REGEX_BEYOND;
    }
    memset(run.found, 0xff, sizeof run.found);
    for (size_t at = 0; at <= text.size && run.found[1] == NO_PLACE && !run.is_full; at++) {
        try_at(&run, at);
    }
    for (size_t i = 0; i < REGEX_GROUPS; i++) {
        bool took_part = run.found[2 * i] != NO_PLACE && run.found[2 * i + 1] != NO_PLACE;
        groups[i] = took_part ? (struct bytes){text.data + run.found[2 * i],
                                               run.found[2 * i + 1] - run.found[2 * i]}
                              : (struct bytes){NULL, 0};
    }
    return run.is_full ? REGEX_BEYOND : run.found[1] == NO_PLACE ? REGEX_NO_MATCH : REGEX_MATCH;
}

enum regex_result regex_search(const char *expression, const char *text, struct arena *arena,
                               struct bytes groups[REGEX_GROUPS])
{
    size_t used = arena->used;
    struct regex *regex = ARENA_NEW(arena, struct regex);
    if (regex == NULL) {
        return REGEX_BEYOND;
    }
    compile(regex, expression);
    enum regex_result result = regex->result;
    if (result == REGEX_MATCH) {
        result = execute(regex, (struct bytes){(const uint8_t *)text, strlen(text)}, arena, groups);
    }
    arena->used = used;
    return result;
}
