/*
 * plain_expand.c - compressed values, as docs/FORMAT.md and LZ4's description of its block format have them;
 * see plain_reader.h.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "plain_reading.h"

unsigned plain_forms;

/* A length of 15 goes on in bytes as long as they are 255. */
static size_t length_read(unsigned nibble, const unsigned char **at) {
    size_t len = nibble;
    if (nibble < 15) return len;
    do {
        len += **at;
    } while (*(*at)++ == 255);
    return len;
}

static void block_expand(const unsigned char *at, const unsigned char *end, struct plain_bytes *out) {
    for (;;) {
        unsigned token = *at++;
        size_t literals = length_read(token >> 4, &at);
        plain_bytes_add(out, at, literals);
        at += literals;
        if (at == end) return; /* the last sequence is literals alone */
        cr_assert_lt(at, end);
        size_t offset = u16(at);
        at += 2;
        size_t len = length_read(token & 15, &at) + 4;
        cr_assert(offset > 0 && offset <= out->len);
        while (len-- > 0) { /* one by one: what is copied may have been copied just now */
            unsigned char byte = out->data[out->len - offset];
            plain_bytes_add(out, &byte, 1);
        }
    }
}

struct plain_bytes plain_form_read(struct reading *reading, const unsigned char *at, size_t len,
                                   bool spilled) {
    const unsigned char *end = at + len;
    struct plain_bytes block = {NULL, 0}, value = {NULL, 0};
    size_t value_len = 0;
    for (unsigned shift = 0;; shift += 7) {
        value_len |= (size_t)(*at & 0x7F) << shift;
        if (!(*at++ & 0x80)) break;
    }
    cr_assert(value_len >= 32 && value_len <= 65536);
    if (spilled)
        block = plain_blob_read(reading, at);
    else
        plain_bytes_add(&block, at, (size_t)(end - at));
    cr_assert(!spilled || end - at == 16, "a descriptor");
    cr_assert_lt(block.len, value_len);
    block_expand(block.data, block.data + block.len, &value);
    cr_assert_eq(value.len, value_len);
    free(block.data);
    plain_forms++;
    return value;
}
