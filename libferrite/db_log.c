/*
 * db_log.c - ferrite_log_read: the effects in a database's log, as words. See db.h.
 *
 * Reads the files without a lock, so that the log of a database in use can be looked at too; what
 * is being written at that moment may be missing.
 */
#include "db.h"
#include "os/mem.h"
#include "txn/salvage.h"
#include "types/effect.h"

#define STOPPED (-1) /* no FERRITE_* code: the user's function wants no more */

struct log_call {
    int (*fn)(void *ctx, const ferrite_log_entry *entry);
    void *ctx;
    int result;
};

/* For people a compressed value is the value. */
static int effect_expand(struct effect *effect, char **value) {
    struct compressed form;
    if (!effect->compressed && !(effect->op == EFFECT_PUT && effect->head & RECORD_COMPRESSED))
        return FERRITE_OK;
    const uint8_t *bytes = (const uint8_t *)effect->data.data;
    int code = compressed_read(bytes, (uint32_t)effect->data.len, &form);
    if (code != FERRITE_OK) return code;
    *value = mem_alloc(form.len);
    if (*value == NULL) return error_nomem();
    code = compressed_expand(&form, *value);
    effect->data = (ferrite_slice){*value, form.len};
    return code;
}

static int show_words(struct log_call *call, uint64_t txid, uint64_t lsn,
                      const struct effect *effect) {
    struct effect_words words;
    effect_words(effect, &words);
    ferrite_log_entry entry = {txid, lsn, effect->db, words.count, words.word};
    call->result = call->fn(call->ctx, &entry);
    return call->result == 0 ? FERRITE_OK : STOPPED;
}

static int show_effect(struct log_call *call, uint64_t txid, uint64_t lsn,
                       const struct effect *effect) {
    struct effect shown = *effect;
    char *value = NULL;
    int code = effect_expand(&shown, &value);
    if (code == FERRITE_OK) code = show_words(call, txid, lsn, &shown);
    mem_free(value);
    return code;
}

static int show_transaction(void *ctx, uint64_t txid, uint64_t lsn, const uint8_t *effects,
                            size_t len) {
    int code = FERRITE_OK;
    if (len == 0) return code; /* and then there may be no bytes to point at */
    const uint8_t *at = effects, *end = effects + len;
    while (code == FERRITE_OK && at < end) {
        struct effect effect;
        code = effect_read(&at, end, &effect);
        if (code == FERRITE_OK) code = show_effect(ctx, txid, lsn, &effect);
    }
    return code;
}

int ferrite_log_read(const char *path, int (*fn)(void *ctx, const ferrite_log_entry *entry),
                     void *ctx, ferrite_error **err) {
    struct log_call call = {fn, ctx, 0};
    struct salvage *salvage;
    if (path == NULL || fn == NULL)
        return error_give(err, error_set(FERRITE_INVALID, "the path or the function is NULL"));
    int code = salvage_open(os_default(), path, false, &salvage);
    if (code != FERRITE_OK) return error_give(err, code);
    code = salvage_log(salvage, show_transaction, &call);
    salvage_close(salvage);
    return code == STOPPED ? call.result : db_answer(code, 0, err);
}
