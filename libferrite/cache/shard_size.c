/* shard_size.c - see shard.h: the table's growth, budgets, large pages, and giving memory back. */
#include "shard_internal.h"

#define BUCKETS_MIN    64u   /* a page of memory */
#define PREFETCH_AHEAD 4u    /* buckets, while the table doubles */
#define SYSTEM_PAGE    4096u /* at least; discarding less than a real one does nothing */

/* The table takes at most half of the budget. */
static uint64_t table_reserve(uint64_t reserved) {
    return round_up(reserved / 2 + sizeof(struct bucket), OS_LARGE_PAGE);
}
static uint64_t ring_reserve(uint64_t reserved) {
    return round_up(reserved + ENTRY_SLACK_BYTES, OS_LARGE_PAGE);
}

uint64_t shard_footprint(uint64_t reserved) {
    return table_reserve(reserved) + ring_reserve(reserved);
}

static uint64_t words_beside(uint64_t budget, uint64_t table) {
    return budget > table ? (budget - table) / 8 : 0;
}

static void ring_limit(struct shard *shard) {
    shard->ring.limit = words_beside(shard->budget, table_memory(shard));
}

static uint32_t buckets_first(uint64_t budget) {
    uint32_t buckets = BUCKETS_MIN;
    while (buckets > 1 && buckets * sizeof(struct bucket) > budget / 16) buckets /= 2;
    return buckets;
}

/* An empty table of the least size. Readers see the change. */
static void table_reset(struct shard *shard) {
    uint32_t buckets = buckets_first(shard->budget);
    for (uint32_t i = 0; i < buckets; i++) bucket_clear(&shard->buckets[i]);
    atomic_store_explicit(&shard->mask, buckets - 1, memory_order_relaxed);
    atomic_store_explicit(&shard->slots, 0, memory_order_relaxed);
    atomic_store_explicit(&shard->stale, 0, memory_order_relaxed);
    ring_clear(&shard->ring);
    ring_limit(shard);
}

void shard_init(struct shard *shard, void *memory, uint64_t reserved, uint64_t budget) {
    shard->buckets = memory;
    shard->words = (entry_word *)((char *)memory + table_reserve(reserved));
    shard->reserved = reserved;
    shard->budget = budget < reserved ? budget : reserved;
    table_reset(shard);
    bytes_update(shard);
}

/* ---- the table doubles ---- */

/* Slots whose entries have this bit in their hashes, a bit each. Which have is a toss of a coin: no branch asks. */
static uint32_t slots_with(const struct shard *shard, const struct bucket *bucket, uint32_t bit) {
    struct bucket_match match = bucket_taken(bucket);
    uint32_t slot, slots = 0;
    while ((slot = bucket_match_next(&match)) < BUCKET_SLOTS) {
        uint64_t hash = entry_load(shard->words + bucket_load(&bucket->at[slot]));
        slots |= (uint32_t)(hash >> bit & 1) << slot;
    }
    return slots;
}

static void entries_prefetch(const struct shard *shard, const struct bucket *bucket) {
    struct bucket_match match = bucket_taken(bucket);
    uint32_t slot;
    while ((slot = bucket_match_next(&match)) < BUCKET_SLOTS)
        __builtin_prefetch(shard->words + bucket_load(&bucket->at[slot]));
}

/* In place: bucket i keeps half of its entries and gives the others to bucket i + buckets. */
static void table_double(struct shard *shard) {
    const uint32_t buckets = bucket_load(&shard->mask) + 1, bit = (uint32_t)__builtin_ctz(buckets);
    struct bucket *from = shard->buckets, *to = from + buckets;
    change_begin(shard);
    for (uint32_t i = 0; i < buckets; i++) {
        if (i + PREFETCH_AHEAD < buckets) entries_prefetch(shard, from + i + PREFETCH_AHEAD);
        bucket_part(from + i, to + i, slots_with(shard, from + i, bit));
    }
    atomic_store_explicit(&shard->mask, 2 * buckets - 1, memory_order_relaxed);
    bytes_update(shard);
    change_end(shard);
}

/* Memory of the ring from `limit` words on goes back; nothing lies there. */
static void ring_trim(struct shard *shard, uint64_t limit) {
    if (shard->ring.high <= limit) return;
    uint64_t from = round_up(limit * 8, SYSTEM_PAGE),
             to = round_up(shard->ring.high * 8, SYSTEM_PAGE);
    change_begin(shard);
    if (to > from) os_discard((char *)shard->words + from, to - from);
    shard->ring.high = limit;
    if (shard->ring_large > from) shard->ring_large = from / OS_LARGE_PAGE * OS_LARGE_PAGE;
    bytes_update(shard);
    change_end(shard);
}

