/*
 * options.c - options checked and completed. See options.h.
 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define DATABASES_DEFAULT        16u
#define SYNC_INTERVAL_DEFAULT_MS 1000u
#define SYNC_EVERY_DEFAULT       1000u
#define COMPRESSION_MIN_DEFAULT  64u
#define LOG_SIZE_DEFAULT         (64ull << 20)
#define DIRTY_LIMIT_DEFAULT      (256ull << 20)
#define FILE_SLACK               (1ull << 20)

/* Sets the option from the variable, if there is one. */
static int environment_take(ferrite_options *options, const char *variable, const char *name) {
    const char *text = getenv(variable);
    if (text == NULL || text[0] == '\0') return FERRITE_OK;
    int code = option_set_text(option_row_find(name, strlen(name)), options, text);
    if (code == FERRITE_OK) return code;
    return error_set(code, "the environment's %s is '%.64s': %s", variable, text, error_text(code));
}

static int environment_apply(ferrite_options *options) {
    int code = FERRITE_OK;
    if (options->sync_mode == FERRITE_SYNC_NORMAL)
        code = environment_take(options, "FERRITE_SYNC_MODE", "sync-mode");
    if (code == FERRITE_OK && options->max_memory == 0)
        code = environment_take(options, "FERRITE_MEMORY_LIMIT", "max-memory");
    if (code == FERRITE_OK && options->log_level == FERRITE_LOG_NONE)
        code = environment_take(options, "FERRITE_LOG", "log-level");
    return code;
}

static int options_check(const ferrite_options *options) {
    int code = FERRITE_OK;
    for (size_t i = 0; code == FERRITE_OK && option_row_at(i) != NULL; i++)
        code = option_check(option_row_at(i), options);
    return code;
}

void options_default(ferrite_options *options) {
    if (options->databases == 0) options->databases = DATABASES_DEFAULT;
    if (options->sync_interval_ms == 0) options->sync_interval_ms = SYNC_INTERVAL_DEFAULT_MS;
    if (options->sync_every_n == 0) options->sync_every_n = SYNC_EVERY_DEFAULT;
    if (options->compression_min == 0) options->compression_min = COMPRESSION_MIN_DEFAULT;
}

int options_resolve(const ferrite_options *options, ferrite_options *out) {
    *out = (ferrite_options)FERRITE_OPTIONS_INIT;
    if (options != NULL) {
        uint32_t size = options->struct_size;
        if (size < sizeof options->struct_size || size > sizeof *out)
            return error_set(FERRITE_INVALID,
                             "options: struct_size is %u; begin with FERRITE_OPTIONS_INIT", size);
        memcpy(out, options, size);
        out->struct_size = sizeof *out;
    }
    int code = options_check(out);
    if (code == FERRITE_OK) code = environment_apply(out);
    options_default(out);
    return code;
}

static uint64_t at_most(uint64_t asked, uint64_t usual, uint64_t bound) {
    if (asked == 0) asked = usual;
    return bound == 0 || asked <= bound ? asked : bound;
}

/* A share of a bound that is there is never 0, which would mean that there is none. */
static uint64_t quarter(uint64_t bound) { return bound == 0 ? 0 : bound / 4 + 1; }

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* 0: no limit, which is also what no 64 bits can hold. */
static uint64_t file_limit(const ferrite_options *resolved) {
    const uint64_t slack = larger(resolved->file_slack, resolved->max_size / 4 + FILE_SLACK);
    const bool has_limit = resolved->max_size != 0 && slack <= UINT64_MAX - resolved->max_size;
    return has_limit ? resolved->max_size + slack : 0;
}

struct options_limits options_limits(const ferrite_options *resolved) {
    const uint64_t memory = quarter(resolved->max_memory), size = quarter(resolved->max_size);
    const uint64_t beside = size == 0 ? 0 : larger(size, resolved->file_slack);
    struct options_limits limits = {.log_size = resolved->log_size, .file_limit = file_limit(resolved)};
    limits.dirty_limit = at_most(resolved->dirty_limit, DIRTY_LIMIT_DEFAULT, memory);
    if (limits.log_size == 0) limits.log_size = at_most(at_most(0, LOG_SIZE_DEFAULT, memory), 0, beside);
    return limits;
}

void options_configure(const ferrite_options *resolved, struct engine_config *out) {
    const struct options_limits limits = options_limits(resolved);
    *out = (struct engine_config){
        .read_only = resolved->read_only != 0,
        .must_exist = resolved->must_exist != 0,
        .no_threads = resolved->no_threads != 0,
        .sync_mode = resolved->sync_mode,
        .sync_interval_ms = resolved->sync_interval_ms,
        .sync_every_n = resolved->sync_every_n,
        .databases = resolved->databases,
        .busy_timeout_ms = resolved->busy_timeout_ms,
        .map_size = resolved->map_size,
        .log_size = limits.log_size,
        .dirty_limit = limits.dirty_limit,
        .file_limit = limits.file_limit,
    };
}
