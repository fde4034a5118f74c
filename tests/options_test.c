/*
 * options_test.c - options: their ranges, their names, sizes as text, presets, the environment.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/options.h"
#include "support/api.h"

/* ---- sizes ---- */

static void expect_size(const char *text, uint64_t bytes) {
    uint64_t parsed = 0;
    ferrite_error *err = NULL;
    cr_expect_eq(ferrite_parse_size(text, &parsed, &err), 0, "%s", text);
    cr_expect_null(err);
    cr_expect_eq(parsed, bytes, "%s: %llu", text, (unsigned long long)parsed);
}

Test(option_text, sizes_are_read_as_redis_reads_them) {
    expect_size("0", 0);
    expect_size("1024", 1024);
    expect_size("7b", 7);
    expect_size("256mb", 256ull << 20);
    expect_size("256m", 256000000);
    expect_size("1k", 1000);
    expect_size("1kb", 1024);
    expect_size("2g", 2000000000);
    expect_size("2gb", 2ull << 30);
    expect_size("3GB", 3ull << 30);
    expect_size("3Kb", 3072);
    expect_size("007", 7);
    expect_size("18446744073709551615", UINT64_MAX);
    expect_size("17179869183gb", 17179869183ull << 30);
}

Test(option_text, what_is_no_size_is_an_error) {
    static const char *const junk[] = {"",
                                       " ",
                                       "b",
                                       "mb",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1 mb",
                                       "1.5mb",
                                       "1tb",
                                       "1mbb",
                                       "0x10",
                                       "1e3",
                                       "1kib",
                                       "ten",
                                       "1m b",
                                       "18446744073709551616",
                                       "17179869184gb",
                                       "99999999999999999999999999999"};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        uint64_t parsed = 77;
        ferrite_error *err = NULL;
        cr_expect_eq(ferrite_parse_size(junk[i], &parsed, &err), -1, "%s", junk[i]);
        cr_expect_eq(parsed, 77);
        api_expect_error(&err, FERRITE_INVALID, NULL);
    }
    ferrite_error *err = NULL;
    cr_expect_eq(ferrite_parse_size(NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_parse_size("1k", NULL, NULL), 0);
}

/* ---- names ---- */

static ferrite_options options_of(const char *name, const char *value) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    int result = ferrite_options_set(&options, name, value, &err);
    cr_assert_eq(result, 0, "%s=%s: %s", name, value, ferrite_error_message(err));
    return options;
}

Test(option_rows, each_option_is_set_from_text) {
    cr_expect_eq(options_of("max-memory", "64mb").max_memory, 64u << 20);
    cr_expect_eq(options_of("maxmemory", "1k").max_memory, 1000);
    cr_expect_eq(options_of("MAX_MEMORY", "5").max_memory, 5);
    cr_expect_eq(options_of("max-size", "1gb").max_size, 1u << 30);
    cr_expect_eq(options_of("file-slack", "96mb").file_slack, 96u << 20);
    cr_expect_eq(options_of("max_keys", "12").max_keys, 12);
    cr_expect_eq(options_of("max-value-size", "4kb").max_value_size, 4096);
    cr_expect_eq(options_of("eviction", "volatile-ttl").eviction, FERRITE_EVICT_VOLATILE_TTL);
    cr_expect_eq(options_of("maxmemory-policy", "AllKeys-LFU").eviction, FERRITE_EVICT_ALL_LFU);
    cr_expect_eq(options_of("cache-size", "off").cache_size, FERRITE_CACHE_OFF);
    cr_expect_eq(options_of("cache-size", "auto").cache_size, 0);
    cr_expect_eq(options_of("cache-size", "1mb").cache_size, 1u << 20);
    cr_expect_eq(options_of("compression", "9").compression, 9);
    cr_expect_eq(options_of("compression", "lz4").compression, 1);
    cr_expect_eq(options_of("compression-min", "100b").compression_min, 100);
    cr_expect_eq(options_of("default-ttl", "2h").default_ttl_ms, 7200000);
    cr_expect_eq(options_of("default_ttl_ms", "250").default_ttl_ms, 250);
    cr_expect_eq(options_of("expire-interval", "300s").expire_interval_ms, 300000);
    cr_expect_eq(options_of("busy-timeout", "0").busy_timeout_ms, 0);
    cr_expect_eq(options_of("databases", "64").databases, 64);
    cr_expect_eq(options_of("log-level", "notice").log_level, FERRITE_LOG_NOTICE);
    cr_expect_eq(options_of("loglevel", "verbose").log_level, FERRITE_LOG_DEBUG);
    cr_expect_eq(options_of("read-only", "yes").read_only, 1);
    cr_expect_eq(options_of("no_threads", "1").no_threads, 1);
    cr_expect_eq(options_of("must-exist", "no").must_exist, 0);
    cr_expect_eq(options_of("log-size", "1mb").log_size, 1u << 20);
    cr_expect_eq(options_of("dirty-limit", "1mb").dirty_limit, 1u << 20);
    cr_expect_eq(options_of("map-size", "1gb").map_size, 1u << 30);
    cr_expect_eq(options_of("sync-interval", "1m").sync_interval_ms, 60000);
    cr_expect_eq(options_of("sync_every_n", "5").sync_every_n, 5);
    cr_expect_eq(options_of("appendfsync", "no").sync_mode, FERRITE_SYNC_NONE);
    cr_expect_eq(options_of("sync_mode", "full").sync_mode, FERRITE_SYNC_FULL);
    ferrite_options options = options_of("sync", "periodic:100");
    cr_expect_eq(options.sync_mode, FERRITE_SYNC_PERIODIC);
    cr_expect_eq(options.sync_interval_ms, 100);
    cr_expect_eq(options_of("sync", "every-n:7").sync_every_n, 7);
}

