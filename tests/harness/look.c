/*
 * look.c - each kind of read, compared with the oracle.
 */
#include "look.h"

#include <string.h>

/* Too large for a stack, and made too often for malloc. */
static _Thread_local struct look {
    struct choices *choices;
    ferrite_db *db;
    const struct oracle *oracle;
    uint32_t number; /* of the logical database */
    char key[OP_KEY_MAX];
    size_t key_len;
    const struct oracle_bytes *expected; /* the key's value, NULL: none */
    struct finding *finding;
} the_look;

static bool same_bytes(const char *data, size_t len, const struct oracle_bytes *expected) {
    return data != NULL && len == expected->len && memcmp(data, expected->data, len) == 0;
}

static enum verdict compare(struct look *look, const char *what, const char *data, size_t len) {
    if (look->expected == NULL && data == NULL) return VERDICT_OK;
    if (look->expected == NULL) {
        return verdict_wrong(look->finding, "%s found a key that should not be there", what);
    }
    if (data == NULL) return verdict_wrong(look->finding, "%s found no key", what);
    if (same_bytes(data, len, look->expected)) return VERDICT_OK;
    return verdict_wrong(look->finding, "%s gave other bytes (%zu, expected %zu)", what, len,
                         look->expected->len);
}

static enum verdict look_get(struct look *look) {
    ferrite_error *err = NULL;
    size_t len = 0;
    char *value = ferrite_get(look->db, look->key, look->key_len, &len, &err);
    if (err != NULL) return verdict_error(look->finding, &err, "GET");
    enum verdict verdict = compare(look, "GET", value, len);
    ferrite_free(value);
    return verdict;
}

static enum verdict look_mget(struct look *look) {
    ferrite_error *err = NULL;
    ferrite_slice keys[2] = {{look->key, look->key_len}, {"no such key", 11}};
    ferrite_slice *values = ferrite_mget(look->db, keys, 2, &err);
    if (values == NULL) return verdict_error(look->finding, &err, "MGET");
    enum verdict verdict = compare(look, "MGET", values[0].data, values[0].len);
    if (values[1].data != NULL) verdict = verdict_wrong(look->finding, "MGET made a key up");
    ferrite_free(values);
    return verdict;
}

static enum verdict look_strlen(struct look *look) {
    ferrite_error *err = NULL;
    int len = ferrite_strlen(look->db, look->key, look->key_len, &err);
    if (len < 0) return verdict_error(look->finding, &err, "STRLEN");
    size_t expected = look->expected != NULL ? look->expected->len : 0;
    if ((size_t)len == expected) return VERDICT_OK;
    return verdict_wrong(look->finding, "STRLEN gave %d, expected %zu", len, expected);
}

static enum verdict look_exists(struct look *look) {
    ferrite_error *err = NULL;
    int there = ferrite_exists(look->db, look->key, look->key_len, &err);
    if (there < 0) return verdict_error(look->finding, &err, "EXISTS");
    if (there == (look->expected != NULL)) return VERDICT_OK;
    return verdict_wrong(look->finding, "EXISTS gave %d", there);
}

static enum verdict look_getrange(struct look *look) {
    ferrite_error *err = NULL;
    size_t whole = look->expected != NULL ? look->expected->len : 0, len = 0;
    size_t start = choose(look->choices, (uint32_t)whole + 1);
    size_t end = start + choose(look->choices, 5000);
    char *piece = ferrite_getrange(look->db, look->key, look->key_len, (int64_t)start, (int64_t)end,
                                   &len, &err);
    if (piece == NULL) return verdict_error(look->finding, &err, "GETRANGE");
    size_t expected = start >= whole ? 0 : (end + 1 < whole ? end + 1 : whole) - start;
    enum verdict verdict = VERDICT_OK;
    if (len != expected || (len > 0 && memcmp(piece, look->expected->data + start, len) != 0)) {
        verdict = verdict_wrong(look->finding, "GETRANGE %zu %zu gave %zu bytes, expected %zu",
                                start, end, len, expected);
    }
    ferrite_free(piece);
    return verdict;
}

static enum verdict look_dbsize(struct look *look) {
    ferrite_error *err = NULL;
    uint64_t count = 0;
    if (ferrite_dbsize(look->db, &count, &err) < 0) {
        return verdict_error(look->finding, &err, "DBSIZE");
    }
    size_t expected = look->oracle->dbs[look->number].count;
    if (count == expected) return VERDICT_OK;
    return verdict_wrong(look->finding, "DBSIZE gave %u, expected %zu", (unsigned)count, expected);
}

static enum verdict look_randomkey(struct look *look) {
    ferrite_error *err = NULL;
    size_t len = 0, count = look->oracle->dbs[look->number].count;
    char *key = ferrite_randomkey(look->db, &len, &err);
    if (err != NULL) return verdict_error(look->finding, &err, "RANDOMKEY");
    enum verdict verdict = VERDICT_OK;
    if (key == NULL && count > 0) verdict = verdict_wrong(look->finding, "RANDOMKEY gave nil");
    if (key != NULL && oracle_get(look->oracle, look->number, key, len) == NULL) {
        verdict = verdict_wrong(look->finding, "RANDOMKEY made a key up");
    }
    ferrite_free(key);
    return verdict;
}

