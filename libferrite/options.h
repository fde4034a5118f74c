/*
 * options.h - the user's ferrite_options: checked, completed from the environment, set by name.
 *
 * options.c checks and completes, option_rows.c is the one table of names, option_text.c reads and
 * writes values as text, presets.c has the ready-made sets. Called by db.c at open and by
 * db_config.c. Any thread.
 *
 * The options of an open database live in core->options. Fields whose row is marked `live` may
 * be changed by CONFIG SET at any moment, so they are read with OPTION and changed by
 * db_config.c alone; the others never change after opening.
 */
#ifndef FERRITE_OPTIONS_H
#define FERRITE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "txn/txn.h"

/* A field of struct core's options as it is at this moment: one load. */
#define OPTION(core, field) __atomic_load_n(&(core)->options.field, __ATOMIC_RELAXED)

/* Turns options (NULL: all defaults; of this or an earlier version of the header, told by
 * struct_size) into `out` in today's shape, what the environment decides applied where the field
 * has its default. FERRITE_INVALID. */
int options_resolve(const ferrite_options *options, ferrite_options *out);

/* What is 0 and means a number gets it. */
void options_default(ferrite_options *options);

/* What max_memory and max_size mean for the engine: of max_memory a file's young pages take a quarter until
 * a checkpoint begins and at most half, and the log a quarter; the log takes at most a quarter of
 * max_size too, or as much as file_slack, which the file may be larger. 0 in file_limit: no limit. */
struct options_limits {
    uint64_t dirty_limit, log_size, file_limit; /* bytes */
};
struct options_limits options_limits(const ferrite_options *resolved);

/* What the engine needs of resolved options; os, path and apply are left to the caller. */
void options_configure(const ferrite_options *resolved, struct engine_config *out);

/* ---- option_rows.c: each option with its names and what it can be ---- */

enum option_type { OPTION_INT, OPTION_U32, OPTION_U64, OPTION_I64 };
enum option_form { FORM_NUMBER, FORM_SIZE, FORM_DURATION, FORM_YESNO, FORM_WORDS };

struct option_word {
    const char *word;
    uint64_t value;
};

struct option_row {
    const char *name;  /* as CONFIG GET tells it: Redis's, where Redis has one */
    const char *alias; /* another name; NULL */
    const char *field; /* of ferrite_options */
    size_t offset;
    enum option_type type;
    enum option_form form;
    uint64_t max;                    /* the least is 0 */
    const struct option_word *words; /* values with a name, a NULL at the end; NULL: none */
    bool live;                       /* CONFIG SET may change it */
    /* Instead of the field, for names that are more than one field. get NULL: CONFIG does not know it. */
    int (*set)(ferrite_options *options, const char *value);
    void (*get)(const ferrite_options *options, char *text, size_t size);
};

const struct option_row *option_row_at(size_t index); /* NULL past the end */
/* By name, alias or field, any case, '_' for '-'. NULL: there is none. */
const struct option_row *option_row_find(const char *name, size_t len);

uint64_t option_value(const struct option_row *row, const ferrite_options *options);

/* Reads `value` into the field. FERRITE_INVALID with the reason, in Redis's words. */
int option_set_text(const struct option_row *row, ferrite_options *options, const char *value);
/* The field as CONFIG GET tells it. */
#define OPTION_TEXT_MAX 64
void option_get_text(const struct option_row *row, const ferrite_options *options, char *text,
                     size_t size);
/* The field lies in its range. FERRITE_INVALID naming both. */
int option_check(const struct option_row *row, const ferrite_options *options);

/* ---- option_text.c: FERRITE_INVALID with the reason ---- */

int text_size(const char *text, uint64_t *bytes);  /* "64mb" */
int text_duration(const char *text, uint64_t *ms); /* "250", "250ms", "10s", "5m", "2h", "7d" */
int text_number(const char *text, uint64_t max, uint64_t *value);
int text_yesno(const char *text, uint64_t *value);
/* False: the word is none of them. */
bool text_word(const struct option_word *words, const char *text, size_t len, uint64_t *value);
void words_list(const struct option_word *words, char *text, size_t size); /* "a, b, c" */

/* sync_mode with its number: "periodic:100". */
int sync_mode_set(ferrite_options *options, const char *value);
extern const struct option_word sync_mode_words[], log_level_words[], eviction_words[];

#endif