static struct options_limits limits_of(uint64_t max_size, uint64_t file_slack) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_size = max_size;
    options.file_slack = file_slack;
    return options_limits(&options);
}

Test(options_limits, a_file_may_be_larger_than_its_data_by_a_quarter_or_what_is_asked) {
    const uint64_t mb = 1 << 20;
    cr_expect_eq(limits_of(40 * mb, 0).file_limit, 51 * mb);
    cr_expect_eq(limits_of(40 * mb, 5 * mb).file_limit, 51 * mb, "less than that means that");
    cr_expect_eq(limits_of(40 * mb, 60 * mb).file_limit, 100 * mb);
    cr_expect_eq(limits_of(0, 60 * mb).file_limit, 0);
    cr_expect_eq(limits_of(40 * mb, UINT64_MAX).file_limit, 0, "no file is as large");
    cr_expect_eq(limits_of(UINT64_MAX, 0).file_limit, 0);
}

Test(options_limits, the_log_is_no_larger_than_what_the_file_may_be_larger) {
    const uint64_t mb = 1 << 20;
    cr_expect_eq(limits_of(40 * mb, 0).log_size, 10 * mb + 1);
    cr_expect_eq(limits_of(40 * mb, 30 * mb).log_size, 30 * mb);
    cr_expect_eq(limits_of(40 * mb, 400 * mb).log_size, 64 * mb);
    cr_expect_eq(limits_of(0, 30 * mb).log_size, 64 * mb);
}

