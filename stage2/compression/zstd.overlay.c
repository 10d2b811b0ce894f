// SPDX-License-Identifier: BSD-2-Clause
// See zstd.h. Zstandard as in RFC 8878, chapters 3 and 4, and with its names. A frame's whole
// output stays in memory, so no window is kept.
#include "stage2/compression/zstd.h"

#include <string.h>
#include "stage2/compression/checksum.h"

enum {
    WORD_BYTES = 4, /* magic numbers, the checksum */

    /* Frame_Header_Descriptor (3.1.1.1.1) */
    DICTIONARY_ID_FLAG = 3 << 0,
    CONTENT_CHECKSUM_FLAG = 1 << 2,
    FRAME_RESERVED = 1 << 3,
    SINGLE_SEGMENT_FLAG = 1 << 5,
    CONTENT_SIZE_SHIFT = 6,
    WINDOW_LOG_LOWEST = 10,

    /* Blocks (3.1.1.2) */
    BLOCK_HEADER_BYTES = 3,
    BLOCK_LAST = 1 << 0,
    BLOCK_RAW = 0,
    BLOCK_RLE = 1,
    BLOCK_COMPRESSED = 2,
    BLOCK_MAXIMUM_BYTES = 128 << 10,

    /* Literals (3.1.1.3.1, 4.2) */
    LITERALS_RAW = 0,
    LITERALS_RLE = 1,
    LITERALS_TREELESS = 3,
    STREAMS = 4,
    STREAMS_LOWEST = 6, /* the fewest literals in four streams */
    JUMP_TABLE_BYTES = 6,
    HUFFMAN_MAXIMUM_BITS = 11,
    HUFFMAN_SYMBOLS = 256,
    HUFFMAN_DIRECT = 127, /* a header byte above it: weights of four bits each */
    WEIGHTS_MAXIMUM_LOG = 6,

    /* Sequences (3.1.1.3.2) */
    MODE_PREDEFINED = 0,
    MODE_RLE = 1,
    MODE_FSE = 2,
    MODES_RESERVED = 3,
    REPEATED_OFFSETS = 3,
    FSE_LOWEST_LOG = 5,
    FSE_MAXIMUM_LOG = 9,
    FSE_MAXIMUM_SYMBOLS = 53,
};

#define MAGIC           0xfd2fb528u
#define MAGIC_SKIPPABLE 0x184d2a50u /* to …5f */
#define SKIPPABLE_MASK  0xfffffff0u

/* A state of an FSE decoder (4.1). */
struct fse_entry {
    uint16_t baseline;
    uint8_t symbol;
    uint8_t bits;
};

/* The code that a prefix of HUFFMAN_MAXIMUM_BITS bits, or fewer, begins with (4.2.1). */
struct huffman_entry {
    uint8_t symbol;
    uint8_t bits;
};

struct fse_table {
    struct fse_entry entries[1 << FSE_MAXIMUM_LOG];
    unsigned log;
    bool is_set; /* false: no table in this frame yet */
};

/* The parts of a sequence, in the order of their tables in a block. */
enum { LITERALS_LENGTH, OFFSET, MATCH_LENGTH, KINDS };

/* The state of a frame's decompression. */
struct frame {
    struct decompression *decompression;
    size_t start; /* the frame's first byte in destination */
    uint32_t block_maximum;
    uint32_t repeated_offsets[REPEATED_OFFSETS];
    unsigned huffman_bits; /* 0: no tree yet */
    struct huffman_entry huffman[1 << HUFFMAN_MAXIMUM_BITS];
    struct fse_table tables[KINDS];
    uint32_t baselines[KINDS][FSE_MAXIMUM_SYMBOLS];
    struct fse_table weights_table;
    uint8_t weights[HUFFMAN_SYMBOLS];
    uint8_t literals[BLOCK_MAXIMUM_BYTES];
};

_Static_assert(sizeof(struct frame) <= DECOMPRESS_WORKING_BYTES, "larger than the working memory");

