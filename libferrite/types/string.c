/*
 * string.c - strings: the functions that change them. See string.h.
 */
#include "string.h"

#include <math.h>

#include "../os/mem.h"
#include "expire.h"
#include "mutate.h"
#include "number.h"

static struct content plain(ferrite_slice value) {
    return (struct content){.head = FERRITE_TYPE_STRING, .data = value};
}

static void content_expires(struct content *content, int64_t at_ms) {
    if (at_ms == 0) return;
    content->head |= RECORD_EXPIRES;
    content->expire_ms = at_ms;
}

/* New content, which goes when the database's default says. */
static struct content fresh(struct keyspace *ks, ferrite_slice value) {
    struct content content = plain(value);
    content_expires(&content, keyspace_default_expiry(ks));
    return content;
}

/* New content that keeps the expiry of what the entry holds. */
static struct content in_place_of(struct keyspace *ks, const struct entry *entry,
                                  ferrite_slice value) {
    if (!entry->exists) return fresh(ks, value);
    struct content content = plain(value);
    if (entry->record.head & RECORD_EXPIRES) content_expires(&content, entry->record.expire_ms);
    return content;
}

int string_set(struct keyspace *ks, ferrite_slice key, ferrite_slice value) {
    struct content content = fresh(ks, value);
    return mutate_put_blind(ks, key.data, key.len, &content);
}

/* Opens the entry of a string or of nothing. To be closed in any case. */
static int string_open(struct keyspace *ks, ferrite_slice key, struct entry *entry) {
    int code = entry_open_live(ks, key.data, key.len, entry);
    if (code == FERRITE_OK && entry->exists && record_type(&entry->record) != FERRITE_TYPE_STRING)
        code = error_set(FERRITE_WRONGTYPE,
                         "WRONGTYPE Operation against a key holding the wrong kind of value");
    return code;
}

static int set_open(struct keyspace *ks, ferrite_slice key, const struct string_set *set,
                    struct entry *entry) {
    if (set->flags & FERRITE_SET_GET) return string_open(ks, key, entry);
    return entry_open_live(ks, key.data, key.len, entry);
}

static int set_old(struct keyspace *ks, const struct entry *entry, struct string_set *set) {
    if (!entry->exists || !(set->flags & FERRITE_SET_GET)) return FERRITE_OK;
    set->old_len = record_string_len(&entry->record);
    return string_copy(ks, &entry->record, 0, set->old_len, &set->old);
}

static int set_entry(struct keyspace *ks, struct entry *entry, ferrite_slice value,
                     struct string_set *set) {
    if ((set->flags & FERRITE_SET_NX) && entry->exists) return FERRITE_OK;
    if ((set->flags & FERRITE_SET_XX) && !entry->exists) return FERRITE_OK;
    struct content content =
        set->flags & FERRITE_SET_KEEPTTL ? in_place_of(ks, entry, value) : fresh(ks, value);
    content_expires(&content, set->expire_at_ms);
    int code = mutate_put(ks, entry, &content);
    set->done = code == FERRITE_OK;
    return code;
}

/* On a batch only what need not look: plain, or with an expiry. */
static int set_blind(struct keyspace *ks, ferrite_slice key, ferrite_slice value,
                     struct string_set *set) {
    if (set->flags != 0) return keyspace_readable(ks);
    struct content content = fresh(ks, value);
    content_expires(&content, set->expire_at_ms);
    int code = mutate_put_blind(ks, key.data, key.len, &content);
    set->done = code == FERRITE_OK;
    return code;
}

int string_set_with(struct keyspace *ks, ferrite_slice key, ferrite_slice value,
                    struct string_set *set) {
    set->done = false;
    set->old = NULL;
    set->old_len = 0;
    if (ks->batch != NULL) return set_blind(ks, key, value, set);
    struct entry entry;
    int code = set_open(ks, key, set, &entry);
    if (code == FERRITE_OK) code = set_old(ks, &entry, set);
    if (code == FERRITE_OK) code = set_entry(ks, &entry, value, set);
    entry_close(&entry);
    if (code != FERRITE_OK) {
        mem_free(set->old);
        set->old = NULL;
    }
    return code;
}

/* Between two pairs nothing is held, so that a large call can spill. */
static int next_operation(struct keyspace *ks) {
    return ks->batch != NULL ? FERRITE_OK : txn_operation(ks->txn, false);
}

