/*
 * large_pages.c - the background thread joins the hot cache's memory to large pages while others use it.
 *
 * Two readers fill the cache from end to end; a writer changes values in place, and flushes another database, which
 * empties the cache and gives its memory back, as soon as something was joined: so joining, reading, changing and giving
 * back meet all the time. Each value tells its key and a number all over, and no reader sees a key's number go back.
 * Arguments: ROUNDS.
 */
#include "race.h"

#include "../../libferrite/cache/shard_internal.h"
#include "../../libferrite/db.h"

#define READERS   2
#define KEYS      9600u
#define VALUE_LEN 1000u
#define CACHE     "11mb" /* four shards, each of which fills one large page and a part of the next */
#define WAIT_MS   20000

static ferrite_db *db, *other;
static _Atomic bool done;

struct text {
    char key[16], value[VALUE_LEN];
    size_t key_len;
};

static void text_make(struct text *text, uint32_t key, uint64_t number) {
    char word[40];
    text->key_len = (size_t)sprintf(text->key, "key:%05u", key);
    const int len = sprintf(word, "%05u:%010" PRIu64 " ", key, number);
    for (size_t at = 0; at < VALUE_LEN; at += (size_t)len)
        memcpy(text->value + at, word, VALUE_LEN - at < (size_t)len ? VALUE_LEN - at : (size_t)len);
}

static void set(uint32_t key, uint64_t number) {
    ferrite_error *err = NULL;
    struct text text;
    text_make(&text, key, number);
    RACE_MUST(ferrite_set(db, text.key, text.key_len, text.value, VALUE_LEN, &err) == 0, err);
}

/* The number of the key's value, which must be whole. */
static uint64_t get(uint32_t key) {
    ferrite_error *err = NULL;
    struct text text;
    size_t len = 0;
    text_make(&text, key, 0);
    char *value = ferrite_get(db, text.key, text.key_len, &len, &err);
    RACE_MUST(value != NULL && len == VALUE_LEN, err);
    const uint64_t number = strtoull(value + 6, NULL, 10);
    text_make(&text, key, number);
    RACE_MUST(memcmp(value, text.value, VALUE_LEN) == 0, err);
    ferrite_free(value);
    return number;
}

static void *reader_main(void *ctx) {
    uint64_t *last = calloc(KEYS, sizeof *last);
    ferrite_error *err = NULL;
    for (uint32_t key = *(const uint32_t *)ctx; !atomic_load(&done); key = (key + 7919) % KEYS) {
        const uint64_t number = get(key);
        RACE_MUST(number >= last[key], err);
        last[key] = number;
    }
    free(last);
    return NULL;
}

/* Large pages that the cache has, or has had ordered. */
static uint64_t joined(void) {
    struct cache_shards *shards = atomic_load(&db->core->cache.shards);
    uint64_t bytes = 0;
    for (uint32_t i = 0; shards != NULL && i < shards->count; i++) {
        shard_lock(&shards->shard[i]);
        bytes += shards->shard[i].ring_large;
        shard_unlock(&shards->shard[i]);
    }
    return bytes / OS_LARGE_PAGE;
}

/* Writes until something was joined, and in every other round until all of it was; then all of it goes. */
static uint64_t round_run(uint64_t round, uint64_t *number) {
    ferrite_error *err = NULL;
    const uint64_t enough = round % 2 == 0 ? 1 : 4, start = *number;
    uint64_t large = 0;
    for (unsigned waited = 0; large < enough && waited < WAIT_MS; waited++) {
        for (int i = 0; i < 5; i++, ++*number) set((uint32_t)(*number * 104729 % KEYS), *number);
        usleep(1000);
        large = joined();
    }
    RACE_MUST(*number > start, err);
    RACE_MUST(ferrite_flushdb(other, &err) == 0, err);
    return large;
}

int main(int argc, char **argv) {
    const uint64_t rounds = race_argument(argc, argv, 1, 6);
    ferrite_error *err = NULL;
    pthread_t readers[READERS];
    uint32_t start[READERS];
    uint64_t number = 1, large = 0;
    db = ferrite_open_memory(&err);
    RACE_MUST(db != NULL, err);
    const ferrite_slice size[] = {{"cache-size", 10}, {CACHE, sizeof CACHE - 1}};
    RACE_MUST(ferrite_config_set(db, size, 2, &err) == 0, err);
    other = ferrite_select(db, 1, &err);
    for (uint32_t key = 0; key < KEYS; key++) set(key, 0);
    for (uint32_t i = 0; i < READERS; i++) {
        start[i] = i;
        pthread_create(&readers[i], NULL, reader_main, &start[i]);
    }
    for (uint64_t round = 0; round < rounds; round++) large += round_run(round, &number);
    atomic_store(&done, true);
    for (uint32_t i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    RACE_MUST(rounds == 0 || large > 0, err);
    ferrite_close(other);
    race_close(db);
    printf("large pages of the hot cache: %" PRIu64 " joined in %" PRIu64 " rounds, %d readers\n", large, rounds,
           READERS);
    return 0;
}
