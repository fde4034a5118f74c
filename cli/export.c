/*
 * export.c - walks a database for export. See export.h.
 *
 * Collections are read in steps, by commands, so that a large one never lies in memory as a whole.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#define STEP_MAX      1024u
#define STEP_BYTES    ((size_t)256 << 10) /* steps grow until they are about so large */
#define PROGRESS_KEYS 1024u

/* ---- asking ---- */

/* The reply to the gathered question, NULL with *err set. */
static ferrite_reply *ask(struct export *export, ferrite_error **err) {
    struct gather *question = &export->question;
    if (!gather_finish(question)) return NULL;
    return ferrite_command(export->db, (int)question->count, question->argv, question->lens, err);
}

static void question_begin(struct export *export, const char *name) {
    gather_clear(&export->question);
    gather_text(&export->question, name);
    gather_word(&export->question, export->key.data, export->key.len);
}

static int ask_number(struct export *export, const char *name, int64_t *number,
                      ferrite_error **err) {
    question_begin(export, name);
    ferrite_reply *reply = ask(export, err);
    if (!reply) return -1;
    *number = reply->type == FERRITE_REPLY_INTEGER ? reply->integer : 0;
    ferrite_free(reply);
    return 0;
}

static ferrite_slice slice_of(const ferrite_reply *reply) {
    return (ferrite_slice){reply->str, reply->len};
}

/* ---- the elements of a collection ---- */

/* How the elements of a type are read: in ranges of ranks, or by a scan, which keeps order here. */
static const struct reading {
    int type;
    const char *count, *name, *option;
    size_t parts; /* replies for each element */
} readings[] = {
    {FERRITE_TYPE_LIST, "LLEN", "LRANGE", NULL, 1},
    {FERRITE_TYPE_ZSET, "ZCARD", "ZRANGE", "WITHSCORES", 2},
    {FERRITE_TYPE_SET, "SCARD", "SSCAN", "COUNT", 1},
    {FERRITE_TYPE_HASH, "HLEN", "HSCAN", "COUNT", 2},
};

static const struct reading *reading_of(int type) {
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        if (readings[i].type == type) return &readings[i];
    return NULL;
}

struct walk {
    const struct reading *how;
    ferrite_reply *reply;       /* the step at hand */
    const ferrite_reply *parts; /* its array of elements */
    char cursor[24];            /* of a scan */
    uint64_t at;                /* of ranks */
    size_t step;
    bool ended;
};

static bool is_scan(const struct walk *walk) {
    return walk->how->option && strcmp(walk->how->option, "COUNT") == 0;
}

static void gather_step(struct export *export, const struct walk *walk) {
    struct gather *question = &export->question;
    question_begin(export, walk->how->name);
    if (is_scan(walk)) {
        gather_text(question, walk->cursor);
        gather_text(question, walk->how->option);
        gather_number(question, (long long)walk->step);
    } else {
        gather_number(question, (long long)walk->at);
        gather_number(question, (long long)(walk->at + walk->step - 1));
        if (walk->how->option) gather_text(question, walk->how->option);
    }
}

static void take_step(struct walk *walk) {
    walk->parts = walk->reply;
    if (is_scan(walk) && walk->reply->count == 2) {
        walk->parts = &walk->reply->elements[1];
        snprintf(walk->cursor, sizeof walk->cursor, "%s", walk->reply->elements[0].str);
        walk->ended = strcmp(walk->cursor, "0") == 0;
    } else {
        walk->at += walk->parts->count / walk->how->parts;
        walk->ended = walk->parts->count < walk->step * walk->how->parts;
    }
}

/* The next step is larger or smaller, as the elements of this one are. */
static void adapt_step(struct walk *walk) {
    size_t bytes = 0;
    for (size_t i = 0; i < walk->parts->count; i++) bytes += walk->parts->elements[i].len;
    if (bytes < STEP_BYTES && walk->step < STEP_MAX)
        walk->step *= 2;
    else if (bytes > 4 * STEP_BYTES && walk->step > 1)
        walk->step /= 2;
}

/* 1: walk->parts are the next elements. */
static int walk_next(struct export *export, struct walk *walk, ferrite_error **err) {
    ferrite_free(walk->reply);
    walk->reply = NULL;
    if (walk->ended) return 0;
    gather_step(export, walk);
    walk->reply = ask(export, err);
    if (!walk->reply) return -1;
    take_step(walk);
    adapt_step(walk);
    return 1;
}

static struct walk walk_begin(const struct export *export) {
    return (struct walk){.how = reading_of(export->type), .cursor = "0", .step = 16};
}

