/* hostile.c - see hostile.h. */
#include "hostile.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "libferrite/os/mem.h"

#define WORDS_MAX 8
#define ALLOWED   (64u << 20) /* bytes at once: the files have less than one megabyte */

/* ---- the database ---- */

/* The reply's text when it is an error, in text (300 bytes, or NULL). */
static bool run_words(ferrite_db *db, char *line, char *text) {
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    int argc = 0;
    for (char *word = strtok(line, " "); word != NULL && argc < WORDS_MAX;
         word = strtok(NULL, " ")) {
        argv[argc] = word;
        lens[argc++] = strlen(word);
    }
    ferrite_reply *reply = ferrite_command(db, argc, argv, lens, NULL);
    const bool error = reply != NULL && reply->type == FERRITE_REPLY_ERROR;
    if (text != NULL) snprintf(text, 300, "%s", error ? reply->str : "");
    ferrite_free(reply);
    return error;
}

/* One command, whatever it answers. Words without spaces. */
static void run(ferrite_db *db, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    run_words(db, line, NULL);
}

static uint64_t map_size = 256u << 20;

static ferrite_options options_then(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.clock_ms = clock_now;
    options.map_size = map_size;
    options.log_size = 256u << 10;
    options.compression = 1;
    return options;
}

static void set_long(ferrite_db *db, const char *key, size_t len, unsigned kinds) {
    char *value = malloc(len);
    for (size_t i = 0; i < len; i++)
        value[i] = (char)(kinds < 256 ? i / 7 % kinds : (unsigned)rand());
    cr_assert_eq(ferrite_set(db, key, strlen(key), value, len, NULL), 0);
    if (kinds >= 256) ferrite_rpush(db, S("blob-list"), value, len < 150000 ? len : 150000, NULL);
    free(value);
}

static void fill(ferrite_db *db) {
    srand(1);
    for (int i = 0; i < 1500; i++) {
        run(db, "SET str:%04d a-value-of-some-length-that-is-number-%d", i, i);
        run(db, "HSET hash item:%04d value-%d", i, i);
        run(db, "SADD set item:%04d", i);
        run(db, "ZADD zset %d item:%04d", i * 7 % 100, i);
        run(db, "RPUSH list item:%04d", i);
    }
    set_long(db, "run", 20000, 256);
    set_long(db, "blob", 200000, 256);
    set_long(db, "squeezed", 900, 5);
    set_long(db, "squeezed-run", 60000, 250);
    for (int i = 0; i < 50; i++) {
        run(db, "SET ttl:%02d value PX %d", i, 1000 + i);
        run(db, "HSET ttl-hash item:%04d value", i);
        run(db, "HPEXPIRE ttl-hash %d FIELDS 1 item:%04d", 5000 + i, i);
        if (i < 5) run(db, "HSET packed item:%04d value", i);
    }
}

void hostile_make(const struct bed *bed, struct image *image) {
    ferrite_options options = options_then();
    ferrite_db *db = api_open_with(bed->path, &options);
    fill(db);
    ferrite_close(db);
    image_load(image, bed->path);
}

void hostile_make_open(const struct bed *bed, struct image *image) {
    ferrite_options options = options_then();
    ferrite_db *db = api_open_with(bed->path, &options);
    fill(db);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    for (int i = 0; i < 20; i++) run(db, "SET str:%04d changed", i);
    image_load(image, bed->path);
    ferrite_close(db);
}

void hostile_begin(struct bed *bed, struct image *image) {
    *bed = bed_make();
    hostile_make(bed, image);
}

void hostile_end(struct bed *bed, struct image *image) {
    image_free(image);
    bed_remove(bed);
}

/* ---- all that can be done ---- */

static const char *const named[] = {"run",  "blob", "squeezed",  "squeezed-run", "hash",    "set",
                                    "zset", "list", "blob-list", "packed",       "ttl-hash"};
#define NAMED (sizeof named / sizeof *named)

static const char *const readers[] = {"TYPE %s",
                                      "GET %s",
                                      "STRLEN %s",
                                      "GETRANGE %s 100 -1",
                                      "HGETALL %s",
                                      "HLEN %s",
                                      "HGET %s item:0007",
                                      "HSCAN %s 0 COUNT 100",
                                      "HPTTL %s FIELDS 1 item:0007",
                                      "SMEMBERS %s",
                                      "SCARD %s",
                                      "SISMEMBER %s item:0007",
                                      "SRANDMEMBER %s -50",
                                      "SSCAN %s 0 COUNT 100",
                                      "LRANGE %s 0 -1",
                                      "LLEN %s",
                                      "LINDEX %s -1",
                                      "LPOS %s nothing",
                                      "ZRANGE %s 0 -1 WITHSCORES",
                                      "ZCARD %s",
                                      "ZCOUNT %s -inf +inf",
                                      "ZRANK %s item:0007",
                                      "ZSCAN %s 0 COUNT 100",
                                      "PTTL %s",
                                      "MEMORY USAGE %s",
                                      "SORT %s ALPHA",
                                      "EXISTS %s"};
