/* cache.c - see cache.h: making, filling, expelling, measuring. */
#include "cache.h"

#include "../error.h"
#include "../os/mem.h"

#define READS_BEFORE  64u /* of one thread, before there is a cache */
#define SHARD_LARGE   (64u << 20)
#define SHARDS_SMALL  4u /* for budgets from SHARD_SMALL bytes a shard on */
#define SHARD_SMALL   (256u << 10)
#define GROWTH        4u
#define RESERVE_LEAST (1ull << 30)
#define BUDGET_MOST   (1ull << 44)
#define BUDGET_LEAST  (8u << 10) /* less would hold next to nothing */
#define PAGE          4096u

static uint64_t budget_cut(uint64_t budget) { return budget < BUDGET_MOST ? budget : BUDGET_MOST; }

int cache_init(struct cache *cache, struct os *os, uint64_t budget) {
    cache->os = os;
    atomic_init(&cache->budget, budget_cut(budget));
    return pthread_mutex_init(&cache->mutex, NULL) == 0 ? FERRITE_OK : error_nomem();
}

void cache_done(struct cache *cache) {
    struct cache_shards *shards = atomic_load(&cache->shards);
    if (shards != NULL) os_unmap(cache->os, shards, shards->len);
    notes_done(&cache->notes);
    pthread_mutex_destroy(&cache->mutex);
}

/* ---- making it ---- */

/* Large enough that a fill seldom finds its shard locked, few enough that a small budget is not cut into crumbs. */
static uint32_t shards_for(uint64_t budget) {
    uint32_t count = budget >= SHARDS_SMALL * SHARD_SMALL ? SHARDS_SMALL : 1;
    while (count < CACHE_SHARDS_MAX && budget / (2 * count) >= SHARD_LARGE) count *= 2;
    return count;
}

static uint64_t header_len(uint32_t count) {
    return round_up(sizeof(struct cache_shards) + count * sizeof(struct shard), PAGE);
}

/* What each shard gets. */
static uint64_t budget_share(uint64_t budget, uint32_t count) {
    uint64_t header = header_len(count);
    return budget > header ? (budget - header) / count : 0;
}

static uint64_t memory_len(uint32_t count, uint64_t reserved) {
    return header_len(count) + OS_LARGE_PAGE + count * shard_footprint(reserved);
}

/* Address space to grow in; half of it and less where there is not so much. */
static struct cache_shards *memory_take(struct os *os, uint32_t count, uint64_t budget,
                                        uint64_t *reserved) {
    uint64_t most = GROWTH * budget > RESERVE_LEAST ? GROWTH * budget : RESERVE_LEAST;
    for (; most >= budget; most /= 2) {
        void *memory;
        *reserved = most / count;
        if (os_reserve(os, memory_len(count, *reserved), &memory) != FERRITE_OK) continue;
        ((struct cache_shards *)memory)->len = memory_len(count, *reserved);
        return memory;
    }
    return NULL;
}

static struct cache_shards *shards_new(struct os *os, uint64_t budget) {
    uint64_t seed, reserved;
    uint32_t count = shards_for(budget);
    if (os_random(os, &seed, sizeof seed) != FERRITE_OK) return NULL;
    struct cache_shards *shards = memory_take(os, count, budget, &reserved);
    if (shards == NULL) return NULL;
    shards->seed = seed;
    shards->count = count;
    char *memory = (char *)round_up((uintptr_t)shards + header_len(count), OS_LARGE_PAGE);
    for (uint32_t i = 0; i < count; i++, memory += shard_footprint(reserved))
        shard_init(&shards->shard[i], memory, reserved, budget_share(budget, count));
    atomic_init(&shards->floor, UINT64_MAX);
    return shards;
}

/* A commit that saw no shards has left its number before it looked; so either it is the floor, or that
 * commit sees the shards. Until the floor is known nothing gets in. */
static void shards_publish(struct cache *cache, struct cache_shards *shards) {
    atomic_store(&cache->shards, shards);
    atomic_store(&shards->floor, atomic_load(&cache->last_commit));
}

static void cache_make(struct cache *cache) {
    if (pthread_mutex_trylock(&cache->mutex) != 0) return; /* somebody else does */
    uint64_t budget = atomic_load(&cache->budget);
    if (budget >= BUDGET_LEAST && atomic_load(&cache->shards) == NULL) {
        struct cache_shards *shards = shards_new(cache->os, budget);
        if (shards != NULL)
            shards_publish(cache, shards);
        else
            atomic_store(&cache->refused, true);
    }
    pthread_mutex_unlock(&cache->mutex);
}

static bool is_wanted(struct cache *cache) {
    if (atomic_load_explicit(&cache->budget, memory_order_relaxed) < BUDGET_LEAST) return false;
    counters_add(&cache->counters, COUNT_OFFERS);
    return counters_own(&cache->counters, COUNT_OFFERS) >= READS_BEFORE &&
           !atomic_load_explicit(&cache->refused, memory_order_relaxed);
}

/* ---- filling ---- */

/* The first to see it asks; the others need not. */
static void errand_ask(struct cache *cache) {
    if (cache->errand_ask == NULL || atomic_exchange(&cache->errand_asked, true)) return;
    cache->errand_ask(cache->errand_ctx);
}

