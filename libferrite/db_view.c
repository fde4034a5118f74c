/*
 * db_view.c - zero-copy reading: pointers into the pages of a snapshot or transaction, or, for compressed
 * values, into the session's arena. See db.h.
 */
#include "db.h"
#include "types/string.h"
#include "types/value.h"

struct view_call {
    ferrite_slice key, out;
    uint64_t offset;
    bool whole; /* anything but one piece is an error */
    bool found;
};

/* In one piece, whichever it is. */
static int view_compressed(struct keyspace *ks, const struct record *record,
                           struct view_call *call) {
    const struct tree_value value = record_value(record);
    ferrite_slice whole;
    uint64_t len;
    int code = value_view(ks, &value, 0, &whole, &len);
    if (code != FERRITE_OK) return code;
    call->out = (ferrite_slice){whole.data + call->offset, whole.len - call->offset};
    return code;
}

static int view_record(struct keyspace *ks, const struct record *record, struct view_call *call) {
    uint64_t len = record_string_len(record);
    if (call->offset >= len) {
        call->out = (ferrite_slice){"", 0};
        return FERRITE_OK;
    }
    const void *data = record->payload + call->offset;
    uint64_t piece = len - call->offset;
    if (record->head & RECORD_COMPRESSED) return view_compressed(ks, record, call);
    if (record->head & RECORD_BLOB) {
        struct blob blob = record_blob(record);
        int code = blob_piece(&ks->txn->pages, &blob, call->offset, &data, &piece);
        if (code != FERRITE_OK) return code;
    }
    if (call->whole && piece != len)
        return error_set(FERRITE_LIMIT, "the value lies in pieces: ferrite_view_at gives them");
    call->out = (ferrite_slice){data, piece};
    return FERRITE_OK;
}

static int view_operation(struct keyspace *ks, void *ctx) {
    struct view_call *call = ctx;
    struct record record;
    int code = string_find(ks, call->key, &record);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code == FERRITE_OK) code = view_record(ks, &record, call);
    call->found = code == FERRITE_OK;
    return code;
}

int view_check(const ferrite_db *db, const ferrite_slice *out) {
    int code = db_check(db);
    if (code != FERRITE_OK) return code;
    if (db->session == NULL)
        return error_set(FERRITE_INVALID, "views need a snapshot or a transaction to live in");
    return out != NULL ? FERRITE_OK : error_set(FERRITE_INVALID, "a view needs a place for its answer");
}

static int view(ferrite_db *db, struct view_call *call, ferrite_slice *out, ferrite_error **err) {
    int code = view_check(db, out);
    if (code == FERRITE_OK) code = key_check(call->key);
    if (code == FERRITE_OK) code = db_read(db, view_operation, call);
    if (out != NULL) *out = call->out;
    return db_answer(code, call->found, err);
}

int ferrite_view(ferrite_db *db, const char *key, size_t key_len, ferrite_slice *out,
                 ferrite_error **err) {
    struct view_call call = {.key = {key, key_len}, .whole = true};
    return view(db, &call, out, err);
}

int ferrite_view_at(ferrite_db *db, const char *key, size_t key_len, uint64_t offset,
                    ferrite_slice *out, ferrite_error **err) {
    struct view_call call = {.key = {key, key_len}, .offset = offset};
    return view(db, &call, out, err);
}
