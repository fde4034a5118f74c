/*
 * hash_expire.c - fields that expire: setting and asking their moments, removing what is past. See hash.h.
 */
#include "../os/mem.h"
#include "expiry.h"
#include "hash_form.h"

static bool condition_holds(const struct hash_place *place, int64_t at_ms, uint32_t flags) {
    bool expires = place->expire_ms != 0;
    if ((flags & FERRITE_EXPIRE_NX) && expires) return false;
    if ((flags & FERRITE_EXPIRE_XX) && !expires) return false;
    if ((flags & FERRITE_EXPIRE_GT) && (!expires || at_ms <= place->expire_ms)) return false;
    if ((flags & FERRITE_EXPIRE_LT) && expires && at_ms >= place->expire_ms) return false;
    return true;
}

static int expire_one(struct collection *c, ferrite_slice field, int64_t at_ms, uint32_t flags,
                      int64_t *result) {
    struct hash_place place;
    int code = hash_find(c, field, &place);
    *result = FERRITE_FIELD_ABSENT;
    if (code == FERRITE_OK && hash_live(c->ks, &place)) {
        *result = FERRITE_FIELD_KEPT;
        if (condition_holds(&place, at_ms, flags)) {
            bool past = at_ms <= keyspace_now(c->ks);
            *result = past ? FERRITE_FIELD_DELETED : FERRITE_FIELD_SET;
            code = past ? hash_delete_at(c, &place, field) : hash_moment_at(c, &place, field, at_ms);
        }
    }
    hash_place_done(c, &place);
    return code;
}

static int persist_one(struct collection *c, ferrite_slice field, int64_t *result) {
    struct hash_place place;
    int code = hash_find(c, field, &place);
    *result = FERRITE_FIELD_ABSENT;
    if (code == FERRITE_OK && hash_live(c->ks, &place)) {
        *result = place.expire_ms != 0 ? FERRITE_FIELD_SET : FERRITE_FIELD_NEVER;
        if (place.expire_ms != 0) code = hash_moment_at(c, &place, field, 0);
    }
    hash_place_done(c, &place);
    return code;
}

/* at_ms 0: persist. */
static int expire_each(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags,
                       const ferrite_slice *fields, size_t count, int64_t *results) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &hash_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        if (i != 0 && i % COLLECTION_PAUSE == 0) code = collection_pause(&c, true);
        if (code != FERRITE_OK) break;
        code = at_ms != 0 ? expire_one(&c, fields[i], at_ms, flags, &results[i])
                          : persist_one(&c, fields[i], &results[i]);
    }
    return collection_close(&c, code);
}

int hash_expire(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags,
                const ferrite_slice *fields, size_t count, int64_t *results) {
    return expire_each(ks, key, at_ms > 0 ? at_ms : 1, flags, fields, count, results);
}

int hash_persist(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                 int64_t *results) {
    return expire_each(ks, key, 0, 0, fields, count, results);
}

/* The field that expires first, if its moment has passed; copied, since it is about to go. */
static int first_expired(struct collection *c, char **field, size_t *len) {
    struct hash_walk walk;
    *field = NULL;
    if (c->first_ms == 0 || keyspace_now(c->ks) <= c->first_ms) return FERRITE_OK;
    if (!c->packed) {
        int64_t at_ms;
        return timed_first(&c->ks->txn->pages, &c->tree[1], &at_ms, (uint8_t **)field, len);
    }
    int code = hash_walk_begin(c, 0, &walk);
    while (code == FERRITE_OK && walk.valid && walk.expire_ms != c->first_ms)
        code = hash_walk_next(&walk);
    if (code == FERRITE_OK && !walk.valid)
        code = error_set(FERRITE_CORRUPT, "a hash lacks the field that expires first");
    if (code != FERRITE_OK) return code;
    *len = walk.field.len;
    *field = mem_dup(walk.field.data, *len);
    return *field != NULL ? FERRITE_OK : error_nomem();
}

static int purge_one(struct collection *c, ferrite_slice field) {
    struct hash_place place;
    int code = hash_find(c, field, &place);
    if (code == FERRITE_OK && !place.exists)
        code = error_set(FERRITE_CORRUPT, "a hash lacks a field that it has by time");
    if (code == FERRITE_OK) code = hash_delete_at(c, &place, field);
    hash_place_done(c, &place);
    return code;
}

int hash_purge(struct keyspace *ks, ferrite_slice key, uint32_t limit) {
    struct collection c;
    char *field = NULL;
    size_t len;
    int code = collection_open(ks, &hash_kind, key, &c);
    while (code == FERRITE_OK && limit-- > 0) {
        code = first_expired(&c, &field, &len);
        if (code != FERRITE_OK || field == NULL) break;
        code = purge_one(&c, (ferrite_slice){field, len});
        mem_free(field);
    }
    return collection_close(&c, code);
}

static int expiry_one(struct collection *c, ferrite_slice field, int64_t *result) {
    struct hash_place place;
    int code = hash_look(c, field, &place);
    *result = FERRITE_FIELD_ABSENT;
    if (code == FERRITE_OK && hash_live(c->ks, &place))
        *result = place.expire_ms != 0 ? place.expire_ms : FERRITE_FIELD_NEVER;
    return code;
}

int hash_expiry(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                int64_t *results) {
    struct collection c;
    int code = collection_read(ks, &hash_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++)
        code = expiry_one(&c, fields[i], &results[i]);
    return code;
}

bool hash_all_expired(struct keyspace *ks, const struct record *record) {
    struct collection c;
    uint64_t count = 0, expired = 0;
    return collection_of(ks, &hash_kind, record, &c) == FERRITE_OK &&
           hash_stored(&c, &count, &expired) == FERRITE_OK && count == expired;
}
