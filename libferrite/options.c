/*
 * options.c - see options.h.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

#define DATABASES_DEFAULT 16u

static int sync_mode_from_environment(ferrite_sync_mode *mode) {
    static const struct {
        const char *name;
        ferrite_sync_mode mode;
    } names[] = {{"none", FERRITE_SYNC_NONE},
                 {"periodic", FERRITE_SYNC_PERIODIC},
                 {"every-n", FERRITE_SYNC_EVERY_N},
                 {"normal", FERRITE_SYNC_NORMAL},
                 {"full", FERRITE_SYNC_FULL}};
    const char *text = getenv("FERRITE_SYNC_MODE");
    if (text == NULL || text[0] == '\0') return FERRITE_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i].name) != 0) continue;
        *mode = names[i].mode;
        return FERRITE_OK;
    }
    return error_set(
        FERRITE_INVALID,
        "FERRITE_SYNC_MODE is '%.32s'; it can be none, periodic, every-n, normal, full", text);
}

static int options_check(const ferrite_options *options) {
    if (options->databases > TXN_DATABASES_MAX)
        return error_set(FERRITE_INVALID, "options: databases is %u, at most %u are possible",
                         options->databases, TXN_DATABASES_MAX);
    if (options->default_ttl_ms < 0)
        return error_set(FERRITE_INVALID, "options: default_ttl_ms is negative");
    if ((unsigned)options->sync_mode > FERRITE_SYNC_FULL)
        return error_set(FERRITE_INVALID, "options: unknown sync_mode %d", (int)options->sync_mode);
    return FERRITE_OK;
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
    if (code == FERRITE_OK && out->sync_mode == FERRITE_SYNC_NORMAL)
        code = sync_mode_from_environment(&out->sync_mode);
    if (out->databases == 0) out->databases = DATABASES_DEFAULT;
    return code;
}

void options_configure(const ferrite_options *resolved, struct engine_config *out) {
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
        .log_size = resolved->log_size,
        .dirty_limit = resolved->dirty_limit,
    };
}
