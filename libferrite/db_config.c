/*
 * db_config.c - ferrite_config_get and ferrite_config_set: the options of an open database, asked for
 * and changed by name. See options.h.
 *
 * One change at a time (config_mutex). Whoever uses an option reads it with OPTION, one load; the
 * engine and the bounds have places of their own, which are told here.
 */
#include <ctype.h>
#include <string.h>

#include "db.h"
#include "db_answer.h"
#include "types/glob.h"
#include "types/slices.h"

#define PATTERN_MAX 64u
#define VALUE_MAX   128u

/* ---- asking ---- */

static bool is_pattern(ferrite_slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (strchr("*?[\\", text.data[i]) != NULL) return true;
    return false;
}

/* Letters of any case, like the names of Redis's options. */
static bool row_matches(const struct option_row *row, ferrite_slice pattern) {
    char lower[PATTERN_MAX];
    if (pattern.len > sizeof lower) return false;
    for (size_t i = 0; i < pattern.len; i++)
        lower[i] = (char)tolower((unsigned char)pattern.data[i]);
    return glob_match(lower, pattern.len, row->name, strlen(row->name));
}

/* The name under which the row is told: as it was asked for, or its own when that was a pattern.
 * data NULL: it was not asked for. */
static ferrite_slice row_wanted(const struct option_row *row, const ferrite_slice *patterns,
                                size_t count) {
    bool told = row->field != NULL || row->get != NULL;
    for (size_t i = 0; told && i < count; i++) {
        if (is_pattern(patterns[i]) && row_matches(row, patterns[i]))
            return (ferrite_slice){row->name, strlen(row->name)};
        if (!is_pattern(patterns[i]) && option_row_find(patterns[i].data, patterns[i].len) == row)
            return patterns[i];
    }
    return (ferrite_slice){NULL, 0};
}

static int row_add(struct core *core, const struct option_row *row, ferrite_slice name,
                   struct slices *list) {
    char text[OPTION_TEXT_MAX];
    option_get_text(row, &core->options, text, sizeof text);
    int code = slices_add(list, name.data, name.len);
    return code == FERRITE_OK ? slices_add(list, text, strlen(text)) : code;
}

static int config_list(struct core *core, const ferrite_slice *patterns, size_t count,
                       struct slices *list) {
    int code = FERRITE_OK;
    pthread_mutex_lock(&core->config_mutex);
    for (size_t i = 0; code == FERRITE_OK && option_row_at(i) != NULL; i++) {
        ferrite_slice name = row_wanted(option_row_at(i), patterns, count);
        if (name.data != NULL) code = row_add(core, option_row_at(i), name, list);
    }
    pthread_mutex_unlock(&core->config_mutex);
    return code;
}

ferrite_slice *ferrite_config_get(ferrite_db *db, const ferrite_slice *patterns,
                                  size_t pattern_count, size_t *count, ferrite_error **err) {
    struct slices list = {0};
    int code = db_check(db);
    if (code == FERRITE_OK) code = slices_check(patterns, pattern_count);
    if (code == FERRITE_OK) code = config_list(db->core, patterns, pattern_count, &list);
    return slices_answer(code, &list, count, err);
}

/* ---- changing ---- */

static int set_failed(ferrite_slice name, const char *reason) {
    return error_set(FERRITE_INVALID,
                     "ERR CONFIG SET failed (possibly related to argument '%.*s') - %s",
                     (int)(name.len < PATTERN_MAX ? name.len : PATTERN_MAX), name.data, reason);
}

/* All names are looked at before any value. */
static int names_check(const ferrite_slice *items, size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        const struct option_row *row = option_row_find(items[i].data, items[i].len);
        if (row == NULL || (row->field == NULL && row->get == NULL))
            return error_set(FERRITE_INVALID,
                             "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'",
                             (int)(items[i].len < PATTERN_MAX ? items[i].len : PATTERN_MAX),
                             items[i].data);
        if (!row->live) return set_failed(items[i], "can't set immutable config");
        for (size_t j = 0; j < i; j += 2)
            if (option_row_find(items[j].data, items[j].len) == row)
                return set_failed(items[i], "duplicate parameter");
    }
    return FERRITE_OK;
}

