/*
 * cache.c - answers that are dear to get, kept for an hour and within bounds: expiry, eviction, threads, numbers.
 *
 *     make examples
 *     build/examples/cache
 *
 * Two threads ask for 5,000 pages, some of them much more often than others. All of them would be some 5 MB; the file
 * (/tmp/cache.ferrite, or the one named behind the program) may hold 1 MB of data, so the pages that were not used for
 * longest go. A second run finds what the first one left.
 */
#include <ferrite.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 2
#define REQUESTS 20000 /* of each thread */
#define PAGES 5000
#define PAGE_LEN 1000
#define HOUR_S 3600

static atomic_ulong rendered, evicted;

/* What would take a tenth of a second in life. */
static void page_render(unsigned number, char page[PAGE_LEN]) {
    memset(page, '.', PAGE_LEN);
    snprintf(page, PAGE_LEN, "page %u", number);
    atomic_fetch_add(&rendered, 1);
}

/* The page from the cache, else made and kept. A cache that fails (a full disk) only costs time. */
static char *page_get(ferrite_db *db, unsigned number) {
    char key[32];
    size_t key_len = (size_t)snprintf(key, sizeof key, "page:%u", number);
    char *page = ferrite_get(db, key, key_len, NULL, NULL);
    if (page || !(page = malloc(PAGE_LEN))) return page;
    page_render(number, page);
    ferrite_setex(db, key, key_len, HOUR_S, page, PAGE_LEN, NULL);
    free(page);
    return ferrite_get(db, key, key_len, NULL, NULL);
}

/* Any number of threads may use one handle; readers wait for nobody. */
static void *visit(void *ctx) {
    static atomic_uint visitors;
    unsigned state = atomic_fetch_add(&visitors, 1);
    for (int i = 0; i < REQUESTS; i++) {
        state = state * 1664525u + 1013904223u;
        double chance = (state >> 8) / (double)(1 << 24);
        char *page = page_get(ctx, (unsigned)(chance * chance * chance * PAGES)); /* low numbers often */
        ferrite_free(page);
    }
    return NULL;
}

static void count_evicted(void *ctx, int database, const char *key, size_t key_len) {
    (void)ctx, (void)database, (void)key, (void)key_len;
    atomic_fetch_add(&evicted, 1);
}

static ferrite_db *cache_open(const char *path, ferrite_error **err) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE; /* what a power cut takes can be made again */
    options.eviction = FERRITE_EVICT_ALL_LRU;
    options.max_memory = 4 << 20;
    options.max_size = 1 << 20;
    options.on_evict = count_evicted;
    return ferrite_open_with(path, &options, err);
}

static void report(ferrite_db *db) {
    ferrite_stats stats = {0};
    stats.struct_size = FERRITE_STATS_INIT_SIZE;
    if (ferrite_info(db, &stats, NULL) < 0) return;
    printf("asked %d times: %.0f %% found, %lu pages made\n", THREADS * REQUESTS,
           100.0 - 100.0 * (double)rendered / (THREADS * REQUESTS), (unsigned long)rendered);
    printf("%" PRIu64 " pages are kept, %lu were evicted\n", stats.keys, (unsigned long)evicted);
    printf("%" PRIu64 " KB of data in a file of %" PRIu64 " KB, %" PRIu64 " KB of memory\n",
           stats.used_bytes >> 10, stats.file_bytes >> 10, stats.memory_bytes >> 10);
}

int main(int argc, char **argv) {
    ferrite_error *err = NULL;
    pthread_t threads[THREADS];
    ferrite_db *db = cache_open(argc > 1 ? argv[1] : "/tmp/cache.ferrite", &err);
    if (!db) {
        fprintf(stderr, "cache: %s\n", ferrite_error_message(err));
        ferrite_error_free(err);
        return 1;
    }
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, visit, db);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    report(db);
    ferrite_close(db);
    return 0;
}
