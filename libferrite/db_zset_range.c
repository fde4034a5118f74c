/*
 * db_zset_range.c - the sorted set functions of ferrite.h on parts, and the iterator. See db.h.
 */
#include <math.h>
#include <string.h>

#include "db_zset.h"
#include "os/mem.h"

static const ferrite_zspan whole = FERRITE_ZSPAN_INIT;

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, to;
    const ferrite_zspan *span;
    uint64_t number;
    struct scored list;
};

int zset_span_check(const ferrite_zspan *span) {
    const uint32_t known =
        FERRITE_ZSPAN_REVERSE | FERRITE_ZSPAN_ABOVE_MIN | FERRITE_ZSPAN_BELOW_MAX;
    if (span->struct_size != sizeof *span || (span->flags & ~known) != 0 ||
        span->by > FERRITE_ZBY_MEMBER)
        return error_set(FERRITE_INVALID, "the span is not one; begin with FERRITE_ZSPAN_INIT");
    if (isnan(span->min) || isnan(span->max))
        return error_set(FERRITE_INVALID, "ERR min or max is not a float");
    int code = key_check(span->min_member);
    return code == FERRITE_OK ? key_check(span->max_member) : code;
}

static int call_check(const struct call *call) {
    int code = key_check(call->key);
    return code == FERRITE_OK ? zset_span_check(call->span) : code;
}

/* ---- listing ---- */

static int list_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_list(ks, call->key, call->span, &call->list);
}

ferrite_zitem *ferrite_zrange_with(ferrite_db *db, const char *key, size_t key_len,
                                   const ferrite_zspan *span, size_t *count,
                                   ferrite_error **err) {
    struct call call;
    call.key = (ferrite_slice){key, key_len};
    call.span = span != NULL ? span : &whole;
    scored_init(&call.list);
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_read(db, list_operation, &call);
    return zset_answer(code, &call.list, true, count, err);
}

ferrite_zitem *ferrite_zrange(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                              int64_t stop, size_t *count, ferrite_error **err) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    span.start = start;
    span.stop = stop;
    return ferrite_zrange_with(db, key, key_len, &span, count, err);
}

ferrite_zitem *ferrite_zrevrange(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                                 int64_t stop, size_t *count, ferrite_error **err) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    span.flags = FERRITE_ZSPAN_REVERSE;
    span.start = start;
    span.stop = stop;
    return ferrite_zrange_with(db, key, key_len, &span, count, err);
}

static ferrite_zspan span_of_scores(double min, double max) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    span.by = FERRITE_ZBY_SCORE;
    span.min = min;
    span.max = max;
    return span;
}

ferrite_zitem *ferrite_zrangebyscore(ferrite_db *db, const char *key, size_t key_len, double min,
                                     double max, size_t *count, ferrite_error **err) {
    const ferrite_zspan span = span_of_scores(min, max);
    return ferrite_zrange_with(db, key, key_len, &span, count, err);
}

/* ---- counting, removing, storing ---- */

static int count_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_count(ks, call->key, call->span, &call->number);
}

int ferrite_zcount_with(ferrite_db *db, const char *key, size_t key_len,
                        const ferrite_zspan *span, uint64_t *count, ferrite_error **err) {
    struct call call;
    call.key = (ferrite_slice){key, key_len};
    call.span = span != NULL ? span : &whole;
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_read(db, count_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

int ferrite_zcount(ferrite_db *db, const char *key, size_t key_len, double min, double max,
                   uint64_t *count, ferrite_error **err) {
    const ferrite_zspan span = span_of_scores(min, max);
    return ferrite_zcount_with(db, key, key_len, &span, count, err);
}

static int remove_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_remove_span(ks, call->key, call->span, &call->number);
}

int ferrite_zremrange(ferrite_db *db, const char *key, size_t key_len, const ferrite_zspan *span,
                      uint64_t *removed, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .span = span != NULL ? span : &whole};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, remove_operation, &call);
    if (code == FERRITE_OK && removed != NULL) *removed = call.number;
    return db_answer(code, 0, err);
}

static int store_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_store_span(ks, call->to, call->key, call->span, &call->number);
}