static int item_set(ferrite_options *options, const ferrite_slice *item) {
    char value[VALUE_MAX];
    if (item[1].len >= sizeof value || memchr(item[1].data, '\0', item[1].len) != NULL)
        return set_failed(item[0], "argument is no text of at most 127 bytes");
    memcpy(value, item[1].data, item[1].len);
    value[item[1].len] = '\0';
    int code = option_set_text(option_row_find(item[0].data, item[0].len), options, value);
    return code == FERRITE_OK ? code : set_failed(item[0], error_text(code));
}

static struct engine_ways ways_of(const ferrite_options *options) {
    return (struct engine_ways){options->sync_mode, options->sync_interval_ms,
                                options->sync_every_n, options->busy_timeout_ms};
}

static bool ways_differ(const ferrite_options *a, const ferrite_options *b) {
    struct engine_ways one = ways_of(a), other = ways_of(b);
    return memcmp(&one, &other, sizeof one) != 0;
}

/* What changed is stored for those who read it at this moment. */
static void fields_store(struct core *core, const ferrite_options *wanted) {
    for (size_t i = 0; option_row_at(i) != NULL; i++) {
        const struct option_row *row = option_row_at(i);
        if (!row->live || row->field == NULL) continue;
        char *to = (char *)&core->options + row->offset;
        const char *from = (const char *)wanted + row->offset;
        if (row->type == OPTION_U64 || row->type == OPTION_I64)
            __atomic_store_n((uint64_t *)to, *(const uint64_t *)from, __ATOMIC_RELAXED);
        else
            __atomic_store_n((uint32_t *)to, *(const uint32_t *)from, __ATOMIC_RELAXED);
    }
}

static int parts_tell(struct core *core, const ferrite_options *before,
                      const ferrite_options *wanted) {
    int code = core_bounds_changed(core);
    if (code != FERRITE_OK || !ways_differ(before, wanted)) return code;
    struct engine_ways ways = ways_of(wanted);
    return engine_set_ways(core->engine, &ways);
}

/* What may be refused comes first; then nothing was changed. */
static int config_apply(struct core *core, const ferrite_options *wanted) {
    const ferrite_options before = core->options;
    fields_store(core, wanted);
    int code = parts_tell(core, &before, wanted);
    if (code != FERRITE_OK) {
        const struct error_kept refused = error_keep(code);
        fields_store(core, &before);
        (void)core_bounds_changed(core); /* it has all that it needs from before */
        return error_restore(&refused);
    }
    const bool in_memory = engine_in_memory(core->engine);
    const uint64_t budget = cache_budget(&core->options, in_memory);
    if (budget != cache_budget(&before, in_memory)) cache_resize(&core->cache, budget);
    atomic_store_explicit(&core->log.level, (int)wanted->log_level, memory_order_relaxed);
    return FERRITE_OK;
}

static int config_change(const ferrite_db *db, const ferrite_slice *items, size_t count) {
    struct core *core = db->core;
    pthread_mutex_lock(&core->config_mutex);
    ferrite_options wanted = core->options;
    int code = FERRITE_OK;
    for (size_t i = 0; code == FERRITE_OK && i < count; i += 2) code = item_set(&wanted, &items[i]);
    if (code == FERRITE_OK) options_default(&wanted);
    if (code == FERRITE_OK && db->session != NULL && ways_differ(&core->options, &wanted))
        code = error_set(FERRITE_INVALID,
                         "ERR sync-mode and busy-timeout cannot be changed in a transaction");
    if (code == FERRITE_OK) code = config_apply(core, &wanted);
    pthread_mutex_unlock(&core->config_mutex);
    return code;
}

int ferrite_config_set(ferrite_db *db, const ferrite_slice *items, size_t count,
                       ferrite_error **err) {
    int code = db_check(db);
    if (code == FERRITE_OK) code = slices_check(items, count);
    if (code == FERRITE_OK && (count == 0 || count % 2 != 0))
        code = error_set(FERRITE_INVALID, "ERR wrong number of arguments for 'config|set' command");
    if (code == FERRITE_OK) code = names_check(items, count);
    if (code == FERRITE_OK) code = config_change(db, items, count);
    return db_answer(code, 0, err);
}