int string_set_many(struct keyspace *ks, const ferrite_slice *pairs, size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        int code = i == 0 ? FERRITE_OK : next_operation(ks);
        if (code == FERRITE_OK) code = string_set(ks, pairs[i], pairs[i + 1]);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

int string_set_many_new(struct keyspace *ks, const ferrite_slice *pairs, size_t count,
                        bool *done) {
    *done = false;
    for (size_t i = 0; i < count; i += 2) {
        struct record record;
        int code = keyspace_get(ks, pairs[i].data, pairs[i].len, &record);
        if (code != FERRITE_NOTFOUND) return code;
    }
    int code = string_set_many(ks, pairs, count);
    *done = code == FERRITE_OK;
    return code;
}

int string_get_delete(struct keyspace *ks, ferrite_slice key, char **value, size_t *len) {
    *value = NULL;
    *len = 0;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    code = string_open(ks, key, &entry);
    if (code == FERRITE_OK && entry.exists) {
        *len = record_string_len(&entry.record);
        code = string_copy(ks, &entry.record, 0, *len, value);
        if (code == FERRITE_OK) code = mutate_delete(ks, &entry);
    }
    entry_close(&entry);
    if (code != FERRITE_OK) {
        mem_free(*value);
        *value = NULL;
    }
    return code;
}

/* The bytes of a short string (numbers), copied out of its page; false when it is longer, as compressed
 * ones always are. */
static bool short_text(const struct entry *entry, char *out, size_t cap, size_t *len) {
    if (!entry->exists || (entry->record.head & (RECORD_BLOB | RECORD_COMPRESSED)) ||
        entry->record.payload_len > cap)
        return false;
    *len = entry->record.payload_len;
    memcpy(out, entry->record.payload, *len);
    return true;
}

static int entry_int(const struct entry *entry, int64_t *value) {
    char text[NUMBER_INT_TEXT_MAX];
    size_t len;
    *value = 0;
    if (!entry->exists) return FERRITE_OK;
    if (short_text(entry, text, sizeof text, &len) && number_parse_int(text, len, value))
        return FERRITE_OK;
    return error_set(FERRITE_RANGE, "ERR value is not an integer or out of range");
}

int string_add_int(struct keyspace *ks, ferrite_slice key, int64_t increment, int64_t *result) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    int64_t value = 0;
    code = string_open(ks, key, &entry);
    if (code == FERRITE_OK) code = entry_int(&entry, &value);
    if (code == FERRITE_OK && __builtin_add_overflow(value, increment, &value))
        code = error_set(FERRITE_RANGE, "ERR increment or decrement would overflow");
    if (code == FERRITE_OK) {
        char text[NUMBER_INT_TEXT_MAX];
        struct content content =
            in_place_of(ks, &entry, (ferrite_slice){text, number_format_int(value, text)});
        code = mutate_put(ks, &entry, &content);
    }
    entry_close(&entry);
    if (code == FERRITE_OK) *result = value;
    return code;
}

static int entry_float(struct keyspace *ks, const struct entry *entry, long double *value) {
    char text[NUMBER_FLOAT_TEXT_MAX];
    *value = 0;
    if (!entry->exists) return FERRITE_OK;
    uint64_t len = record_string_len(&entry->record);
    if (len < sizeof text) {
        int code = string_copy_to(ks, &entry->record, 0, len, text);
        if (code != FERRITE_OK) return code;
        if (number_parse_float(text, len, value)) return FERRITE_OK;
    }
    return error_set(FERRITE_RANGE, "ERR value is not a valid float");
}

static int put_float(struct keyspace *ks, struct entry *entry, long double number, char **value,
                     size_t *len) {
    char text[NUMBER_FLOAT_TEXT_MAX];
    if (isnan(number) || isinf(number))
        return error_set(FERRITE_RANGE, "ERR increment would produce NaN or Infinity");
    *len = number_format_float(number, text);
    *value = mem_dup(text, *len);
    if (*value == NULL) return error_nomem();
    struct content content = in_place_of(ks, entry, (ferrite_slice){text, *len});
    int code = mutate_put(ks, entry, &content);
    if (code != FERRITE_OK) {
        mem_free(*value);
        *value = NULL;
    }
    return code;
}

int string_add_float(struct keyspace *ks, ferrite_slice key, long double increment, char **value,
                     size_t *len) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    long double number = 0;
    code = string_open(ks, key, &entry);
    if (code == FERRITE_OK) code = entry_float(ks, &entry, &number);
    if (code == FERRITE_OK) code = put_float(ks, &entry, number + increment, value, len);
    entry_close(&entry);
    return code;
}

/* The entry is stale afterwards, and closed when the string is new. */
static int write_at(struct keyspace *ks, struct entry *entry, uint64_t offset,
                    ferrite_slice data) {
    bool is_new = !entry->exists;
    int code = mutate_write(ks, entry, offset, data);
    if (code != FERRITE_OK || !is_new) return code;
    entry_close(entry);
    return expire_new_key(ks, entry->key, entry->key_len);
}

static uint64_t string_max(const struct keyspace *ks) {
    return ks->max_value != 0 && ks->max_value < BLOB_MAX ? ks->max_value : BLOB_MAX;
}

int string_append(struct keyspace *ks, ferrite_slice key, ferrite_slice data, uint64_t *len) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    code = string_open(ks, key, &entry);
    if (code == FERRITE_OK) {
        uint64_t old_len = entry.exists ? record_string_len(&entry.record) : 0;
        *len = old_len + data.len;
        if (*len > string_max(ks))
            code = string_too_long();
        else if (data.len != 0 || !entry.exists)
            code = write_at(ks, &entry, old_len, data);
    }
    entry_close(&entry);
    return code;
}

int string_set_range(struct keyspace *ks, ferrite_slice key, int64_t offset, ferrite_slice data,
                     uint64_t *len) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    if (offset < 0) return error_set(FERRITE_RANGE, "ERR offset is out of range");
    struct entry entry;
    code = string_open(ks, key, &entry);
    if (code == FERRITE_OK) {
        uint64_t old_len = entry.exists ? record_string_len(&entry.record) : 0;
        uint64_t end = (uint64_t)offset + data.len;
        *len = old_len > end || data.len == 0 ? old_len : end;
        if (data.len != 0 && end > string_max(ks))
            code = string_too_long();
        else if (data.len != 0)
            code = write_at(ks, &entry, (uint64_t)offset, data);
    }
    entry_close(&entry);
    return code;
}