/* One full SCAN: every key once at least, and no other (nothing changes meanwhile). */
static enum verdict look_scan(struct look *look) {
    ferrite_error *err = NULL;
    uint64_t cursor = 0;
    size_t seen = 0, expected = look->oracle->dbs[look->number].count;
    do {
        size_t count = 0;
        ferrite_slice *keys =
            ferrite_scan(look->db, &cursor, NULL, 0, 25, FERRITE_TYPE_NONE, &count, &err);
        if (keys == NULL && err != NULL) return verdict_error(look->finding, &err, "SCAN");
        for (size_t i = 0; i < count; i++) {
            if (oracle_get(look->oracle, look->number, keys[i].data, keys[i].len) != NULL) continue;
            ferrite_free(keys);
            return verdict_wrong(look->finding, "SCAN made a key up");
        }
        seen += count;
        ferrite_free(keys);
        if (seen > 4 * expected + 100) return verdict_wrong(look->finding, "SCAN does not end");
    } while (cursor != 0);
    if (seen >= expected) return VERDICT_OK;
    return verdict_wrong(look->finding, "SCAN gave %zu keys, expected %zu", seen, expected);
}

/* ---- iteration ---- */

/* The oracle's walk beside an iterator's: `at` is the next index, `left` how many remain. */
struct walk {
    const struct oracle_db *db;
    bool reverse;
    size_t at, left;
};

static struct walk walk_start(struct look *look, ferrite_range *range) {
    bool exact;
    size_t at = oracle_seek(look->oracle, look->number, look->key, look->key_len, &exact);
    const struct oracle_db *db = &look->oracle->dbs[look->number];
    struct walk walk = {.db = db};
    if (choose_once_in(look->choices, 2)) {
        range->start = (ferrite_slice){look->key, look->key_len};
        if (exact && choose_once_in(look->choices, 2)) {
            range->flags |= FERRITE_RANGE_AFTER_START;
            at++;
        }
        walk.at = at;
        walk.left = db->count - at;
    } else {
        range->end = (ferrite_slice){look->key, look->key_len};
        bool before = choose_once_in(look->choices, 2);
        if (before) range->flags |= FERRITE_RANGE_BEFORE_END;
        walk.left = at + (exact && !before);
    }
    if (choose_once_in(look->choices, 2)) {
        range->flags |= FERRITE_RANGE_REVERSE;
        walk.reverse = true;
        walk.at += walk.left - 1; /* not read when nothing is left */
    }
    return walk;
}

static enum verdict walk_compare(struct look *look, struct walk *walk, int type,
                                 const ferrite_slice *key, const ferrite_slice *value) {
    if (walk->left == 0) return verdict_wrong(look->finding, "the iterator runs past its range");
    const struct oracle_entry *entry = &walk->db->entries[walk->at];
    if (!same_bytes(key->data, key->len, entry->key)) {
        return verdict_wrong(look->finding, "the iterator gave another key than number %zu",
                             walk->at);
    }
    if (type == FERRITE_TYPE_STRING && !same_bytes(value->data, value->len, entry->value)) {
        return verdict_wrong(look->finding, "the iterator gave another value for number %zu",
                             walk->at);
    }
    walk->left--;
    walk->at += walk->reverse ? (size_t)-1 : 1;
    return VERDICT_OK;
}

static enum verdict look_iterate(struct look *look) {
    ferrite_error *err = NULL;
    ferrite_range range = FERRITE_RANGE_INIT;
    struct walk walk = walk_start(look, &range);
    ferrite_slice key, value;
    ferrite_iterator *it = ferrite_iterate(look->db, &range, &err);
    if (it == NULL) return verdict_error(look->finding, &err, "iterate");
    enum verdict verdict = VERDICT_OK;
    unsigned steps = choose(look->choices, 60);
    int more = 1;
    while (verdict == VERDICT_OK && steps-- > 0) {
        more = ferrite_iterator_next(it, &key, &value, &err);
        if (more != 1) break;
        verdict = walk_compare(look, &walk, ferrite_iterator_type(it), &key, &value);
    }
    if (more < 0) verdict = verdict_error(look->finding, &err, "iterator_next");
    if (more == 0 && walk.left > 0) {
        verdict = verdict_wrong(look->finding, "the iterator ended %zu entries early", walk.left);
    }
    ferrite_iterator_close(it);
    return verdict;
}

/* ---- choosing ---- */

enum verdict look_random(struct choices *choices, const struct op_profile *profile,
                         const struct handles *handles, const struct oracle *oracle,
                         struct finding *finding) {
    static enum verdict (*const looks[])(struct look *) = {
        look_get,     look_get,     look_get,    look_get,       look_mget,
        look_strlen,  look_exists,  look_dbsize, look_randomkey, look_getrange,
        look_iterate, look_iterate, look_scan};
    struct look *look = &the_look;
    look->choices = choices;
    look->oracle = oracle;
    look->finding = finding;
    look->number = choose(choices, ORACLE_DATABASES);
    look->db = handles->db[look->number];
    look->key_len = op_key(op_choose_key(choices, profile), look->key);
    look->expected = oracle_get(oracle, look->number, look->key, look->key_len);
    return looks[choose(choices, sizeof looks / sizeof *looks)](look);
}

enum verdict look_all(const struct handles *handles, const struct oracle *oracle,
                      struct finding *finding) {
    ferrite_error *err = NULL;
    uint64_t digest;
    if (state_digest(handles, &digest, &err) != FERRITE_OK) {
        return verdict_error(finding, &err, "reading everything");
    }
    if (digest == oracle_digest(oracle)) return VERDICT_OK;
    struct oracle *found = NULL;
    if (state_read(handles, &found, &err) != FERRITE_OK) {
        return verdict_error(finding, &err, "reading everything again");
    }
    oracle_print_difference(oracle, found, 10);
    oracle_free(found);
    return verdict_wrong(finding, "the content differs from the model");
}