static int write_elements(struct export *export, ferrite_error **err) {
    struct walk walk = walk_begin(export);
    int more;
    while ((more = walk_next(export, &walk, err)) > 0)
        for (size_t i = 0; i + walk.how->parts <= walk.parts->count; i += walk.how->parts) {
            const ferrite_reply *part = &walk.parts->elements[i];
            ferrite_slice second = {NULL, 0};
            if (walk.how->parts == 2) second = slice_of(part + 1);
            export->form->element(export, slice_of(part), second);
            export->written++;
        }
    ferrite_free(walk.reply);
    return more;
}

/* ---- fields that expire ---- */

static int write_field_times(struct export *export, const ferrite_reply *fields,
                             ferrite_error **err) {
    struct gather *question = &export->question;
    question_begin(export, "HPEXPIRETIME");
    gather_text(question, "FIELDS");
    gather_number(question, (long long)(fields->count / 2));
    for (size_t i = 0; i < fields->count; i += 2)
        gather_word(question, fields->elements[i].str, fields->elements[i].len);
    ferrite_reply *times = ask(export, err);
    if (!times) return -1;
    for (size_t i = 0; times->type == FERRITE_REPLY_ARRAY && i < times->count; i++)
        if (times->elements[i].integer > 0)
            export->form->field_expiry(export, slice_of(&fields->elements[2 * i]),
                                       times->elements[i].integer);
    ferrite_free(times);
    return 0;
}

static int write_field_expiries(struct export *export, ferrite_error **err) {
    if (export->type != FERRITE_TYPE_HASH || !ferrite_command_find("hpexpiretime", 12)) return 0;
    struct walk walk = walk_begin(export);
    int more;
    while ((more = walk_next(export, &walk, err)) > 0)
        if (walk.parts->count && write_field_times(export, walk.parts, err) < 0) {
            more = -1;
            break;
        }
    ferrite_free(walk.reply);
    return more;
}

/* ---- keys ---- */

static int write_collection(struct export *export, ferrite_error **err) {
    const struct reading *how = reading_of(export->type);
    int64_t count = 0;
    if (!how || ask_number(export, how->count, &count, err) < 0) return how ? -1 : 0;
    export->count = (uint64_t)count;
    export->written = 0;
    export->field_expires = false;
    export->form->begin(export);
    int failed = write_elements(export, err) < 0 || write_field_expiries(export, err) < 0;
    export->form->end(export);
    return failed ? -1 : 0;
}

static int write_key(struct export *export, ferrite_slice value, ferrite_error **err) {
    export->expires_ms = 0;
    if (ask_number(export, "PEXPIRETIME", &export->expires_ms, err) < 0) return -1;
    if (export->expires_ms < 0) export->expires_ms = 0;
    if (export->type != FERRITE_TYPE_STRING) return write_collection(export, err);
    export->form->string(export, value);
    return 0;
}

static int write_keys(struct export *export, ferrite_error **err) {
    ferrite_slice value;
    ferrite_iterator *it = ferrite_iterate(export->db, NULL, err);
    if (!it) return -1;
    int more = 0;
    while (!ferror(export->out) &&
           (more = ferrite_iterator_next(it, &export->key, &value, err)) > 0) {
        export->type = ferrite_iterator_type(it);
        if (write_key(export, value, err) < 0) {
            more = -1;
            break;
        }
        if (++export->done % PROGRESS_KEYS == 0)
            progress_show(&export->progress, export->done, export->total);
    }
    ferrite_iterator_close(it);
    return ferror(export->out) ? 0 : more;
}

/* ---- databases ---- */

static int write_selected(struct export *export, ferrite_db *snapshot, int index,
                          ferrite_error **err) {
    export->db = ferrite_select(snapshot, index, err);
    if (!export->db) return -1;
    int result = write_keys(export, err);
    ferrite_close(export->db);
    return result;
}

static void count_keys(struct export *export, ferrite_db *db) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    if (export->progress.is_terminal && ferrite_info(db, &stats, NULL) == 0)
        export->total = stats.keys;
}

int export_database(struct export *export, ferrite_db *db, int index, bool all,
                    ferrite_error **err) {
    ferrite_db *snapshot = ferrite_snapshot(db, err);
    if (!snapshot) return -1;
    count_keys(export, db);
    int result = 0, last = all ? ferrite_databases(db) - 1 : index;
    for (int i = all ? 0 : index; i <= last && result == 0; i++)
        result = write_selected(export, snapshot, i, err);
    progress_wipe(&export->progress);
    ferrite_close(snapshot);
    gather_free(&export->command);
    gather_free(&export->question);
    return result;
}