static const struct kind {
    uint8_t symbols;
    uint8_t maximum_log;
    uint8_t predefined_log;
    uint8_t predefined_symbols;
    uint8_t first_baseline;
    int8_t predefined[FSE_MAXIMUM_SYMBOLS];
    uint8_t bits[FSE_MAXIMUM_SYMBOLS]; /* number of extra bits after a symbol */
} kinds[KINDS] = {
    [LITERALS_LENGTH] = {36,
                         9,
                         6,
                         36,
                         0,
                         {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1,  1,  2,  2,
                          2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1},
                         {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  1,  1,
                          1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
    [OFFSET] = {32,
                8,
                5,
                29,
                1,
                {1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1},
                {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}},
    [MATCH_LENGTH] = {53,
                      9,
                      6,
                      53,
                      3,
                      {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1,  1,  1,  1,  1,  1,  1, 1,
                       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1,
                       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1},
                      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0,
                       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  1,  1,  1, 1,
                       2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
};

// ---- Bytes and bits

static uint64_t load_little(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    while (size-- > 0) {
        value = value << 8 | at[size];
    }
    return value;
}

/* Removes size bytes from the data's start. */
static bool take_bytes(struct bytes *data, size_t size, struct bytes *taken)
{
    if (size > data->size) {
        return false;
    }
    *taken = (struct bytes){data->data, size};
    *data = (struct bytes){data->data + size, data->size - size};
    return true;
}

/* A stream of bits, read backwards (4.1): the last byte's highest set bit marks its end. */
struct bits {
    struct bytes data;
    int32_t left; /* bits left; negative: number of zeros taken beyond the stream's start */
};

static unsigned highest_bit(uint32_t value)
{
    return 31 - (unsigned)__builtin_clz(value);
}

static bool start_bits(struct bits *bits, struct bytes data)
{
    if (data.size == 0 || data.data[data.size - 1] == 0) {
        return false;
    }
    bits->data = data;
    bits->left = (int32_t)((data.size - 1) * 8 + highest_bit(data.data[data.size - 1]));
    return true;
}

/* The count bits (up to 16) from bit first on; bits outside the data read as 0. */
static uint32_t bits_at(struct bytes data, int32_t first, unsigned count)
{
    uint32_t value = 0;
    if (first >= 0 && range_within((uint32_t)first / 8, 4, data.size)) {
        value = load32(data.data + (uint32_t)first / 8) >> ((uint32_t)first % 8);
        return value & (((uint32_t)1 << count) - 1);
    }
    for (int32_t i = (int32_t)count - 1; i >= 0; i--) {
        int32_t at = first + i;
        bool is_set = at >= 0 && (uint32_t)at / 8 < data.size &&
                      (data.data[(uint32_t)at / 8] >> ((uint32_t)at % 8) & 1) != 0;
        value = value << 1 | is_set;
    }
    return value;
}

/* The next count bits, up to 32. */
static uint32_t take_bits(struct bits *bits, unsigned count)
{
    unsigned low = count < 16 ? count : 16;
    bits->left -= (int32_t)count;
    return bits_at(bits->data, bits->left + (int32_t)low, count - low) << low |
           bits_at(bits->data, bits->left, low);
}

// ---- FSE tables

/* The probabilities of symbols (4.1.1). */
struct distribution {
    unsigned symbols;
    unsigned accuracy_log; /* the probabilities, -1 counting as 1, add up to 1 << accuracy_log */
    int16_t probabilities[FSE_MAXIMUM_SYMBOLS]; /* -1: "less than 1" */
};

/* Reads a probability at a bit. The value, the probability + 1, is from 0 to remaining + 1. */
static int16_t read_probability(struct bytes data, int32_t *bit, int32_t remaining)
{
    unsigned bits = highest_bit((uint32_t)remaining + 1) + 1;
    int32_t value = (int32_t)bits_at(data, *bit, bits);
    int32_t high_bit = 1 << (bits - 1), low_bits = value & (high_bit - 1);
    int32_t threshold = (1 << bits) - 1 - (remaining + 1); /* values below it have a bit less */
    if (low_bits < threshold) {
        value = low_bits;
        bits--;
    } else if (value >= high_bit) {
        value -= threshold;
    }
    *bit += (int32_t)bits;
    return (int16_t)(value - 1);
}

/* Reads the repeat flags after a probability of 0. Returns how many more zeros follow. */
static unsigned read_repeats(struct bytes data, int32_t *bit)
{
    unsigned zeros = 0, flag;
    do {
        flag = bits_at(data, *bit, 2);
        *bit += 2;
        zeros += flag;
    } while (flag == 3);
    return zeros;
}

/* Reads the probabilities of at most distribution->symbols symbols and removes them from the
   data. */
static bool read_distribution(struct bytes *data, unsigned maximum_log,
                              struct distribution *distribution)
{
    distribution->accuracy_log = bits_at(*data, 0, 4) + FSE_LOWEST_LOG;
    if (distribution->accuracy_log > maximum_log) {
        return false;
    }
    memset(distribution->probabilities, 0, sizeof distribution->probabilities);
    int32_t bit = 4, remaining = 1 << distribution->accuracy_log;
    for (unsigned symbol = 0; remaining > 0 && symbol < distribution->symbols; symbol++) {
        int16_t probability = read_probability(*data, &bit, remaining);
        distribution->probabilities[symbol] = probability;
        remaining -= probability < 0 ? 1 : probability;
        if (probability == 0) {
            symbol += read_repeats(*data, &bit);
        }
    }
    struct bytes taken;
    return remaining == 0 && take_bytes(data, (size_t)(bit + 7) / 8, &taken);
}

/* Spreads the symbols over the states (4.1.1). */
static void build_table(struct fse_table *table, const struct distribution *distribution)
{
    uint16_t next[FSE_MAXIMUM_SYMBOLS];
    const int16_t *probabilities = distribution->probabilities;
    unsigned symbols = distribution->symbols, log = distribution->accuracy_log;
    uint32_t size = (uint32_t)1 << log, high = size, position = 0;
    table->log = log;
    table->is_set = true;
    for (unsigned i = 0; i < symbols; i++) {
        next[i] = (uint16_t)(probabilities[i] < 0 ? 1 : probabilities[i]);
        if (probabilities[i] < 0) {
            table->entries[--high].symbol = (uint8_t)i;
        }
    }
    for (unsigned i = 0; i < symbols; i++) {
        for (int j = 0; j < probabilities[i]; j++) {
            table->entries[position].symbol = (uint8_t)i;
            do {
                position = (position + (size >> 1) + (size >> 3) + 3) & (size - 1);
            } while (position >= high);
        }
    }
    for (uint32_t i = 0; i < size; i++) {
        struct fse_entry *entry = &table->entries[i];
        uint32_t state = next[entry->symbol]++;
        entry->bits = (uint8_t)(log - highest_bit(state));
        entry->baseline = (uint16_t)((state << entry->bits) - size);
    }
}

/* Makes the table of a kind by its mode (3.1.1.3.2.1), and removes its description from the
   data. */
static bool read_table(struct frame *frame, unsigned kind, unsigned mode, struct bytes *data)
{
    const struct kind *facts = &kinds[kind];
    struct fse_table *table = &frame->tables[kind];
    struct distribution distribution = {.symbols = facts->symbols};
    struct bytes symbol;
    switch (mode) {
    case MODE_PREDEFINED:
        distribution.symbols = facts->predefined_symbols;
        distribution.accuracy_log = facts->predefined_log;
        for (unsigned i = 0; i < facts->predefined_symbols; i++) {
            distribution.probabilities[i] = (int16_t)facts->predefined[i];
        }
        break;
    case MODE_RLE:
        if (!take_bytes(data, 1, &symbol) || *symbol.data >= facts->symbols) {
            return false;
        }
        table->entries[0] = (struct fse_entry){.symbol = *symbol.data};
        table->log = 0;
        table->is_set = true;
        return true;
    case MODE_FSE:
        if (!read_distribution(data, facts->maximum_log, &distribution)) {
            return false;
        }
        break;
    default: /* Repeat_Mode */
        return table->is_set;
    }
    build_table(table, &distribution);
    return true;
}

// ---- Literals

/* Reads FSE-compressed weights of a Huffman code, with two alternating states (4.2.1.2). */
static bool read_compressed_weights(struct frame *frame, struct bytes data, unsigned *count)
{
    struct distribution distribution = {.symbols = HUFFMAN_MAXIMUM_BITS + 1};
    struct fse_table *table = &frame->weights_table;
    struct bits bits;
    if (!read_distribution(&data, WEIGHTS_MAXIMUM_LOG, &distribution) || !start_bits(&bits, data)) {
        return false;
    }
    build_table(table, &distribution);
    uint32_t states[2];
    states[0] = take_bits(&bits, table->log);
    states[1] = take_bits(&bits, table->log);
    for (*count = 0; bits.left >= 0 && *count < HUFFMAN_SYMBOLS - 2; ++*count) {
        uint32_t *state = &states[*count % 2];
        const struct fse_entry *entry = &table->entries[*state];
        frame->weights[*count] = entry->symbol;
        *state = entry->baseline + take_bits(&bits, entry->bits);
    }
    frame->weights[*count] = table->entries[states[*count % 2]].symbol;
    ++*count;
    return bits.left < 0;
}

/* Makes the decoding table (4.2.1.3) of count weights and of a last one, which completes the
   code. */
static bool build_huffman(struct frame *frame, unsigned count)
{
    uint32_t sum = 0, position = 0;
    for (unsigned i = 0; i < count; i++) {
        if (frame->weights[i] > HUFFMAN_MAXIMUM_BITS) {
            return false;
        }
        sum += ((uint32_t)1 << frame->weights[i]) >> 1;
    }
    if (sum == 0) {
        return false;
    }
    unsigned bits = highest_bit(sum) + 1;
    uint32_t rest = ((uint32_t)1 << bits) - sum;
    if (bits > HUFFMAN_MAXIMUM_BITS || (rest & (rest - 1)) != 0) {
        return false;
    }
    frame->weights[count] = (uint8_t)(highest_bit(rest) + 1);
    for (unsigned weight = 1; weight <= bits; weight++) {
        for (unsigned symbol = 0; symbol <= count; symbol++) {
            uint32_t states = frame->weights[symbol] == weight ? (uint32_t)1 << (weight - 1) : 0;
            for (; states != 0; states--) {
                frame->huffman[position++] =
                    (struct huffman_entry){(uint8_t)symbol, (uint8_t)(bits + 1 - weight)};
            }
        }
        if (position == 0) { /* no symbol has the longest code */
            return false;
        }
    }
    frame->huffman_bits = bits;
    return true;
}

/* Reads the description of a Huffman code (4.2.1) and removes it from the data. */
static bool read_huffman(struct frame *frame, struct bytes *data)
{
    struct bytes first, weights;
    if (!take_bytes(data, 1, &first)) {
        return false;
    }
    unsigned header = *first.data, count = header - HUFFMAN_DIRECT;
    if (!take_bytes(data, header <= HUFFMAN_DIRECT ? header : (count + 1) / 2, &weights)) {
        return false;
    }
    if (header <= HUFFMAN_DIRECT) {
        return read_compressed_weights(frame, weights, &count) && build_huffman(frame, count);
    }
    for (unsigned i = 0; i < count; i++) {
        frame->weights[i] = weights.data[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    }
    return build_huffman(frame, count);
}

static bool decode_stream(const struct frame *frame, struct bytes data, uint8_t *to, size_t size)
{
    struct bits bits;
    unsigned most = frame->huffman_bits;
    if (!start_bits(&bits, data)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const struct huffman_entry *entry =
            &frame->huffman[bits_at(data, bits.left - (int32_t)most, most)];
        bits.left -= entry->bits;
        to[i] = entry->symbol;
    }
    return bits.left == 0;
}

static bool decode_streams(struct frame *frame, struct bytes data, size_t size, bool is_one)
{
    if (is_one) {
        return decode_stream(frame, data, frame->literals, size);
    }
    size_t part = (size + STREAMS - 1) / STREAMS, at = JUMP_TABLE_BYTES;
    if (data.size < JUMP_TABLE_BYTES || size < STREAMS_LOWEST) {
        return false;
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        bool is_last = i == STREAMS - 1;
        size_t length = is_last ? data.size - at : load16(data.data + 2 * i);
        if (!range_within(at, length, data.size) ||
            !decode_stream(frame, (struct bytes){data.data + at, length},
                           frame->literals + i * part, is_last ? size - i * part : part)) {
            return false;
        }
        at += length;
    }
    return true;
}

/* Reads a Raw_Literals_Block or RLE_Literals_Block: Regenerated_Size has 5, 12 or 20 bits. */
static bool read_plain_literals(struct frame *frame, struct bytes *block, struct bytes *literals)
{
    unsigned type = *block->data & 3, format = *block->data >> 2 & 3;
    struct bytes header, byte;
    if (!take_bytes(block, format == 1 ? 2 : format == 3 ? 3 : 1, &header)) {
        return false;
    }
    size_t size = (size_t)load_little(header.data, header.size) >> (header.size == 1 ? 3 : 4);
    if (size > frame->block_maximum) {
        return false;
    }
    if (type == LITERALS_RAW) {
        return take_bytes(block, size, literals);
    }
    if (!take_bytes(block, 1, &byte)) {
        return false;
    }
    memset(frame->literals, *byte.data, size);
    *literals = (struct bytes){frame->literals, size};
    return true;
}

/* Reads a Compressed_Literals_Block or Treeless_Literals_Block: Regenerated_Size and
   Compressed_Size have 10, 14 or 18 bits each. */
static bool read_huffman_literals(struct frame *frame, struct bytes *block, struct bytes *literals)
{
    unsigned type = *block->data & 3, format = *block->data >> 2 & 3;
    struct bytes header, data;
    if (!take_bytes(block, format < 2 ? 3 : format + 2, &header)) {
        return false;
    }
    unsigned bits = (8 * (unsigned)header.size - 4) / 2;
    uint64_t sizes = load_little(header.data, header.size) >> 4;
    size_t size = (size_t)sizes & (((size_t)1 << bits) - 1);
    if (size > frame->block_maximum || !take_bytes(block, (size_t)(sizes >> bits), &data)) {
        return false;
    }
    *literals = (struct bytes){frame->literals, size};
    bool has_tree =
        type == LITERALS_TREELESS ? frame->huffman_bits != 0 : read_huffman(frame, &data);
    return has_tree && decode_streams(frame, data, size, format == 0);
}

/* Reads a block's literals section (3.1.1.3.1) and removes it from the block. */
static bool read_literals(struct frame *frame, struct bytes *block, struct bytes *literals)
{
    if (block->size == 0) {
        return false;
    }
    return (*block->data & 3) <= LITERALS_RLE ? read_plain_literals(frame, block, literals)
                                              : read_huffman_literals(frame, block, literals);
}

// ---- Sequences

/* Where a block's sequences write. */
struct output {
    uint8_t *start; /* the frame's first byte */
    uint8_t *at;
    size_t room;
    struct bytes literals;
};

/* Fails because a block's output exceeds the room or the block's maximum. The caller reports the
   latter. */
static bool fail_too_long(const struct frame *frame)
{
    return decompress_room(frame->decompression) < frame->block_maximum &&
           decompress_fail_no_room(frame->decompression);
}

/* Converts an Offset_Value to an offset (3.1.1.5); 0: invalid. */
static uint32_t find_offset(uint32_t repeated[REPEATED_OFFSETS], uint32_t value, bool no_literals)
{
    uint32_t index = value <= REPEATED_OFFSETS ? value - 1 + no_literals : REPEATED_OFFSETS + 1;
    if (index == 0) {
        return repeated[0];
    }
    uint32_t offset = index > REPEATED_OFFSETS    ? value - REPEATED_OFFSETS
                      : index == REPEATED_OFFSETS ? repeated[0] - 1
                                                  : repeated[index];
    if (index != 1) {
        repeated[2] = repeated[1];
    }
    repeated[1] = repeated[0];
    repeated[0] = offset;
    return offset;
}

static bool put_literals(struct frame *frame, struct output *output, size_t length)
{
    if (length > output->literals.size) {
        return false;
    }
    if (length > output->room) {
        return fail_too_long(frame);
    }
    memcpy(output->at, output->literals.data, length);
    output->at += length;
    output->room -= length;
    output->literals.data += length;
    output->literals.size -= length;
    return true;
}

static bool put_match(struct frame *frame, struct output *output, uint32_t offset, size_t length)
{
    if (offset == 0 || offset > (size_t)(output->at - output->start)) {
        return false;
    }
    if (length > output->room) {
        return fail_too_long(frame);
    }
    output->room -= length;
    for (; length != 0; length--, output->at++) { /* may overlap itself */
        *output->at = *(output->at - offset);
    }
    return true;
}

/* Executes count sequences (3.1.1.4); the tables have been made. */
static bool run_sequences(struct frame *frame, struct bytes data, uint32_t count,
                          struct output *output)
{
    static const uint8_t order[KINDS] = {OFFSET, MATCH_LENGTH, LITERALS_LENGTH};
    static const uint8_t update_order[KINDS] = {LITERALS_LENGTH, MATCH_LENGTH, OFFSET};
    struct bits bits;
    uint32_t states[KINDS], values[KINDS];
    if (!start_bits(&bits, data)) {
        return false;
    }
    for (unsigned i = 0; i < KINDS; i++) {
        states[i] = take_bits(&bits, frame->tables[i].log);
    }
    while (count-- > 0) {
        for (unsigned i = 0; i < KINDS; i++) {
            unsigned kind = order[i], symbol = frame->tables[kind].entries[states[kind]].symbol;
            values[kind] =
                frame->baselines[kind][symbol] + take_bits(&bits, kinds[kind].bits[symbol]);
        }
        uint32_t offset =
            find_offset(frame->repeated_offsets, values[OFFSET], values[LITERALS_LENGTH] == 0);
        if (bits.left < 0 || !put_literals(frame, output, values[LITERALS_LENGTH]) ||
            !put_match(frame, output, offset, values[MATCH_LENGTH])) {
            return false;
        }
        for (unsigned i = 0; i < KINDS && count > 0; i++) {
            unsigned kind = update_order[i];
            const struct fse_entry *entry = &frame->tables[kind].entries[states[kind]];
            states[kind] = entry->baseline + take_bits(&bits, entry->bits);
        }
    }
    return bits.left == 0;
}

/* Reads the header of the sequences section, makes the tables, and removes both from the block. */
static bool read_sequences(struct frame *frame, struct bytes *block, uint32_t *count)
{
    if (block->size == 0) {
        return false;
    }
    struct bytes header, modes;
    if (!take_bytes(block, *block->data < 128 ? 1 : *block->data < 255 ? 2 : 3, &header)) {
        return false;
    }
    *count = header.size == 1   ? header.data[0]
             : header.size == 2 ? (uint32_t)(header.data[0] - 128) << 8 | header.data[1]
                                : load16(header.data + 1) + 0x7f00u;
    if (*count == 0) {
        return block->size == 0;
    }
    if (!take_bytes(block, 1, &modes) || (*modes.data & MODES_RESERVED) != 0) {
        return false;
    }
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (!read_table(frame, kind, *modes.data >> (6 - 2 * kind) & 3, block)) {
            return false;
        }
    }
    return true;
}

// ---- Blocks

static bool decompress_compressed(struct frame *frame, struct bytes block)
{
    struct decompression *decompression = frame->decompression;
    struct output output = {.start = decompression->destination + frame->start,
                            .at = decompression->destination + decompression->length,
                            .room = decompress_room(decompression)};
    uint32_t count = 0;
    output.room = output.room < frame->block_maximum ? output.room : frame->block_maximum;
    if (!read_literals(frame, &block, &output.literals) || !read_sequences(frame, &block, &count) ||
        (count > 0 && !run_sequences(frame, block, count, &output)) ||
        !put_literals(frame, &output, output.literals.size)) {
        return decompression->length <= decompression->capacity &&
               decompress_fail_damaged(decompression, "a block makes no sense");
    }
    decompression->length = (size_t)(output.at - decompression->destination);
    return true;
}

static bool decompress_plain(struct frame *frame, const uint8_t *data, size_t size, bool is_rle)
{
    struct decompression *decompression = frame->decompression;
    uint8_t *to = decompression->destination + decompression->length;
    if (size > decompress_room(decompression)) {
        return decompress_fail_no_room(decompression);
    }
    if (is_rle) {
        memset(to, *data, size);
    } else {
        memcpy(to, data, size);
    }
    decompression->length += size;
    return true;
}

static bool decompress_block(struct frame *frame, bool *is_last)
{
    struct decompression *decompression = frame->decompression;
    if (decompress_left(decompression) < BLOCK_HEADER_BYTES) {
        return decompress_fail_cut(decompression);
    }
    const uint8_t *header = decompress_at(decompression), *data = header + BLOCK_HEADER_BYTES;
    unsigned type = header[0] >> 1 & 3;
    size_t size = (size_t)load16(header + 1) << 5 | header[0] >> 3;
    size_t compressed_size = type == BLOCK_RLE ? 1 : size;
    if (type > BLOCK_COMPRESSED || size > frame->block_maximum) {
        return decompress_fail_damaged(decompression, "a block makes no sense");
    }
    if (compressed_size > decompress_left(decompression) - BLOCK_HEADER_BYTES) {
        return decompress_fail_cut(decompression);
    }
    bool done = type == BLOCK_COMPRESSED ? decompress_compressed(frame, (struct bytes){data, size})
                                         : decompress_plain(frame, data, size, type == BLOCK_RLE);
    decompression->at += BLOCK_HEADER_BYTES + compressed_size;
    *is_last = (header[0] & BLOCK_LAST) != 0;
    return done;
}

// ---- Frames

struct frame_header {
    uint64_t content_size; /* DECOMPRESS_SIZE_UNKNOWN: not stated */
    uint64_t window_size;
    size_t size; /* of the header, with the magic number; 0: the header is cut short */
    unsigned descriptor;
    bool has_dictionary;
};

/* Reads the frame header (3.1.1.1) at the start of the data. */
static struct frame_header read_header(struct bytes data)
{
    struct frame_header header = {.content_size = DECOMPRESS_SIZE_UNKNOWN};
    if (data.size <= WORD_BYTES) {
        return header;
    }
    unsigned descriptor = header.descriptor = data.data[WORD_BYTES];
    bool is_single = (descriptor & SINGLE_SEGMENT_FLAG) != 0;
    size_t window_size = is_single ? 0 : 1;
    size_t id_size = (1u << (descriptor & DICTIONARY_ID_FLAG)) >> 1;
    size_t content_size = 1u << (descriptor >> CONTENT_SIZE_SHIFT);
    content_size = content_size == 1 && !is_single ? 0 : content_size;
    size_t at = WORD_BYTES + 1;
    if (data.size < at + window_size + id_size + content_size) {
        return header;
    }
    uint8_t window = data.data[at];
    at += window_size;
    header.has_dictionary = load_little(data.data + at, id_size) != 0;
    at += id_size;
    if (content_size != 0) {
        header.content_size = load_little(data.data + at, content_size);
        header.content_size += content_size == 2 ? 256 : 0;
    }
    uint64_t base = (uint64_t)1 << (WINDOW_LOG_LOWEST + (window >> 3));
    header.window_size = is_single ? header.content_size : base + base / 8 * (window & 7);
    header.size = at + content_size;
    return header;
}

static bool check_content(struct frame *frame, const struct frame_header *header)
{
    struct decompression *decompression = frame->decompression;
    size_t size = decompression->length - frame->start;
    if (header->content_size != DECOMPRESS_SIZE_UNKNOWN && header->content_size != size) {
        return decompress_fail_damaged(decompression,
                                       "it decompresses to another size than it says");
    }
    if ((header->descriptor & CONTENT_CHECKSUM_FLAG) == 0) {
        return true;
    }
    if (decompress_left(decompression) < WORD_BYTES) {
        return decompress_fail_cut(decompression);
    }
    if (load32(decompress_at(decompression)) !=
        (uint32_t)checksum_xxh64(decompression->destination + frame->start, size)) {
        return decompress_fail_damaged(decompression, "the checksum is wrong");
    }
    decompression->at += WORD_BYTES;
    return true;
}

/* Resets what carries over from block to block (3.1.1.5, 3.1.1.3.2.1). */
static void start_frame(struct frame *frame, const struct frame_header *header)
{
    static const uint8_t offsets[REPEATED_OFFSETS] = {1, 4, 8};
    frame->start = frame->decompression->length;
    frame->block_maximum = header->window_size < BLOCK_MAXIMUM_BYTES ? (uint32_t)header->window_size
                                                                     : BLOCK_MAXIMUM_BYTES;
    frame->huffman_bits = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        frame->tables[i].is_set = false;
        frame->repeated_offsets[i] = offsets[i];
    }
}

static bool decompress_frame(struct frame *frame)
{
    struct decompression *decompression = frame->decompression;
    struct frame_header header =
        read_header((struct bytes){decompress_at(decompression), decompress_left(decompression)});
    bool is_last = false;
    if (header.size == 0) {
        return decompress_fail_cut(decompression);
    }
    if (header.descriptor & FRAME_RESERVED) {
        return decompress_fail_unknown(decompression, "another version");
    }
    if (header.has_dictionary) {
        return decompress_fail_unknown(decompression, "it needs a dictionary");
    }
    decompression->at += header.size;
    start_frame(frame, &header);
    while (!is_last) {
        if (!decompress_block(frame, &is_last)) {
            return false;
        }
    }
    return check_content(frame, &header);
}

static bool skip_frame(struct decompression *decompression)
{
    if (decompress_left(decompression) < 2 * WORD_BYTES ||
        load32(decompress_at(decompression) + WORD_BYTES) >
            decompress_left(decompression) - 2 * WORD_BYTES) {
        return decompress_fail_cut(decompression);
    }
    decompression->at += 2 * WORD_BYTES + load32(decompress_at(decompression) + WORD_BYTES);
    return true;
}

static struct frame *new_frame(struct decompression *decompression)
{
    struct frame *frame = ARENA_NEW(decompression->working, struct frame);
    if (frame == NULL) {
        fail(decompression->error, "out of working memory");
        return NULL;
    }
    frame->decompression = decompression;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint32_t baseline = kinds[kind].first_baseline;
        for (unsigned i = 0; i < kinds[kind].symbols; i++) {
            frame->baselines[kind][i] = baseline;
            baseline += (uint32_t)1 << kinds[kind].bits[i];
        }
    }
    return frame;
}

bool zstd_decompress(struct decompression *decompression)
{
    struct frame *frame = new_frame(decompression);
    bool done = frame != NULL;
    while (done && decompress_left(decompression) > 0) {
        uint32_t magic =
            decompress_left(decompression) >= WORD_BYTES ? load32(decompress_at(decompression)) : 0;
        if (magic == MAGIC) {
            done = decompress_frame(frame);
        } else if ((magic & SKIPPABLE_MASK) == MAGIC_SKIPPABLE) {
            done = skip_frame(decompression);
        } else {
            done = decompress_fail_damaged(decompression, "no frame starts there");
        }
    }
    return done;
}

/* The size that the first frame states, unless it is a skippable one. */
uint64_t zstd_size(struct bytes compressed)
{
    bool known = compressed.size >= WORD_BYTES && load32(compressed.data) == MAGIC;
    return known ? read_header(compressed).content_size : DECOMPRESS_SIZE_UNKNOWN;
}