/* The ring makes place for the table, when its lap ends there: what lies above is not thrown away. */
void table_consider(struct shard *shard) {
    uint64_t bytes = table_bytes(shard), twice = 2 * bytes;
    if (count_get(&shard->slots) * sizeof(struct bucket) <= ENTRIES_BUCKET * bytes) return;
    if (twice > shard->budget / 2) return;
    const uint64_t memory = twice > shard->table_large ? twice : shard->table_large;
    const uint64_t limit = words_beside(shard->budget, memory);
    shard->ring.limit = limit;
    if (!ring_settled(&shard->ring, limit)) return;
    ring_trim(shard, limit);
    table_double(shard);
}

/* ---- emptying ---- */

/* Memory of the table up to `end`; nothing lies there. */
static void table_trim(struct shard *shard, uint64_t end) {
    const uint64_t kept = round_up(table_bytes(shard), SYSTEM_PAGE);
    if (end > kept) os_discard((char *)shard->buckets + kept, end - kept);
    if (shard->table_large > kept) shard->table_large = kept / OS_LARGE_PAGE * OS_LARGE_PAGE;
    ring_limit(shard);
    bytes_update(shard);
}

/* `table` was its length before it was reset: readers know by `seq` that nothing lies in what goes. */
static void memory_discard(struct shard *shard, uint64_t table) {
    table_trim(shard, table);
    ring_trim(shard, 0);
}

/* ---- large pages ---- */

static void *ring_enlarge(struct shard *shard, uint64_t *end) {
    void *page = (char *)shard->words + shard->ring_large;
    *end = shard->ring_large += OS_LARGE_PAGE;
    if (shard->ring.high * 8 < *end) shard->ring.high = *end / 8;
    bytes_update(shard);
    return page;
}

static void *table_enlarge(struct shard *shard, uint64_t *end) {
    void *page = (char *)shard->buckets + shard->table_large;
    *end = shard->table_large += OS_LARGE_PAGE;
    ring_limit(shard);
    bytes_update(shard);
    return page;
}

/* Where nothing was in use yet there is nothing to join: a word, left as it is, is the beginning. */
static void large_page_join(void *page) {
    atomic_fetch_or_explicit((entry_word *)page, 0, memory_order_relaxed);
    os_large_page_join(page);
}

/* Its memory went back while it was being joined, and came again by that. */
static void large_page_check(struct shard *shard, uint64_t ring_end, uint64_t table_end) {
    if (shard->ring.high * 8 < ring_end) {
        const uint64_t high = shard->ring.high;
        shard->ring.high = ring_end / 8;
        ring_trim(shard, high);
    }
    if (shard->table_large < table_end) table_trim(shard, table_end);
}

/* The lock is not held meanwhile: commits would wait for it. */
bool shard_enlarge(struct shard *shard) {
    uint64_t ring_end = 0, table_end = 0;
    void *page = NULL;
    shard_lock(shard);
    if (ring_can_enlarge(shard))
        page = ring_enlarge(shard, &ring_end);
    else if (table_can_enlarge(shard))
        page = table_enlarge(shard, &table_end);
    shard_unlock(shard);
    if (page == NULL) return false;
    large_page_join(page);
    shard_lock(shard);
    large_page_check(shard, ring_end, table_end);
    shard_unlock(shard);
    return true;
}

static void shard_empty(struct shard *shard, bool discard) {
    const uint64_t table = table_memory(shard);
    change_begin(shard);
    table_reset(shard);
    bytes_update(shard);
    change_end(shard);
    if (discard) memory_discard(shard, table);
}

void shard_expel_all(struct shard *shard, uint64_t txid, bool discard) {
    shard_lock(shard);
    shard->last_write = txid;
    shard_empty(shard, discard);
    shard_unlock(shard);
}

void shard_resize(struct shard *shard, uint64_t budget) {
    if (budget > shard->reserved) budget = shard->reserved;
    shard_lock(shard);
    bool smaller = budget < count_get(&shard->bytes);
    shard->budget = budget;
    if (smaller)
        shard_empty(shard, true);
    else
        ring_limit(shard);
    shard_unlock(shard);
}
