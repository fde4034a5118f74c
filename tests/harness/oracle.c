/*
 * oracle.c - sorted arrays of shared byte strings.
 */
#include "oracle.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *block) {
    if (block == NULL) abort(); /* the harness itself is out of memory: no test result */
    return block;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t z = (a ^ (b * 0x9E3779B97F4A7C15u)) + 0xD6E8FEB86659FD93u;
    z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93u;
    return z ^ (z >> 29);
}

static uint64_t hash_bytes(const void *data, size_t len) {
    const unsigned char *at = data;
    uint64_t hash = len;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = mix(hash, word);
    }
    uint64_t tail = 0;
    if (len > 0) memcpy(&tail, at, len);
    return mix(hash, tail);
}

static struct oracle_bytes *bytes_new(const void *data, size_t len) {
    struct oracle_bytes *bytes = must(malloc(sizeof *bytes + len));
    *bytes = (struct oracle_bytes){.refs = 1, .hash = hash_bytes(data, len), .len = len};
    if (len > 0) memcpy(bytes->data, data, len);
    return bytes;
}

static struct oracle_bytes *bytes_share(struct oracle_bytes *bytes) {
    bytes->refs++;
    return bytes;
}

static void bytes_drop(struct oracle_bytes *bytes) {
    if (--bytes->refs == 0) free(bytes);
}

static int bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len) {
    size_t common = a_len < b_len ? a_len : b_len;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    if (order != 0) return order;
    return (a_len > b_len) - (a_len < b_len);
}

static uint64_t entry_digest(const struct oracle_entry *entry) {
    return mix(entry->key->hash, entry->value->hash);
}

struct oracle *oracle_new(void) {
    return must(calloc(1, sizeof(struct oracle)));
}

struct oracle *oracle_copy(const struct oracle *from) {
    struct oracle *copy = oracle_new();
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        const struct oracle_db *source = &from->dbs[db];
        struct oracle_db *target = &copy->dbs[db];
        *target = (struct oracle_db){
            .count = source->count, .cap = source->count, .digest = source->digest};
        if (source->count == 0) continue;
        target->entries = must(malloc(source->count * sizeof *target->entries));
        for (size_t i = 0; i < source->count; i++) {
            target->entries[i].key = bytes_share(source->entries[i].key);
            target->entries[i].value = bytes_share(source->entries[i].value);
        }
    }
    return copy;
}

void oracle_flush(struct oracle *oracle, uint32_t db) {
    struct oracle_db *target = &oracle->dbs[db];
    for (size_t i = 0; i < target->count; i++) {
        bytes_drop(target->entries[i].key);
        bytes_drop(target->entries[i].value);
    }
    free(target->entries);
    *target = (struct oracle_db){0};
}

void oracle_free(struct oracle *oracle) {
    if (oracle == NULL) return;
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) oracle_flush(oracle, db);
    free(oracle);
}

void oracle_swap(struct oracle *oracle, uint32_t a, uint32_t b) {
    struct oracle_db kept = oracle->dbs[a];
    oracle->dbs[a] = oracle->dbs[b];
    oracle->dbs[b] = kept;
}

size_t oracle_seek(const struct oracle *oracle, uint32_t db, const void *key, size_t key_len,
                   bool *exact) {
    const struct oracle_db *source = &oracle->dbs[db];
    size_t low = 0, high = source->count;
    *exact = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct oracle_bytes *at = source->entries[middle].key;
        int order = bytes_compare(at->data, at->len, key, key_len);
        if (order == 0) *exact = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct oracle_bytes *oracle_get(const struct oracle *oracle, uint32_t db, const void *key,
                                      size_t key_len) {
    bool exact;
    size_t at = oracle_seek(oracle, db, key, key_len, &exact);
    return exact ? oracle->dbs[db].entries[at].value : NULL;
}

static void entry_insert(struct oracle_db *db, size_t at, struct oracle_entry entry) {
    if (db->count == db->cap) {
        db->cap = db->cap * 2 + 16;
        db->entries = must(realloc(db->entries, db->cap * sizeof *db->entries));
    }
    memmove(&db->entries[at + 1], &db->entries[at], (db->count - at) * sizeof *db->entries);
    db->entries[at] = entry;
    db->count++;
}

void oracle_set(struct oracle *oracle, uint32_t db, const void *key, size_t key_len,
                const void *value, size_t value_len) {
    struct oracle_db *target = &oracle->dbs[db];
    struct oracle_bytes *fresh = bytes_new(value, value_len);
    bool exact;
    size_t at = oracle_seek(oracle, db, key, key_len, &exact);
    if (exact) {
        target->digest -= entry_digest(&target->entries[at]);
        bytes_drop(target->entries[at].value);
        target->entries[at].value = fresh;
    } else {
        entry_insert(target, at, (struct oracle_entry){bytes_new(key, key_len), fresh});
    }
    target->digest += entry_digest(&target->entries[at]);
}

bool oracle_del(struct oracle *oracle, uint32_t db, const void *key, size_t key_len) {
    struct oracle_db *target = &oracle->dbs[db];
    bool exact;
    size_t at = oracle_seek(oracle, db, key, key_len, &exact);
    if (!exact) return false;
    struct oracle_entry gone = target->entries[at];
    target->digest -= entry_digest(&gone);
    target->count--;
    memmove(&target->entries[at], &target->entries[at + 1],
            (target->count - at) * sizeof *target->entries);
    bytes_drop(gone.key);
    bytes_drop(gone.value);
    return true;
}

uint64_t oracle_entry_digest(const void *key, size_t key_len, const void *value, size_t value_len) {
    return mix(hash_bytes(key, key_len), hash_bytes(value, value_len));
}

uint64_t oracle_join_digests(const uint64_t sums[ORACLE_DATABASES],
                             const uint64_t counts[ORACLE_DATABASES]) {
    uint64_t digest = 0;
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) digest = mix(digest, sums[db] + counts[db]);
    return digest;
}

