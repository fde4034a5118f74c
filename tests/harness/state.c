/*
 * state.c - reads a whole database by iteration.
 */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"

int error_take(ferrite_error **err, char *text, size_t size) {
    if (*err == NULL) return FERRITE_OK;
    int code = ferrite_error_code(*err);
    snprintf(text, size, "%s: %s", ferrite_error_name(code), ferrite_error_message(*err));
    ferrite_error_free(*err);
    *err = NULL;
    return code;
}

int handles_from(ferrite_db *db, struct handles *out, ferrite_error **err) {
    *out = (struct handles){{db}};
    for (int i = 1; i < (int)ORACLE_DATABASES; i++) {
        out->db[i] = ferrite_select(db, i, err);
        if (out->db[i] != NULL) continue;
        handles_close(out);
        return err != NULL && *err != NULL ? ferrite_error_code(*err) : FERRITE_INVALID;
    }
    return FERRITE_OK;
}

void handles_close(struct handles *handles) {
    for (unsigned i = ORACLE_DATABASES; i-- > 0;) {
        if (handles->db[i] != NULL) ferrite_close(handles->db[i]);
        handles->db[i] = NULL;
    }
}

typedef void (*entry_fn)(void *ctx, uint32_t db, const ferrite_slice *key,
                         const ferrite_slice *value);

static int read_database(ferrite_db *handle, uint32_t db, entry_fn fn, void *ctx,
                         ferrite_error **err) {
    ferrite_error *failure = NULL;
    ferrite_iterator *it = ferrite_iterate(handle, NULL, &failure);
    ferrite_slice key, value;
    while (it != NULL && ferrite_iterator_next(it, &key, &value, &failure) == 1) {
        int type = ferrite_iterator_type(it);
        char *joined = NULL;
        if (type != FERRITE_TYPE_STRING) {
            joined = members_read(handle, type, key.data, key.len, &value.len, &failure);
            if (joined == NULL) break;
            value.data = joined;
        }
        fn(ctx, db, &key, &value);
        free(joined);
    }
    if (it != NULL) ferrite_iterator_close(it);
    int code = failure != NULL ? ferrite_error_code(failure) : FERRITE_OK;
    if (err != NULL && *err == NULL)
        *err = failure;
    else
        ferrite_error_free(failure);
    return code;
}

static int read_all(const struct handles *handles, entry_fn fn, void *ctx, ferrite_error **err) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        int code = read_database(handles->db[db], db, fn, ctx, err);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

struct sums {
    uint64_t digest[ORACLE_DATABASES], count[ORACLE_DATABASES];
};

static void sum_entry(void *ctx, uint32_t db, const ferrite_slice *key,
                      const ferrite_slice *value) {
    struct sums *sums = ctx;
    sums->digest[db] += oracle_entry_digest(key->data, key->len, value->data, value->len);
    sums->count[db]++;
}

int state_digest(const struct handles *handles, uint64_t *digest, ferrite_error **err) {
    struct sums sums = {0};
    int code = read_all(handles, sum_entry, &sums, err);
    *digest = oracle_join_digests(sums.digest, sums.count);
    return code;
}

static void keep_entry(void *ctx, uint32_t db, const ferrite_slice *key,
                       const ferrite_slice *value) {
    oracle_set(ctx, db, key->data, key->len, value->data, value->len);
}

int state_read(const struct handles *handles, struct oracle **out, ferrite_error **err) {
    struct oracle *found = oracle_new();
    int code = read_all(handles, keep_entry, found, err);
    *out = code == FERRITE_OK ? found : NULL;
    if (code != FERRITE_OK) oracle_free(found);
    return code;
}

static char *string_value(ferrite_db *db, const char *key, size_t key_len, size_t *len,
                          ferrite_error **err) {
    char *value = ferrite_get(db, key, key_len, len, err);
    char *copy = value != NULL ? malloc(*len + 1) : NULL;
    if (copy != NULL) memcpy(copy, value, *len);
    ferrite_free(value);
    return copy;
}

char *state_value(ferrite_db *db, const char *key, size_t key_len, size_t *len,
                  ferrite_error **err) {
    int type = ferrite_type(db, key, key_len, err);
    if (type <= FERRITE_TYPE_NONE) return NULL;
    if (type == FERRITE_TYPE_STRING) return string_value(db, key, key_len, len, err);
    return members_read(db, type, key, key_len, len, err);
}

struct findings {
    char *text;
    size_t size, count;
};

static void keep_finding(void *ctx, const char *text) {
    struct findings *findings = ctx;
    if (findings->count++ == 0) snprintf(findings->text, findings->size, "check: %s", text);
}

int state_check(ferrite_db *db, char *text, size_t size) {
    struct findings findings = {text, size, 0};
    ferrite_monitor monitor = {.ctx = &findings, .finding = keep_finding};
    ferrite_error *err = NULL;
    uint64_t count = 0;
    if (ferrite_check(db, &monitor, &count, &err) < 0) return error_take(&err, text, size);
    if (count == 0 && findings.count == 0) return FERRITE_OK;
    if (findings.count == 0) snprintf(text, size, "check: %u findings", (unsigned)count);
    return FERRITE_CORRUPT;
}
