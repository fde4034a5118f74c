/*
 * db_string_many.c - the string functions of ferrite.h with several keys: MSET, MSETNX, MGET, LCS.
 * See db.h.
 */
#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/lcs.h"
#include "types/slices.h"
#include "types/string.h"

struct many {
    const ferrite_slice *items;
    size_t count;
    bool done;
    struct slices list;
};

static int pairs_check(const ferrite_slice *items, size_t count, const char *command) {
    if (count == 0 || count % 2 != 0)
        return error_set(FERRITE_INVALID, "ERR wrong number of arguments for '%s' command",
                         command);
    if (items == NULL) return error_set(FERRITE_INVALID, "ERR items is NULL");
    for (size_t i = 0; i < count; i += 2) {
        int code = key_check(items[i]);
        if (code == FERRITE_OK) code = value_check(items[i + 1]);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

static int mset_operation(struct keyspace *ks, void *ctx) {
    const struct many *many = ctx;
    return string_set_many(ks, many->items, many->count);
}

int ferrite_mset(ferrite_db *db, const ferrite_slice *items, size_t count, ferrite_error **err) {
    struct many many = {.items = items, .count = count};
    int code = pairs_check(items, count, "mset");
    if (code == FERRITE_OK) code = values_fit(db, items + 1, count, 2);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, mset_operation, &many);
    return db_answer(code, 0, err);
}

static int msetnx_operation(struct keyspace *ks, void *ctx) {
    struct many *many = ctx;
    return string_set_many_new(ks, many->items, many->count, &many->done);
}

int ferrite_msetnx(ferrite_db *db, const ferrite_slice *items, size_t count, ferrite_error **err) {
    struct many many = {.items = items, .count = count};
    int code = pairs_check(items, count, "msetnx");
    if (code == FERRITE_OK) code = values_fit(db, items + 1, count, 2);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, msetnx_operation, &many);
    return db_answer(code, many.done, err);
}

static int mget_one(struct keyspace *ks, ferrite_slice key, struct slices *list) {
    struct record record;
    int code = string_find(ks, key, &record);
    if (code == FERRITE_NOTFOUND || code == FERRITE_WRONGTYPE) return slices_add_nil(list);
    if (code != FERRITE_OK) return code;
    uint64_t len;
    char *place;
    code = string_size(ks, &record, &len);
    if (code == FERRITE_OK) code = slices_reserve(list, len, &place);
    return code == FERRITE_OK ? string_copy_to(ks, &record, 0, len, place) : code;
}

static int mget_operation(struct keyspace *ks, void *ctx) {
    struct many *many = ctx;
    int code = FERRITE_OK;
    for (size_t i = 0; i < many->count && code == FERRITE_OK; i++)
        code = mget_one(ks, many->items[i], &many->list);
    return code;
}

ferrite_slice *ferrite_mget(ferrite_db *db, const ferrite_slice *keys, size_t count,
                            ferrite_error **err) {
    struct many many = {.items = keys, .count = count};
    int code = slices_check(keys, count);
    if (code == FERRITE_OK) code = db_read(db, mget_operation, &many);
    return slices_answer(code, &many.list, NULL, err);
}

/* ---- LCS ---- */

struct lcs_call {
    ferrite_slice key_a, key_b;
    char *a, *b;
    size_t a_len, b_len;
};

static int lcs_get(struct keyspace *ks, ferrite_slice key, char **value, size_t *len) {
    int code = string_get(ks, key, value, len);
    if (code == FERRITE_WRONGTYPE)
        code = error_set(FERRITE_WRONGTYPE, "ERR The specified keys must contain string values");
    return code;
}

static int lcs_operation(struct keyspace *ks, void *ctx) {
    struct lcs_call *call = ctx;
    int code = lcs_get(ks, call->key_a, &call->a, &call->a_len);
    return code == FERRITE_OK ? lcs_get(ks, call->key_b, &call->b, &call->b_len) : code;
}

