/*
 * option_rows.c - the one table of options by name, for ferrite_options_set, CONFIG and the
 * program's command line. See options.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "options.h"

const struct option_word sync_mode_words[] = {
    {"normal", FERRITE_SYNC_NORMAL},     {"none", FERRITE_SYNC_NONE},
    {"periodic", FERRITE_SYNC_PERIODIC}, {"every-n", FERRITE_SYNC_EVERY_N},
    {"full", FERRITE_SYNC_FULL},         {NULL, 0}};

const struct option_word log_level_words[] = {{"none", FERRITE_LOG_NONE},
                                              {"error", FERRITE_LOG_ERROR},
                                              {"warning", FERRITE_LOG_WARNING},
                                              {"notice", FERRITE_LOG_NOTICE},
                                              {"debug", FERRITE_LOG_DEBUG},
                                              {"verbose", FERRITE_LOG_DEBUG},
                                              {NULL, 0}};

const struct option_word eviction_words[] = {{"volatile-lru", FERRITE_EVICT_VOLATILE_LRU},
                                             {"volatile-lfu", FERRITE_EVICT_VOLATILE_LFU},
                                             {"volatile-random", FERRITE_EVICT_VOLATILE_RANDOM},
                                             {"volatile-ttl", FERRITE_EVICT_VOLATILE_TTL},
                                             {"allkeys-lru", FERRITE_EVICT_ALL_LRU},
                                             {"allkeys-lfu", FERRITE_EVICT_ALL_LFU},
                                             {"allkeys-random", FERRITE_EVICT_ALL_RANDOM},
                                             {"noeviction", FERRITE_EVICT_NONE},
                                             {NULL, 0}};

static const struct option_word cache_words[] = {
    {"auto", 0}, {"off", FERRITE_CACHE_OFF}, {NULL, 0}};
static const struct option_word compression_words[] = {
    {"off", 0}, {"no", 0}, {"fast", 1}, {"lz4", 1}, {NULL, 0}};

static size_t field_size(const struct option_row *row) {
    return row->type == OPTION_U64 || row->type == OPTION_I64 ? 8 : 4;
}

/* ---- names that stand for more than a field ---- */

/* "periodic" and "every-n" may carry a number: "periodic:100". */
int sync_mode_set(ferrite_options *options, const char *value) {
    size_t len = strcspn(value, ":");
    uint64_t mode, number = 0;
    bool found = text_word(sync_mode_words, value, len, &mode);
    bool counted = found && (mode == FERRITE_SYNC_PERIODIC || mode == FERRITE_SYNC_EVERY_N);
    if (!found || (value[len] != '\0' && !counted))
        return error_set(FERRITE_INVALID, "argument must be none, periodic[:ms], every-n[:n], "
                                          "normal or full");
    if (value[len] != '\0') {
        int code = text_number(value + len + 1, UINT32_MAX, &number);
        if (code != FERRITE_OK) return code;
    }
    options->sync_mode = (ferrite_sync_mode)mode;
    if (number != 0 && mode == FERRITE_SYNC_PERIODIC) options->sync_interval_ms = (uint32_t)number;
    if (number != 0 && mode == FERRITE_SYNC_EVERY_N) options->sync_every_n = (uint32_t)number;
    return FERRITE_OK;
}

static void sync_mode_get(const ferrite_options *options, char *text, size_t size) {
    snprintf(text, size, "%s", sync_mode_words[options->sync_mode].word);
}

/* Redis's three ways, as near as there is: once a second, after each command, or when it likes. */
static int appendfsync_set(ferrite_options *options, const char *value) {
    static const struct option_word words[] = {{"everysec", FERRITE_SYNC_PERIODIC},
                                               {"always", FERRITE_SYNC_NORMAL},
                                               {"no", FERRITE_SYNC_NONE},
                                               {NULL, 0}};
    uint64_t mode;
    if (!text_word(words, value, strlen(value), &mode))
        return error_set(FERRITE_INVALID, "argument(s) must be one of the following: everysec, "
                                          "always, no");
    options->sync_mode = (ferrite_sync_mode)mode;
    if (mode == FERRITE_SYNC_PERIODIC) options->sync_interval_ms = 1000;
    return FERRITE_OK;
}