uint64_t oracle_digest(const struct oracle *oracle) {
    uint64_t sums[ORACLE_DATABASES], counts[ORACLE_DATABASES];
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        sums[db] = oracle->dbs[db].digest;
        counts[db] = oracle->dbs[db].count;
    }
    return oracle_join_digests(sums, counts);
}

static bool db_within(const struct oracle_db *part, const struct oracle *whole, uint32_t db) {
    for (size_t i = 0; i < part->count; i++) {
        const struct oracle_bytes *key = part->entries[i].key, *value = part->entries[i].value;
        const struct oracle_bytes *other = oracle_get(whole, db, key->data, key->len);
        if (other == NULL || other->len != value->len || other->hash != value->hash) return false;
    }
    return true;
}

bool oracle_within(const struct oracle *part, const struct oracle *whole) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        if (!db_within(&part->dbs[db], whole, db)) return false;
    }
    return true;
}

static void print_bytes(const struct oracle_bytes *bytes) {
    size_t shown = bytes->len < 24 ? bytes->len : 24;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)bytes->data[i];
        fprintf(stderr, isgraph(c) ? "%c" : "\\x%02x", c);
    }
    fprintf(stderr, "%s (%zu bytes, hash %08x)", shown < bytes->len ? "..." : "", bytes->len,
            (unsigned)bytes->hash);
}

static void print_line(const char *what, uint32_t db, const struct oracle_bytes *key,
                       const struct oracle_bytes *expected, const struct oracle_bytes *found) {
    fprintf(stderr, "  %s: database %u, key ", what, db);
    print_bytes(key);
    fprintf(stderr, expected ? ", expected " : "");
    if (expected) print_bytes(expected);
    fprintf(stderr, found ? ", found " : "");
    if (found) print_bytes(found);
    fprintf(stderr, "\n");
}

/* The order of two entries of a merge; an exhausted side is after everything. */
static int merge_order(const struct oracle_db *a, size_t i, const struct oracle_db *b, size_t j) {
    if (i >= a->count) return 1;
    if (j >= b->count) return -1;
    const struct oracle_bytes *x = a->entries[i].key, *y = b->entries[j].key;
    return bytes_compare(x->data, x->len, y->data, y->len);
}

static unsigned print_db_difference(uint32_t number, const struct oracle_db *expected,
                                    const struct oracle_db *found, unsigned lines) {
    size_t i = 0, j = 0;
    while (lines > 0 && (i < expected->count || j < found->count)) {
        int order = merge_order(expected, i, found, j);
        if (order < 0) {
            const struct oracle_entry *lost = &expected->entries[i++];
            print_line("lost", number, lost->key, lost->value, NULL);
            lines--;
        } else if (order > 0) {
            const struct oracle_entry *extra = &found->entries[j++];
            print_line("should not be there", number, extra->key, NULL, extra->value);
            lines--;
        } else {
            const struct oracle_entry *x = &expected->entries[i++], *y = &found->entries[j++];
            if (x->value->hash == y->value->hash && x->value->len == y->value->len) continue;
            print_line("differs", number, x->key, x->value, y->value);
            lines--;
        }
    }
    return lines;
}

void oracle_print_difference(const struct oracle *expected, const struct oracle *found,
                             unsigned lines) {
    for (uint32_t db = 0; db < ORACLE_DATABASES && lines > 0; db++) {
        lines = print_db_difference(db, &expected->dbs[db], &found->dbs[db], lines);
    }
}