int ferrite_zrangestore(ferrite_db *db, const char *to, size_t to_len, const char *from,
                        size_t from_len, const ferrite_zspan *span, uint64_t *count,
                        ferrite_error **err) {
    struct call call = {
        .key = {from, from_len}, .to = {to, to_len}, .span = span != NULL ? span : &whole};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = key_check(call.to);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, store_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

/* ---- iterating ---- */

#define ITERATOR_CHUNK 128

/* Reads some items ahead, and goes on behind the last one given. On a snapshot that is exact; in a
 * transaction each change lets go of what was read ahead. */
struct ferrite_ziterator {
    ferrite_db *db; /* a snapshot, or the transaction's handle selected again */
    struct own_bytes {
        char *data;
        size_t len;
    } key, min, max;
    ferrite_zspan span; /* offset and limit: of the next chunk */
    int64_t left;       /* of the limit; negative: none */
    ferrite_zitem *items;
    size_t count, next; /* items[next - 1] was given last */
    bool begun, ended;
    uint64_t generation; /* TX: the session's when the items were read */
};

static int own(struct own_bytes *own, ferrite_slice bytes) {
    own->len = bytes.len;
    own->data = mem_dup(bytes.len != 0 ? bytes.data : "", bytes.len);
    return own->data != NULL ? FERRITE_OK : error_nomem();
}

static int ziterator_begin(ferrite_ziterator *it, ferrite_db *db, ferrite_slice key,
                           const ferrite_zspan *span, ferrite_error **err) {
    it->span = *span;
    it->left = span->limit;
    int code = own(&it->key, key);
    if (code == FERRITE_OK && span->min_member.data != NULL) {
        code = own(&it->min, span->min_member);
        it->span.min_member = (ferrite_slice){it->min.data, it->min.len};
    }
    if (code == FERRITE_OK && span->max_member.data != NULL) {
        code = own(&it->max, span->max_member);
        it->span.max_member = (ferrite_slice){it->max.data, it->max.len};
    }
    if (code != FERRITE_OK) return error_give(err, code);
    it->db = db->session == NULL ? ferrite_snapshot(db, err)
                                 : ferrite_select(db, (int)db->db, err);
    return it->db != NULL ? 0 : -1;
}

ferrite_ziterator *ferrite_ziterate(ferrite_db *db, const char *key, size_t key_len,
                                    const ferrite_zspan *span, ferrite_error **err) {
    const ferrite_slice name = {key, key_len};
    ferrite_ziterator *it = NULL;
    if (span == NULL) span = &whole;
    int code = db_check(db);
    if (code == FERRITE_OK) code = key_check(name);
    if (code == FERRITE_OK) code = zset_span_check(span);
    if (code == FERRITE_OK && (it = mem_calloc(sizeof *it)) == NULL) code = error_nomem();
    if (code != FERRITE_OK) {
        error_give(err, code);
        return NULL;
    }
    if (ziterator_begin(it, db, name, span, err) == 0) return it;
    ferrite_ziterator_close(it);
    return NULL;
}

void ferrite_ziterator_close(ferrite_ziterator *it) {
    if (it == NULL) return;
    ferrite_close(it->db);
    mem_free(it->items);
    mem_free(it->key.data);
    mem_free(it->min.data);
    mem_free(it->max.data);
    mem_free(it);
}

struct chunk {
    ferrite_ziterator *it;
    struct scored list;
};

static int chunk_operation(struct keyspace *ks, void *ctx) {
    struct chunk *chunk = ctx;
    ferrite_ziterator *it = chunk->it;
    it->span.limit = it->left >= 0 && it->left < ITERATOR_CHUNK ? it->left : ITERATOR_CHUNK;
    const ferrite_slice key = {it->key.data, it->key.len};
    return zset_list_after(ks, key, &it->span, it->begun ? &it->items[it->next - 1] : NULL,
                           &chunk->list);
}

static uint64_t generation_of(const ferrite_db *db) {
    return db->session->kind == SESSION_TX ? db->session->generation : 0;
}

static bool item_before(const ferrite_zitem *a, const ferrite_zitem *b) {
    if (a->score != b->score) return a->score < b->score;
    size_t shorter = a->member.len < b->member.len ? a->member.len : b->member.len;
    int order = shorter != 0 ? memcmp(a->member.data, b->member.data, shorter) : 0;
    return order != 0 ? order < 0 : a->member.len < b->member.len;
}

/* Each chunk is sought by the item before it: in a damaged file that could lead back, again and again. */
static int chunk_check(const ferrite_ziterator *it, const ferrite_zitem *items, size_t count) {
    const bool reverse = (it->span.flags & FERRITE_ZSPAN_REVERSE) != 0;
    const ferrite_zitem *last = it->begun ? &it->items[it->next - 1] : NULL;
    for (size_t i = 0; i < count; last = &items[i++])
        if (last != NULL && !(reverse ? item_before(&items[i], last) : item_before(last, &items[i])))
            return error_set(FERRITE_CORRUPT, "a sorted set's members are out of order");
    return FERRITE_OK;
}

static int chunk_read(ferrite_ziterator *it) {
    struct chunk chunk = {.it = it};
    ferrite_zitem *items = NULL;
    size_t count = 0;
    uint64_t generation = generation_of(it->db);
    int code = db_read(it->db, chunk_operation, &chunk);
    if (code == FERRITE_OK) code = scored_finish(&chunk.list, &items, &count);
    scored_clear(&chunk.list);
    if (code == FERRITE_OK) code = chunk_check(it, items, count);
    if (code != FERRITE_OK) {
        mem_free(items);
        return code;
    }
    it->ended = count == 0;
    if (it->ended) {
        mem_free(items);
        return code;
    }
    mem_free(it->items);
    it->items = items;
    it->count = count;
    it->next = 0;
    it->begun = true;
    it->span.offset = 0;
    it->generation = generation;
    return code;
}

int ferrite_ziterator_next(ferrite_ziterator *it, ferrite_zitem *item, ferrite_error **err) {
    if (it == NULL) return error_give(err, error_set(FERRITE_INVALID, "the iterator is NULL"));
    int code = db_check(it->db);
    bool stale = it->next == it->count || it->generation != generation_of(it->db);
    if (code == FERRITE_OK && !it->ended && stale) code = chunk_read(it);
    if (code != FERRITE_OK || it->ended) return db_answer(code, 0, err);
    if (item != NULL) *item = it->items[it->next];
    it->next++;
    if (it->left > 0) it->left--;
    return 1;
}