static const char *const writers[] = {"APPEND %s more",
                                      "SETRANGE %s 70 more",
                                      "HSET %s item:0007 other",
                                      "HDEL %s item:0003",
                                      "HINCRBY %s number 1",
                                      "HPERSIST %s FIELDS 1 item:0007",
                                      "HPEXPIRE %s 3 FIELDS 1 item:0009",
                                      "SADD %s member",
                                      "SREM %s item:0003",
                                      "SPOP %s 3",
                                      "RPUSH %s element",
                                      "LPUSH %s element",
                                      "LPOP %s",
                                      "LSET %s 5 other",
                                      "LREM %s 1 item:0020",
                                      "LTRIM %s 3 -4",
                                      "ZADD %s 1 member",
                                      "ZREM %s item:0003",
                                      "ZPOPMIN %s 3",
                                      "ZREMRANGEBYRANK %s 0 3",
                                      "ZINCRBY %s 2 item:0050",
                                      "PEXPIRE %s 100000",
                                      "PERSIST %s",
                                      "COPY %s copied REPLACE",
                                      "COPY %s moved DB 1",
                                      "DEL copied"};
#define READERS (sizeof readers / sizeof *readers)
#define WRITERS (sizeof writers / sizeof *writers)

static void use_key(ferrite_db *db, const char *const *commands, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++) run(db, commands[i], key);
}

static void read_all(ferrite_db *db) {
    ferrite_slice key, value;
    for (size_t i = 0; i < NAMED; i++) use_key(db, readers, READERS, named[i]);
    for (int i = 0; i < 1500; i += 3) run(db, "GET str:%04d", i);
    for (int i = 0; i < 50; i += 3) run(db, "GET ttl:%02d", i);
    ferrite_iterator *it = ferrite_iterate(db, NULL, NULL);
    while (it != NULL && ferrite_iterator_next(it, &key, &value, NULL) == 1) continue;
    ferrite_iterator_close(it);
    run(db, "KEYS *7");
    run(db, "RANDOMKEY");
    run(db, "DBSIZE");
    run(db, "INFO");
}

static void write_all(ferrite_db *db) {
    for (size_t i = 0; i < NAMED; i++) use_key(db, writers, WRITERS, named[i]);
    for (int i = 0; i < 1500; i += 2) run(db, i % 3 ? "SET str:%04d %d" : "DEL str:%04d", i, i);
    for (int i = 0; i < 300; i++) run(db, "SET new:%04d value-%d PX %d", i, i, 10 + i);
    for (int i = 0; i < 50; i += 4) run(db, i % 8 ? "PERSIST ttl:%02d" : "PEXPIRE ttl:%02d 77", i);
    run(db, "SINTERSTORE out set set");
    run(db, "ZUNIONSTORE zout 2 zset zset");
    run(db, "RENAME hash renamed");
    run(db, "MOVE list 2");
}

static void delete_all(ferrite_db *db) {
    for (size_t i = 0; i < NAMED; i++) run(db, "DEL %s", named[i]);
    for (int i = 0; i < 1500; i++) run(db, "DEL str:%04d", i);
    ferrite_checkpoint(db, NULL);
}

static size_t largest;

static int note_size(size_t size) {
    if (size > largest) largest = size;
    return 0;
}

static void note_finding(void *ctx, const char *text) {
    char *first = ctx;
    if (first[0] == '\0') snprintf(first, 300, "%s", text);
}

static void copy_and_load(const struct bed *bed, ferrite_db *db) {
    char out[128];
    bed_path(bed, "copy.ferrite", out);
    if (ferrite_backup(db, out, NULL, NULL) == 0) {
        ferrite_db *memory = api_memory();
        ferrite_load(memory, out, NULL, NULL);
        ferrite_check(memory, NULL, NULL, NULL);
        ferrite_close(memory);
    }
    bed_unlink(out);
}

static void use_to_read(const struct bed *bed, struct hostile *result) {
    ferrite_options options = options_then();
    ferrite_error *err = NULL;
    options.read_only = 1;
    ferrite_db *db = ferrite_open_with(bed->path, &options, &err);
    result->opened_to_read = ferrite_error_code(err);
    ferrite_error_free(err);
    if (db == NULL) return;
    ferrite_check(db, NULL, NULL, NULL);
    read_all(db);
    copy_and_load(bed, db);
    ferrite_close(db);
}

static int ignore_entry(void *ctx, const ferrite_log_entry *entry) {
    (void)ctx, (void)entry;
    return 0;
}

static void use_tools(const struct bed *bed) {
    char out[128];
    bed_path(bed, "recovered.ferrite", out);
    bed_unlink(out);
    ferrite_log_read(bed->path, ignore_entry, NULL, NULL);
    if (ferrite_recover(bed->path, out, NULL, NULL, NULL) == 0) {
        ferrite_db *db = api_open_quick(out);
        api_expect_sound(db);
        ferrite_close(db);
    }
    bed_unlink(out);
    ferrite_db *memory = api_memory();
    ferrite_load(memory, bed->path, NULL, NULL);
    ferrite_close(memory);
}