static void lcs_end(struct lcs_call *call, struct lcs *lcs) {
    lcs_done(lcs);
    mem_free(call->a);
    mem_free(call->b);
}

/* To be ended with lcs_end in any case. */
static int lcs_begin(ferrite_db *db, struct lcs_call *call, bool trace, struct lcs *lcs) {
    *lcs = (struct lcs){0};
    int code = key_check(call->key_a);
    if (code == FERRITE_OK) code = key_check(call->key_b);
    if (code == FERRITE_OK) code = db_read(db, lcs_operation, call);
    return code == FERRITE_OK ? lcs_compute(lcs, call->a, call->a_len, call->b, call->b_len, trace)
                              : code;
}

char *ferrite_lcs(ferrite_db *db, const char *key_a, size_t key_a_len, const char *key_b,
                  size_t key_b_len, size_t *len, ferrite_error **err) {
    struct lcs_call call = {.key_a = {key_a, key_a_len}, .key_b = {key_b, key_b_len}};
    struct lcs lcs;
    char *text = NULL;
    int code = lcs_begin(db, &call, true, &lcs);
    if (code == FERRITE_OK) {
        text = mem_alloc((size_t)lcs.len + 1);
        if (text == NULL) code = error_nomem();
    }
    if (code == FERRITE_OK) {
        lcs_text(&lcs, text);
        text[lcs.len] = '\0';
    } else {
        error_give(err, code);
    }
    if (len != NULL) *len = text != NULL ? lcs.len : 0;
    lcs_end(&call, &lcs);
    return text;
}

int ferrite_lcs_len(ferrite_db *db, const char *key_a, size_t key_a_len, const char *key_b,
                    size_t key_b_len, ferrite_error **err) {
    struct lcs_call call = {.key_a = {key_a, key_a_len}, .key_b = {key_b, key_b_len}};
    struct lcs lcs;
    int code = lcs_begin(db, &call, false, &lcs);
    int len = (int)lcs.len;
    lcs_end(&call, &lcs);
    return db_answer(code, len, err);
}

struct lcs_ranges {
    uint64_t min_len;
    size_t count;
    ferrite_lcs_match *out; /* NULL: only counted */
};

static int lcs_range(void *ctx, const struct lcs_match *match) {
    struct lcs_ranges *ranges = ctx;
    uint64_t len = match->a_end - match->a_start + 1;
    if (len < ranges->min_len) return 0;
    if (ranges->out != NULL)
        ranges->out[ranges->count] =
            (ferrite_lcs_match){match->a_start, match->a_end, match->b_start, match->b_end, len};
    ranges->count++;
    return 0;
}

static int lcs_result(const struct lcs *lcs, uint64_t min_len, ferrite_lcs_result **out) {
    struct lcs_ranges ranges = {min_len, 0, NULL};
    lcs_matches(lcs, lcs_range, &ranges);
    ferrite_lcs_result *result =
        mem_alloc(sizeof *result + ranges.count * sizeof(ferrite_lcs_match));
    if (result == NULL) return error_nomem();
    ranges.out = (ferrite_lcs_match *)(result + 1);
    ranges.count = 0;
    lcs_matches(lcs, lcs_range, &ranges);
    *result = (ferrite_lcs_result){lcs->len, ranges.count, ranges.out};
    *out = result;
    return FERRITE_OK;
}

ferrite_lcs_result *ferrite_lcs_idx(ferrite_db *db, const char *key_a, size_t key_a_len,
                                    const char *key_b, size_t key_b_len, uint64_t min_match_len,
                                    ferrite_error **err) {
    struct lcs_call call = {.key_a = {key_a, key_a_len}, .key_b = {key_b, key_b_len}};
    struct lcs lcs;
    ferrite_lcs_result *result = NULL;
    int code = lcs_begin(db, &call, true, &lcs);
    if (code == FERRITE_OK) code = lcs_result(&lcs, min_match_len, &result);
    if (code != FERRITE_OK) error_give(err, code);
    lcs_end(&call, &lcs);
    return result;
}