static void appendfsync_get(const ferrite_options *options, char *text, size_t size) {
    ferrite_sync_mode mode = options->sync_mode;
    bool always = mode == FERRITE_SYNC_NORMAL || mode == FERRITE_SYNC_FULL;
    snprintf(text, size, "%s",
             always                          ? "always"
             : mode == FERRITE_SYNC_PERIODIC ? "everysec"
                                             : "no");
}

/* What a preset leaves at its default keeps what it was: read_only and the like. */
static int preset_set(ferrite_options *options, const char *value) {
    static const struct {
        const char *name;
        ferrite_options (*make)(void);
    } presets[] = {{"iot", ferrite_options_iot},
                   {"minimal", ferrite_options_minimal},
                   {"mobile", ferrite_options_mobile},
                   {"full", ferrite_options_full}};
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcasecmp(value, presets[i].name) != 0) continue;
        ferrite_options defaults = FERRITE_OPTIONS_INIT, preset = presets[i].make();
        for (size_t r = 0; option_row_at(r) != NULL; r++) {
            const struct option_row *row = option_row_at(r);
            if (row->field == NULL || option_value(row, &preset) == option_value(row, &defaults))
                continue;
            memcpy((char *)options + row->offset, (const char *)&preset + row->offset,
                   field_size(row));
        }
        return FERRITE_OK;
    }
    return error_set(FERRITE_INVALID,
                     "argument(s) must be one of the following: iot, minimal, mobile, full");
}

/* ---- the table ---- */

#define FIELD(name, type) #name, offsetof(ferrite_options, name), OPTION_##type
#define NO_FIELD          NULL, 0, OPTION_INT
#define LIVE              true
#define FIXED             false

static const struct option_row rows[] = {
    {"appendfsync", NULL, NO_FIELD, FORM_WORDS, 0, NULL, LIVE, appendfsync_set, appendfsync_get},
    {"busy-timeout", NULL, FIELD(busy_timeout_ms, U32), FORM_DURATION, UINT32_MAX, NULL, LIVE, NULL,
     NULL},
    {"cache-size", NULL, FIELD(cache_size, U64), FORM_SIZE, UINT64_MAX, cache_words, LIVE, NULL,
     NULL},
    {"compression", NULL, FIELD(compression, INT), FORM_NUMBER, 12, compression_words, LIVE, NULL,
     NULL},
    {"compression-min", NULL, FIELD(compression_min, U32), FORM_SIZE, UINT32_MAX, NULL, LIVE, NULL,
     NULL},
    {"databases", NULL, FIELD(databases, U32), FORM_NUMBER, TXN_DATABASES_MAX, NULL, FIXED, NULL,
     NULL},
    {"default-ttl", NULL, FIELD(default_ttl_ms, I64), FORM_DURATION, INT64_MAX, NULL, LIVE, NULL,
     NULL},
    {"dirty-limit", NULL, FIELD(dirty_limit, U64), FORM_SIZE, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"expire-interval", NULL, FIELD(expire_interval_ms, U32), FORM_DURATION, UINT32_MAX, NULL, LIVE,
     NULL, NULL},
    {"file-slack", NULL, FIELD(file_slack, U64), FORM_SIZE, UINT64_MAX, NULL, LIVE, NULL, NULL},
    {"log-size", NULL, FIELD(log_size, U64), FORM_SIZE, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"loglevel", "log-level", FIELD(log_level, INT), FORM_WORDS, FERRITE_LOG_DEBUG, log_level_words,
     LIVE, NULL, NULL},
    {"map-size", NULL, FIELD(map_size, U64), FORM_SIZE, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"max-keys", NULL, FIELD(max_keys, U64), FORM_NUMBER, UINT64_MAX, NULL, LIVE, NULL, NULL},
    {"max-size", NULL, FIELD(max_size, U64), FORM_SIZE, UINT64_MAX, NULL, LIVE, NULL, NULL},
    {"max-value-size", NULL, FIELD(max_value_size, U64), FORM_SIZE, UINT64_MAX, NULL, LIVE, NULL,
     NULL},
    {"maxmemory", "max-memory", FIELD(max_memory, U64), FORM_SIZE, UINT64_MAX, NULL, LIVE, NULL,
     NULL},
    {"maxmemory-policy", "eviction", FIELD(eviction, INT), FORM_WORDS, FERRITE_EVICT_VOLATILE_TTL,
     eviction_words, LIVE, NULL, NULL},
    {"must-exist", NULL, FIELD(must_exist, INT), FORM_YESNO, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"no-threads", NULL, FIELD(no_threads, INT), FORM_YESNO, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"preset", NULL, NO_FIELD, FORM_WORDS, 0, NULL, FIXED, preset_set, NULL},
    {"read-only", NULL, FIELD(read_only, INT), FORM_YESNO, UINT64_MAX, NULL, FIXED, NULL, NULL},
    {"sync-every", "sync-every-n", FIELD(sync_every_n, U32), FORM_NUMBER, UINT32_MAX, NULL, LIVE,
     NULL, NULL},
    {"sync-interval", NULL, FIELD(sync_interval_ms, U32), FORM_DURATION, UINT32_MAX, NULL, LIVE,
     NULL, NULL},
    {"sync-mode", "sync", FIELD(sync_mode, INT), FORM_WORDS, FERRITE_SYNC_FULL, sync_mode_words,
     LIVE, sync_mode_set, sync_mode_get},
};
#define ROWS (sizeof rows / sizeof *rows)