static unsigned put(struct cache *cache, struct cache_shards *shards, uint32_t db, const void *key,
                    size_t len, const struct cache_content *content, uint64_t txid, bool known) {
    if (len > ENTRY_KEY_MAX || txid < atomic_load_explicit(&shards->floor, memory_order_acquire))
        return 0;
    struct cache_key own = {key, (uint32_t)len, (uint8_t)db, key_hash(shards->seed, db, key, len)};
    unsigned answer = shard_put(cache_shard(shards, own.hash), &own, content, txid, known);
    if (answer & SHARD_ERRAND) errand_ask(cache);
    return answer;
}

/* Unless it is known that the key was not there, the next one is looked for again. One that was there although nobody
 * expected it was a hit. */
static void run_end(struct cache *cache, unsigned answer) {
    if (answer & SHARD_ABSENT) return;
    if ((answer & SHARD_THERE) && cache_misses(cache)) counters_add(&cache->counters, COUNT_MISTAKEN);
    counters_own_reset(&cache->counters, COUNT_RUN);
}

void cache_put(struct cache *cache, uint32_t db, const void *key, size_t len,
               const struct cache_content *content, uint64_t txid) {
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (shards != NULL)
        run_end(cache, put(cache, shards, db, key, len, content, txid, false));
    else if (is_wanted(cache))
        cache_make(cache);
}

void cache_renew(struct cache *cache, uint32_t db, const void *key, size_t len,
                 const struct cache_content *content, uint64_t txid) {
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (shards != NULL) put(cache, shards, db, key, len, content, txid, true);
}

bool cache_errand(void *ctx) {
    struct cache *cache = ctx;
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    for (uint32_t i = 0; shards != NULL && i < shards->count; i++)
        if (shard_enlarge(&shards->shard[i])) return true;
    atomic_store(&cache->errand_asked, false);
    return false;
}

/* ---- coherence ---- */

void cache_note_all(struct cache *cache, uint64_t txid, bool flushed) {
    bool there = atomic_load_explicit(&cache->shards, memory_order_acquire) != NULL;
    if (cache->notes.txid != txid) notes_begin(&cache->notes, txid, there);
    cache->notes.all = true;
    cache->notes.flushed |= flushed;
}

static void expel(struct cache_shards *shards, const struct notes *notes, uint64_t txid) {
#ifdef CANARY_STALE_CACHE /* a broken build that the race program must catch */
    return;
#endif
    if (notes->all || !notes->complete) {
        for (uint32_t i = 0; i < shards->count; i++)
            shard_expel_all(&shards->shard[i], txid, notes->flushed);
        return;
    }
    for (uint32_t i = 0; i < notes->count; i++)
        shard_expel(cache_shard(shards, notes->hashes[i]), notes->hashes[i], txid);
}

void cache_on_commit(void *ctx, uint64_t txid) {
    struct cache *cache = ctx;
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (shards == NULL) { /* see shards_publish */
        atomic_store(&cache->last_commit, txid);
        shards = atomic_load(&cache->shards);
    }
    if (shards != NULL && cache->notes.txid == txid) expel(shards, &cache->notes, txid);
}

/* ---- budgets ---- */

void cache_resize(struct cache *cache, uint64_t budget) {
    budget = budget_cut(budget);
    pthread_mutex_lock(&cache->mutex);
    atomic_store(&cache->budget, budget);
    struct cache_shards *shards = atomic_load(&cache->shards);
    for (uint32_t i = 0; shards != NULL && i < shards->count; i++)
        shard_resize(&shards->shard[i], budget_share(budget, shards->count));
    atomic_store(&cache->refused, false);
    pthread_mutex_unlock(&cache->mutex);
}

/* ---- measuring ---- */

uint64_t cache_bytes(struct cache *cache) {
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (shards == NULL) return 0;
    uint64_t bytes = header_len(shards->count);
    for (uint32_t i = 0; i < shards->count; i++)
        bytes += atomic_load_explicit(&shards->shard[i].bytes, memory_order_relaxed);
    return bytes;
}

static void shards_measure(struct cache_shards *shards, struct cache_stats *out) {
    for (uint32_t i = 0; i < shards->count; i++) {
        struct shard *shard = &shards->shard[i];
        out->entries += atomic_load_explicit(&shard->slots, memory_order_relaxed) -
                        atomic_load_explicit(&shard->stale, memory_order_relaxed);
        out->dropped += atomic_load_explicit(&shard->dropped, memory_order_relaxed);
    }
}

void cache_measure(struct cache *cache, struct cache_stats *out) {
    const struct counters *counters = &cache->counters;
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    *out = (struct cache_stats){.bytes = cache_bytes(cache)};
    if (shards != NULL) shards_measure(shards, out);
    const uint64_t misses = counters_sum(counters, COUNT_CACHE_MISSES);
    uint64_t mistaken = counters_sum(counters, COUNT_MISTAKEN);
    if (mistaken > misses) mistaken = misses; /* a reset is going on */
    out->answered = counters_sum(counters, COUNT_CACHE_HITS);
    out->hits = out->answered + mistaken;
    out->misses = misses - mistaken;
}