Test(option_rows, text_that_cannot_be_is_refused_and_says_why) {
    static const struct {
        const char *name, *value, *message;
    } wrong[] = {
        {"max-memory", "much",
         "option 'max-memory' cannot be 'much': argument must be a memory value"},
        {"nosuch", "1", "there is no option 'nosuch'"},
        {"", "1", "there is no option ''"},
        {"compression", "13",
         "option 'compression' cannot be '13': argument must be between 0 and 12 inclusive"},
        {"compression", "on",
         "option 'compression' cannot be 'on': argument must be a number to 12 or one of: off, no, fast, lz4"},
        {"cache-size", "none",
         "option 'cache-size' cannot be 'none': argument must be a memory value or one of: auto, off"},
        {"compression-min", "4gb",
         "option 'compression-min' cannot be '4gb': argument must be between 0 and 4294967295 "
         "inclusive"},
        {"databases", "65",
         "option 'databases' cannot be '65': argument must be between 0 and 64 inclusive"},
        {"databases", "-1",
         "option 'databases' cannot be '-1': argument couldn't be parsed into an integer"},
        {"default-ttl", "10x",
         "option 'default-ttl' cannot be '10x': argument must be a time: milliseconds, or 10s, 5m, "
         "2h, 7d"},
        {"default-ttl", "9223372036854775808",
         "option 'default-ttl' cannot be '9223372036854775808': argument must be between 0 and "
         "9223372036854775807 inclusive"},
        {"busy-timeout", "50d",
         "option 'busy-timeout' cannot be '50d': argument must be between 0 and 4294967295 "
         "inclusive"},
        {"read-only", "perhaps",
         "option 'read-only' cannot be 'perhaps': argument must be 'yes' or 'no'"},
        {"log-level", "loud",
         "option 'log-level' cannot be 'loud': argument(s) must be one of the following: none, "
         "error, warning, notice, debug, verbose"},
        {"sync", "none:3",
         "option 'sync' cannot be 'none:3': argument must be none, periodic[:ms], every-n[:n], "
         "normal or full"},
        {"sync", "periodic:x",
         "option 'sync' cannot be 'periodic:x': argument couldn't be parsed into an integer"},
        {"preset", "huge",
         "option 'preset' cannot be 'huge': argument(s) must be one of the following: iot, "
         "minimal, mobile, full"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ferrite_options options = FERRITE_OPTIONS_INIT, before = options;
        ferrite_error *err = NULL;
        cr_expect_eq(ferrite_options_set(&options, wrong[i].name, wrong[i].value, &err), -1);
        api_expect_error(&err, FERRITE_INVALID, wrong[i].message);
        cr_expect_eq(memcmp(&options, &before, sizeof options), 0);
    }
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    cr_expect_eq(ferrite_options_set(&options, "max-memory", NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "option 'max-memory' has no value");
    cr_expect_eq(ferrite_options_set(&options, NULL, "1", &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_options_set(NULL, "max-memory", "1", &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options.struct_size = 0;
    cr_expect_eq(ferrite_options_set(&options, "max-memory", "1", &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

Test(option_rows, every_option_tells_what_it_was_set_to) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    cr_expect_null(ferrite_options_name(1000));
    for (size_t i = 0; option_row_at(i) != NULL; i++) {
        const struct option_row *row = option_row_at(i);
        cr_expect_str_eq(ferrite_options_name(i), row->name);
        cr_expect(i == 0 || strcmp(option_row_at(i - 1)->name, row->name) < 0, "%s", row->name);
        cr_expect_eq(option_row_find(row->name, strlen(row->name)), row);
        if (row->field == NULL) continue;
        char text[OPTION_TEXT_MAX], again[OPTION_TEXT_MAX];
        option_get_text(row, &options, text, sizeof text);
        cr_expect_eq(option_set_text(row, &options, text), FERRITE_OK, "%s=%s", row->name, text);
        option_get_text(row, &options, again, sizeof again);
        cr_expect_str_eq(again, text, "%s", row->name);
    }
}

/* A program compiled with the header of before: what lies behind its struct is not touched. */
Test(option_rows, an_earlier_header_has_fewer_names) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.struct_size = offsetof(ferrite_options, max_memory);
    cr_expect_eq(ferrite_options_set(&options, "databases", "3", &err), 0);
    cr_expect_eq(options.databases, 3);
    cr_expect_eq(ferrite_options_set(&options, "max-memory", "3", &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(options.max_memory, 0);
}

/* ---- presets ---- */

Test(presets, each_is_what_the_header_says) {
    ferrite_options iot = ferrite_options_iot(), minimal = ferrite_options_minimal();
    ferrite_options mobile = ferrite_options_mobile(), full = ferrite_options_full();
    cr_expect(iot.max_memory == 2u << 20 && iot.max_keys == 1000 && iot.compression == 9);
    cr_expect(iot.max_value_size == 4096 && iot.expire_interval_ms == 300000);
    cr_expect(iot.eviction == FERRITE_EVICT_ALL_LRU && iot.databases == 4);
    cr_expect(minimal.max_memory == 4u << 20 && minimal.max_keys == 10000);
    cr_expect(minimal.sync_mode == FERRITE_SYNC_NONE);
    cr_expect(mobile.max_memory == 32u << 20 && mobile.max_keys == 50000);
    cr_expect(mobile.compression == 6 && mobile.sync_mode == FERRITE_SYNC_PERIODIC);
    cr_expect(mobile.sync_interval_ms == 10000);
    cr_expect(full.max_memory == 64u << 20 && full.max_keys == 1000000 && full.compression == 3);
    cr_expect(full.eviction == FERRITE_EVICT_NONE && full.sync_mode == FERRITE_SYNC_NORMAL);
}

Test(presets, each_opens_a_database_that_works) {
    static const char *const names[] = {"iot", "minimal", "mobile", "full"};
    for (size_t i = 0; i < 4; i++) {
        struct bed bed = bed_make();
        ferrite_options options = options_of("preset", names[i]);
        cr_expect_eq(options.busy_timeout_ms, FERRITE_BUSY_TIMEOUT_DEFAULT_MS);
        ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
        cr_assert_not_null(db, "%s", names[i]);
        api_set(db, "k", "v");
        api_expect(db, "k", "v");
        ferrite_close(db);
        bed_remove(&bed);
    }
}

/* A thousand keys are no reason for a write to fail. */
Test(presets, iot_goes_on_at_its_bounds) {
    ferrite_options options = ferrite_options_iot();
    ferrite_db *db = ferrite_open_with(NULL, &options, NULL);
    ferrite_error *err = NULL;
    static char value[4097];
    char key[16];
    for (int i = 0; i < 1500; i++) {
        snprintf(key, sizeof key, "key%d", i);
        api_set(db, key, "value");
    }
    cr_expect_eq(api_dbsize(db), 1000);
    cr_expect_eq(ferrite_set(db, S("k"), value, 4096, NULL), 0);
    cr_expect_eq(ferrite_set(db, S("k"), value, 4097, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    ferrite_close(db);
}

Test(presets, by_name_they_keep_what_was_chosen_besides) {
    ferrite_options options = options_of("must-exist", "yes"), iot = ferrite_options_iot();
    cr_assert_eq(ferrite_options_set(&options, "preset", "iot", NULL), 0);
    iot.must_exist = 1;
    cr_expect_eq(memcmp(&options, &iot, sizeof iot), 0);
}

/* ---- checks at open, and the environment ---- */

static void expect_refused(const ferrite_options *options, const char *message) {
    ferrite_error *err = NULL;
    cr_expect_null(ferrite_open_with(NULL, options, &err), "%s", message);
    api_expect_error(&err, FERRITE_INVALID, message);
}

Test(options, fields_out_of_range_are_named_with_their_range) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.databases = 65;
    expect_refused(&options, "options: databases is 65; it can be 0 to 64");
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.default_ttl_ms = -5;
    expect_refused(&options, "options: default_ttl_ms is -5; it can be 0 to 9223372036854775807");
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.compression = 13;
    expect_refused(&options, "options: compression is 13; it can be 0 to 12");
    options.compression = -1;
    expect_refused(&options, "options: compression is -1; it can be 0 to 12");
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.sync_mode = (ferrite_sync_mode)17;
    expect_refused(&options, "options: sync_mode is 17, which is none of: normal, none, periodic, "
                             "every-n, full");
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.eviction = (ferrite_eviction)8;
    expect_refused(&options, NULL);
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.log_level = (ferrite_log_level)-1;
    expect_refused(&options, NULL);
}

static ferrite_options resolved(const ferrite_options *options) {
    ferrite_options out;
    cr_assert_eq(options_resolve(options, &out), FERRITE_OK, "%s", error_text(FERRITE_INVALID));
    return out;
}

Test(options, the_environment_decides_what_the_program_left_open) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    setenv("FERRITE_MEMORY_LIMIT", "64mb", 1);
    setenv("FERRITE_SYNC_MODE", "periodic:250", 1);
    setenv("FERRITE_LOG", "warning", 1);
    ferrite_options out = resolved(NULL);
    cr_expect_eq(out.max_memory, 64u << 20);
    cr_expect_eq(out.sync_mode, FERRITE_SYNC_PERIODIC);
    cr_expect_eq(out.sync_interval_ms, 250);
    cr_expect_eq(out.log_level, FERRITE_LOG_WARNING);
    options.max_memory = 5000;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.log_level = FERRITE_LOG_ERROR;
    out = resolved(&options);
    cr_expect_eq(out.max_memory, 5000);
    cr_expect_eq(out.sync_mode, FERRITE_SYNC_NONE);
    cr_expect_eq(out.log_level, FERRITE_LOG_ERROR);
}

Test(options, junk_in_the_environment_is_an_error_that_names_the_variable) {
    static const char *const variables[] = {"FERRITE_MEMORY_LIMIT", "FERRITE_SYNC_MODE",
                                            "FERRITE_LOG"};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    for (size_t i = 0; i < 3; i++) {
        ferrite_error *err = NULL;
        setenv(variables[i], "sometimes", 1);
        cr_expect_null(ferrite_open_with(NULL, &options, &err));
        cr_assert_not_null(err);
        cr_expect_not_null(strstr(ferrite_error_message(err), variables[i]));
        api_expect_error(&err, FERRITE_INVALID, NULL);
        setenv(variables[i], "", 1); /* empty is as good as none */
        cr_expect_eq(resolved(&options).max_memory, 0);
    }
}

Test(options, what_is_left_at_zero_gets_its_default) {
    ferrite_options out = resolved(NULL);
    cr_expect_eq(out.databases, 16);
    cr_expect_eq(out.sync_interval_ms, 1000);
    cr_expect_eq(out.sync_every_n, 1000);
    cr_expect_eq(out.compression_min, 64);
}