const struct option_row *option_row_at(size_t index) { return index < ROWS ? &rows[index] : NULL; }

static bool name_is(const char *known, const char *name, size_t len) {
    if (known == NULL || strlen(known) != len) return false;
    for (size_t i = 0; i < len; i++) {
        char a = known[i] == '_' ? '-' : known[i], b = name[i] == '_' ? '-' : name[i];
        if (strncasecmp(&a, &b, 1) != 0) return false;
    }
    return true;
}

const struct option_row *option_row_find(const char *name, size_t len) {
    for (size_t i = 0; i < ROWS; i++)
        if (name_is(rows[i].name, name, len) || name_is(rows[i].alias, name, len) ||
            name_is(rows[i].field, name, len))
            return &rows[i];
    return NULL;
}

/* Negative numbers become larger than any bound. */
uint64_t option_value(const struct option_row *row, const ferrite_options *options) {
    const char *at = (const char *)options + row->offset;
    union {
        int i;
        uint32_t u32;
        uint64_t u64;
    } field = {.u64 = 0};
    memcpy(&field, at, field_size(row));
    if (row->form == FORM_YESNO) return field.i != 0;
    return row->type == OPTION_INT   ? (uint64_t)(int64_t)field.i
           : row->type == OPTION_U32 ? field.u32
                                     : field.u64;
}

static void value_put(const struct option_row *row, ferrite_options *options, uint64_t value) {
    char *at = (char *)options + row->offset;
    uint32_t narrow = (uint32_t)value;
    if (row->type == OPTION_U64 || row->type == OPTION_I64)
        memcpy(at, &value, sizeof value);
    else
        memcpy(at, &narrow, sizeof narrow);
}

static int word_wrong(const struct option_row *row) {
    char list[256];
    words_list(row->words, list, sizeof list);
    return error_set(FERRITE_INVALID, "argument(s) must be one of the following: %s", list);
}

