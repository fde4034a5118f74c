/*
 * db_sort.c - SORT in ferrite.h: arguments checked, wrapped into operations on types/sort.h.
 * See db.h.
 */
#include "db.h"
#include "db_answer.h"
#include "types/sort.h"

struct call {
    ferrite_slice key, to;
    const ferrite_sort_options *options;
    uint64_t number;
    struct slices list;
};

static const ferrite_sort_options plain = FERRITE_SORT_OPTIONS_INIT;

static int call_check(const struct call *call) {
    const ferrite_sort_options *options = call->options;
    int code = key_check(call->key);
    if (code != FERRITE_OK) return code;
    if (options->struct_size != sizeof *options ||
        (options->flags & ~(uint32_t)(FERRITE_SORT_ALPHA | FERRITE_SORT_DESC)) != 0)
        return error_set(FERRITE_INVALID,
                         "the options are none; begin with FERRITE_SORT_OPTIONS_INIT");
    code = pattern_check(options->by);
    for (size_t i = 0; i < options->get_count && code == FERRITE_OK; i++) {
        if (options->get == NULL || (options->get[i].data == NULL && options->get[i].len != 0))
            return error_set(FERRITE_INVALID, "ERR get is NULL");
        code = pattern_check(options->get[i]);
    }
    return code;
}

static int list_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return sort_list(ks, call->key, call->options, &call->list);
}

ferrite_slice *ferrite_sort(ferrite_db *db, const char *key, size_t key_len,
                            const ferrite_sort_options *options, size_t *count,
                            ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .options = options != NULL ? options : &plain};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_read(db, list_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

static int store_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return sort_store(ks, call->key, call->options, call->to, &call->number);
}

int ferrite_sort_store(ferrite_db *db, const char *key, size_t key_len,
                       const ferrite_sort_options *options, const char *to, size_t to_len,
                       uint64_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .to = {to, to_len},
                        .options = options != NULL ? options : &plain};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = key_check(call.to);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, store_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}
