/*
 * presets.c - options for common kinds of use. ferrite.h says what each is for.
 *
 * The numbers that ferrite.h does not give are chosen so that all that the library holds stays in the
 * budget: the log's pages count as memory once they are written, so a small budget has a small log.
 */
#include "ferrite.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)

ferrite_options ferrite_options_iot(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = MIB(2);
    options.max_keys = 1000;
    options.max_value_size = KIB(4);
    options.eviction = FERRITE_EVICT_ALL_LRU;
    options.compression = 9;
    options.expire_interval_ms = 300000;
    options.databases = 4;
    options.log_size = KIB(256);
    options.dirty_limit = KIB(512);
    options.cache_size = KIB(256);
    return options;
}

ferrite_options ferrite_options_minimal(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = MIB(4);
    options.max_keys = 10000;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.log_size = MIB(1);
    options.dirty_limit = MIB(1);
    return options;
}

ferrite_options ferrite_options_mobile(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = MIB(32);
    options.max_keys = 50000;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    options.compression = 6;
    options.sync_mode = FERRITE_SYNC_PERIODIC;
    options.sync_interval_ms = 10000;
    options.log_size = MIB(8);
    options.dirty_limit = MIB(8);
    return options;
}

ferrite_options ferrite_options_full(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = MIB(64);
    options.max_keys = 1000000;
    options.compression = 3;
    options.log_size = MIB(32);
    options.dirty_limit = MIB(16);
    return options;
}