/* A number that has words too. */
static int word_or_number_wrong(const struct option_row *row) {
    char list[256];
    words_list(row->words, list, sizeof list);
    if (row->form == FORM_SIZE)
        return error_set(FERRITE_INVALID, "argument must be a memory value or one of: %s", list);
    return error_set(FERRITE_INVALID, "argument must be a number to %llu or one of: %s",
                     (unsigned long long)row->max, list);
}

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static int value_read(const struct option_row *row, const char *text, uint64_t *value) {
    if (row->words != NULL && text_word(row->words, text, strlen(text), value)) return FERRITE_OK;
    if (row->words != NULL && row->form != FORM_WORDS && !is_digit(text[0]))
        return word_or_number_wrong(row);
    switch (row->form) {
    case FORM_SIZE:
        return text_size(text, value);
    case FORM_DURATION:
        return text_duration(text, value);
    case FORM_YESNO:
        return text_yesno(text, value);
    case FORM_WORDS:
        return word_wrong(row);
    case FORM_NUMBER:
        break;
    }
    return text_number(text, row->max, value);
}

int option_set_text(const struct option_row *row, ferrite_options *options, const char *value) {
    uint64_t number = 0;
    if (row->set != NULL) return row->set(options, value);
    int code = value_read(row, value, &number);
    if (code == FERRITE_OK && number > row->max)
        code = error_set(FERRITE_INVALID, "argument must be between 0 and %llu inclusive",
                         (unsigned long long)row->max);
    if (code == FERRITE_OK) value_put(row, options, number);
    return code;
}

/* A value with a name is told by it where numbers would say less. */
static const char *value_word(const struct option_row *row, uint64_t value) {
    if (row->form == FORM_YESNO) return value != 0 ? "yes" : "no";
    if (row->words == NULL || row->form == FORM_NUMBER) return NULL;
    for (const struct option_word *word = row->words; word->word != NULL; word++)
        if (word->value == value) return word->word;
    return NULL;
}

void option_get_text(const struct option_row *row, const ferrite_options *options, char *text,
                     size_t size) {
    if (row->get != NULL) {
        row->get(options, text, size);
        return;
    }
    uint64_t value = option_value(row, options);
    const char *word = value_word(row, value);
    if (word != NULL)
        snprintf(text, size, "%s", word);
    else
        snprintf(text, size, "%llu", (unsigned long long)value);
}

int option_check(const struct option_row *row, const ferrite_options *options) {
    if (row->field == NULL) return FERRITE_OK;
    uint64_t value = option_value(row, options);
    if (value <= row->max) return FERRITE_OK;
    if (row->form != FORM_WORDS)
        return error_set(FERRITE_INVALID, "options: %s is %lld; it can be 0 to %llu", row->field,
                         (long long)value, (unsigned long long)row->max);
    char list[256];
    words_list(row->words, list, sizeof list);
    return error_set(FERRITE_INVALID, "options: %s is %lld, which is none of: %s", row->field,
                     (long long)value, list);
}

/* Set in a whole copy, so that the options of a program with an earlier header may be shorter. */
static int set_in_copy(const struct option_row *row, ferrite_options *options, const char *value) {
    ferrite_options whole = FERRITE_OPTIONS_INIT;
    uint32_t size = options->struct_size;
    if (row->offset + field_size(row) > size)
        return error_set(FERRITE_INVALID, "the program's ferrite.h does not know it");
    memcpy(&whole, options, size);
    int code = option_set_text(row, &whole, value);
    if (code == FERRITE_OK) memcpy(options, &whole, size);
    return code;
}

int ferrite_options_set(ferrite_options *options, const char *name, const char *value,
                        ferrite_error **err) {
    if (options == NULL || options->struct_size < sizeof options->struct_size ||
        options->struct_size > sizeof *options)
        return error_give(err,
                          error_set(FERRITE_INVALID, "options: begin with FERRITE_OPTIONS_INIT"));
    const struct option_row *row = name != NULL ? option_row_find(name, strlen(name)) : NULL;
    if (row == NULL || value == NULL)
        return error_give(err, error_set(FERRITE_INVALID,
                                         row == NULL ? "there is no option '%.64s'"
                                                     : "option '%.64s' has no value",
                                         name != NULL ? name : ""));
    int code = set_in_copy(row, options, value);
    if (code == FERRITE_OK) return 0;
    return error_give(err, error_set(code, "option '%.64s' cannot be '%.64s': %s", name, value,
                                     error_text(code)));
}

const char *ferrite_options_name(size_t index) { return index < ROWS ? rows[index].name : NULL; }
