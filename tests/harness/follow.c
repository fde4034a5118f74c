/*
 * follow.c - see follow.h.
 */
#include "follow.h"

#include <stdlib.h>
#include <string.h>

/* ---- victims ---- */

void victims_add(struct victims *victims, int db, const char *key, size_t key_len) {
    if (victims->count == victims->cap) {
        victims->cap = victims->cap * 2 + 16;
        victims->list = realloc(victims->list, victims->cap * sizeof *victims->list);
        if (victims->list == NULL) abort();
    }
    char *copy = malloc(key_len + 1);
    if (copy == NULL) abort();
    memcpy(copy, key, key_len);
    victims->list[victims->count++] = (struct victim){(uint32_t)db, key_len, copy};
}

void victims_forget(struct victims *victims) {
    while (victims->count > 0) free(victims->list[--victims->count].key);
}

void victims_done(struct victims *victims) {
    victims_forget(victims);
    free(victims->list);
    *victims = (struct victims){0};
}

static bool was_told(const struct victims *victims, uint32_t db, const struct oracle_bytes *key) {
    for (size_t i = 0; i < victims->count; i++) {
        const struct victim *victim = &victims->list[i];
        if (victim->db == db && victim->key_len == key->len &&
            memcmp(victim->key, key->data, key->len) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- following ---- */

static bool is_key(uint32_t number, const struct oracle_bytes *key) {
    static char bytes[OP_KEY_MAX];
    size_t len = op_key(number, bytes);
    return len == key->len && memcmp(bytes, key->data, len) == 0;
}

/* Does the operation write this key? In which database is left out. */
static bool op_names(const struct op *op, const struct oracle_bytes *key) {
    if (op == NULL) return false;
    if (is_key(op->key, key) || is_key(op->other_key, key)) return true;
    if (op->kind != OP_MSET) return false;
    for (uint32_t i = 1; i < OP_MSET_COUNT; i++)
        if (is_key(op->key + i, key)) return true;
    return false;
}

static bool same_value(const struct oracle_bytes *a, const struct oracle_bytes *b) {
    return a != NULL && b != NULL && a->len == b->len && a->hash == b->hash;
}

/* All that is there was foreseen. */
static enum verdict check_found(const struct follow *follow, const struct oracle *foreseen,
                                const struct oracle *found, struct finding *finding) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        for (size_t i = 0; i < found->dbs[db].count; i++) {
            const struct oracle_entry *entry = &found->dbs[db].entries[i];
            const struct oracle_bytes *value =
                oracle_get(foreseen, db, entry->key->data, entry->key->len);
            if (same_value(value, entry->value) || op_names(follow->op, entry->key)) continue;
            oracle_print_difference(foreseen, found, 4);
            return verdict_wrong(finding, "beside evictions a key %s",
                                 value != NULL ? "has another value" : "should not be there");
        }
    }
    return VERDICT_OK;
}

/* What is missing was told. */
static enum verdict check_gone(const struct follow *follow, const struct oracle *foreseen,
                               const struct oracle *found, uint64_t *gone,
                               struct finding *finding) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        for (size_t i = 0; i < foreseen->dbs[db].count; i++) {
            const struct oracle_bytes *key = foreseen->dbs[db].entries[i].key;
            if (oracle_get(found, db, key->data, key->len) != NULL) continue;
            ++*gone;
            if (follow->told == NULL || was_told(follow->told, db, key)) continue;
            if (op_names(follow->op, key)) continue;
            oracle_print_difference(foreseen, found, 4);
            return verdict_wrong(finding, "a key is gone, and on_evict did not tell");
        }
    }
    return VERDICT_OK;
}

enum verdict follow_evictions(const struct follow *follow, struct oracle **foreseen, uint64_t *gone,
                              struct finding *finding) {
    struct oracle *found = NULL;
    ferrite_error *err = NULL;
    if (state_read(follow->handles, &found, &err) != FERRITE_OK) {
        return verdict_error(finding, &err, "reading after an eviction");
    }
    enum verdict verdict = check_found(follow, *foreseen, found, finding);
    if (verdict == VERDICT_OK) verdict = check_gone(follow, *foreseen, found, gone, finding);
    if (verdict != VERDICT_OK) {
        oracle_free(found);
        return verdict;
    }
    oracle_free(*foreseen);
    *foreseen = found;
    return VERDICT_OK;
}

bool follow_counts_agree(const struct handles *handles, const struct oracle *foreseen) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        uint64_t count;
        if (ferrite_dbsize(handles->db[db], &count, NULL) < 0) return false;
        if (count != foreseen->dbs[db].count) return false;
    }
    return true;
}