static void use_to_write(const struct bed *bed, struct hostile *result) {
    ferrite_options options = options_then();
    ferrite_error *err = NULL;
    const ferrite_monitor monitor = {result->finding, note_finding, NULL};
    ferrite_db *db = ferrite_open_with(bed->path, &options, &err);
    result->opened = ferrite_error_code(err);
    snprintf(result->refusal, sizeof result->refusal, "%s", ferrite_error_message(err));
    ferrite_error_free(err);
    if (db == NULL) return;
    cr_expect_eq(ferrite_check(db, &monitor, &result->findings, NULL), 0);
    copy_and_load(bed, db);
    for (int round = 0; round < 3; round++) {
        write_all(db);
        ferrite_checkpoint(db, NULL);
        read_all(db);
        if (round > 0) ferrite_compact(db, NULL, NULL, NULL);
    }
    now_ms += 5020;
    ferrite_expire_cycle(db, 1000, NULL);
    read_all(db);
    copy_and_load(bed, db);
    delete_all(db);
    ferrite_compact(db, NULL, NULL, NULL);
    read_all(db);
    ferrite_check(db, NULL, NULL, NULL);
    ferrite_close(db);
    now_ms -= 5020;
}

static void use_at_bound(const struct bed *bed, ferrite_eviction eviction) {
    ferrite_options options = options_then();
    options.eviction = eviction;
    options.max_keys = 40;
    ferrite_db *db = ferrite_open_with(bed->path, &options, NULL);
    if (db == NULL) return;
    for (int i = 0; i < 100; i++) run(db, "SET new:%04d value-%d PX %d", i, i, 10 + i);
    now_ms += 1000000;
    ferrite_expire_cycle(db, 1000, NULL);
    now_ms -= 1000000;
    run(db, "FLUSHALL");
    run(db, "SET a b");
    ferrite_compact(db, NULL, NULL, NULL);
    ferrite_close(db);
}

struct hostile hostile_use(const struct bed *bed, const struct image *image) {
    struct hostile result = {0};
    if (image->part[IMAGE_DATA].length > map_size) map_size = image->part[IMAGE_DATA].length;
    largest = 0;
    mem_fail_hook = note_size;
    image_save(image, bed->path);
    use_to_read(bed, &result);
    use_tools(bed);
    use_to_write(bed, &result);
    image_save(image, bed->path);
    use_at_bound(bed, FERRITE_EVICT_VOLATILE_TTL);
    image_save(image, bed->path);
    use_at_bound(bed, FERRITE_EVICT_ALL_LRU);
    mem_fail_hook = NULL;
    result.largest = largest;
    cr_expect_leq(largest, ALLOWED, "%zu bytes at once", largest);
    bed_unlink(bed->path);
    return result;
}

bool hostile_use_key(const struct bed *bed, const struct image *image, const char *key) {
    ferrite_options options = options_then();
    image_save(image, bed->path);
    ferrite_db *db = ferrite_open_with(bed->path, &options, NULL);
    if (db == NULL) return false;
    ferrite_check(db, NULL, NULL, NULL);
    use_key(db, readers, READERS, key);
    use_key(db, writers, WRITERS, key);
    now_ms += 5020;
    ferrite_expire_cycle(db, 1000, NULL);
    now_ms -= 5020;
    use_key(db, readers, READERS, key);
    run(db, "DEL %s", key);
    ferrite_close(db);
    bed_unlink(bed->path);
    return true;
}

bool hostile_refused(const struct bed *bed, const struct image *image, const char *command,
                     char *text) {
    ferrite_options options = options_then();
    char line[256];
    image_save(image, bed->path);
    ferrite_db *db = api_open_with(bed->path, &options);
    snprintf(line, sizeof line, "%s", command);
    const bool refused = run_words(db, line, text);
    ferrite_close(db);
    bed_unlink(bed->path);
    return refused;
}

void hostile_expect_finding(const struct bed *bed, const struct image *image, const char *part) {
    const struct hostile result = hostile_use(bed, image);
    cr_expect_eq(result.opened, FERRITE_OK, "%s", result.refusal);
    cr_expect_eq(result.opened_to_read, FERRITE_OK);
    cr_expect_gt(result.findings, 0);
    cr_expect(strstr(result.finding, part) != NULL, "not '%s' but '%s'", part, result.finding);
}

void hostile_expect_refusal(const struct bed *bed, const struct image *image, const char *part) {
    const struct hostile result = hostile_use(bed, image);
    cr_expect_eq(result.opened, FERRITE_CORRUPT, "%d: %s", result.opened, result.refusal);
    cr_expect_eq(result.opened_to_read, FERRITE_CORRUPT);
    cr_expect(strstr(result.refusal, part) != NULL, "not '%s' but '%s'", part, result.refusal);
}
