/*
 * recency.c - see recency.h.
 */
#include "recency.h"

#include "../error.h"

#define BUCKETS_FIRST   64u         /* 4 KB, room for 768 keys */
#define RESERVE_BYTES   (1ull << 30) /* 200 million keys; halved until the system agrees */
#define RESERVE_LEAST   (1ull << 20)
#define ROOM_OF_BUCKET  12u
#define TICK_RANGE      65535u
#define TICKS_KEPT      32768u
#define TICKS_FOR_ALL   1024u /* ticks in which each key could be used once */
#define STRIDE_MAX      64u
#define SWEEP_LEAST     16u
#define MOMENT_APART_MS 1000

#define COUNT_NEW      5u
#define COUNT_FACTOR   10u
#define MINUTE_MS      60000
#define MINUTES_KNOWN  64 /* after a longer pause all counts are aged at once */

static uint32_t slot_load(const _Atomic uint32_t *slot) {
    return atomic_load_explicit(slot, memory_order_relaxed);
}

static void slot_store(_Atomic uint32_t *slot, uint32_t value) {
    atomic_store_explicit(slot, value, memory_order_relaxed);
}

static uint32_t mask_load(const struct recency *r) {
    return atomic_load_explicit(&r->mask, memory_order_relaxed);
}

static unsigned now_load(const struct recency *r) {
    return atomic_load_explicit(&r->now, memory_order_relaxed);
}

static uint64_t ticks_load(const struct recency *r) {
    return atomic_load_explicit(&r->ticks, memory_order_relaxed);
}

static bool is_lru(const struct recency *r) {
    return atomic_load_explicit(&r->kind, memory_order_relaxed) == RECENCY_LRU;
}

static _Atomic uint32_t *bucket_at(const struct recency *r, uint32_t index) {
    return r->slots + (size_t)index * RECENCY_SLOTS;
}

/* Never 0, so that no slot in use is 0. */
static uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 48) | 1u; }

/* ---- marks ---- */

static unsigned tick_age(unsigned now, unsigned mark) {
    return (now + TICK_RANGE - mark) % TICK_RANGE;
}

static unsigned count_aged(unsigned minute, unsigned mark) {
    const unsigned count = mark & 0xffu, elapsed = (minute - (mark >> 8)) & 0xffu;
    return count > elapsed ? count - elapsed : 0;
}

static unsigned mark_warmth(bool lru, unsigned now, unsigned mark) {
    return lru ? TICK_RANGE - tick_age(now, mark) : count_aged(now, mark) + 1;
}

/* A thread's own numbers: one line shared by all would be fought over with every read. */
static _Thread_local struct {
    uint32_t uses;
    uint32_t random;
} thread;

static uint32_t random_next(uint64_t hash) {
    uint32_t x = thread.random ^ (uint32_t)hash;
    if (x == 0) x = 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    thread.random = x;
    return x;
}

static unsigned count_grown(unsigned count, uint64_t hash) {
    if (count == 255) return count;
    const uint32_t odds = count > COUNT_NEW ? (count - COUNT_NEW) * COUNT_FACTOR + 1 : 1;
    return count + (odds == 1 || random_next(hash) < UINT32_MAX / odds);
}

/* The mark after one more use; `old` 0: it had none. */
static unsigned mark_used(bool lru, unsigned now, unsigned old, uint64_t hash) {
    if (lru) return now;
    const unsigned count = old == 0 ? COUNT_NEW : count_grown(count_aged(now, old), hash);
    return (now & 0xffu) << 8 | count;
}

/* ---- slots ---- */

/* Looking begins at a place that the hash names: there the mark lies, as a rule. */
static _Atomic uint32_t *slot_find(_Atomic uint32_t *bucket, uint64_t hash) {
    const uint32_t tag = tag_of(hash), start = (uint32_t)(hash >> 44);
    for (uint32_t i = 0; i < RECENCY_SLOTS; i++) {
        _Atomic uint32_t *slot = &bucket[(start + i) % RECENCY_SLOTS];
        if (slot_load(slot) >> 16 == tag) return slot;
    }
    return NULL;
}

/* The key's slot in its bucket or in one that it had when the table was smaller. */
static _Atomic uint32_t *slot_anywhere(const struct recency *r, uint64_t hash) {
    uint32_t index = (uint32_t)hash & mask_load(r);
    _Atomic uint32_t *slot = slot_find(bucket_at(r, index), hash);
    for (uint32_t i = 0; slot == NULL && i < RECENCY_FORMERS; i++) {
        const uint32_t former = index & atomic_load_explicit(&r->formers[i], memory_order_relaxed);
        if (former == index) continue;
        index = former;
        slot = slot_find(bucket_at(r, index), hash);
    }
    return slot;
}

static _Atomic uint32_t *slot_coldest(const struct recency *r, _Atomic uint32_t *bucket,
                                      uint64_t hash) {
    const bool lru = is_lru(r);
    const unsigned now = now_load(r);
    const uint32_t start = (uint32_t)(hash >> 44);
    unsigned least = UINT32_MAX;
    _Atomic uint32_t *coldest = bucket;
    for (uint32_t i = 0; i < RECENCY_SLOTS; i++) {
        _Atomic uint32_t *slot = &bucket[(start + i) % RECENCY_SLOTS];
        const uint32_t value = slot_load(slot);
        const unsigned warmth = value == 0 ? 0 : mark_warmth(lru, now, value & 0xffffu);
        if (warmth >= least) continue;
        least = warmth;
        coldest = slot;
        if (value == 0) break;
    }
    return coldest;
}

/* A key whose bucket knows it not: its mark moves over from a smaller table's, or begins. */
static void slot_begin(struct recency *r, _Atomic uint32_t *bucket, uint64_t hash) {
    const bool lru = is_lru(r);
    unsigned old = 0;
    _Atomic uint32_t *former = lru ? NULL : slot_anywhere(r, hash);
    if (former != NULL) {
        old = slot_load(former) & 0xffffu;
        slot_store(former, 0);
    }
    slot_store(slot_coldest(r, bucket, hash),
               tag_of(hash) << 16 | mark_used(lru, now_load(r), old, hash));
}

static void clock_turn(struct recency *r);

void recency_note(struct recency *r, uint64_t hash) {
    if (++thread.uses >= atomic_load_explicit(&r->stride, memory_order_relaxed)) {
        thread.uses = 0;
        clock_turn(r);
    }
    _Atomic uint32_t *bucket = bucket_at(r, (uint32_t)hash & mask_load(r));
    _Atomic uint32_t *slot = slot_find(bucket, hash);
    if (__builtin_expect(slot != NULL, 1)) {
        const uint32_t old = slot_load(slot);
        const uint32_t used = tag_of(hash) << 16 | mark_used(is_lru(r), now_load(r), old & 0xffffu, hash);
        if (used != old) slot_store(slot, used);
    } else {
        slot_begin(r, bucket, hash);
    }
}

void recency_forget(struct recency *r, uint64_t hash) {
    _Atomic uint32_t *slot = slot_anywhere(r, hash);
    if (slot != NULL) slot_store(slot, 0);
}

/* ---- the clock ---- */

/* Ages a count by `minutes`, or by what its own mark says. */
#define BY_MARK (-1)
static uint32_t count_moved(uint32_t value, unsigned now, int minutes) {
    const unsigned old = value & 0xffu, by = minutes == BY_MARK ? 0 : (unsigned)minutes;
    const unsigned count = minutes == BY_MARK ? count_aged(now, value & 0xffffu)
                           : old > by         ? old - by
                                              : 0;
    return (value & 0xffff0000u) | (now & 0xffu) << 8 | count;
}

static void slot_age(struct recency *r, _Atomic uint32_t *slot, int minutes) {
    const uint32_t value = slot_load(slot);
    const unsigned now = now_load(r);
    if (value == 0) return;
    if (!is_lru(r))
        slot_store(slot, count_moved(value, now, minutes));
    else if (tick_age(now, value & 0xffffu) > TICKS_KEPT)
        slot_store(slot, 0);
}

/* Marks are brought up to date before the range of their numbers comes round. */
static void sweep(struct recency *r, uint64_t count, int minutes) {
    const uint32_t all = (mask_load(r) + 1) * RECENCY_SLOTS;
    if (count > all) count = all;
    for (uint64_t i = 0; i < count; i++) {
        if (r->swept >= all) r->swept = 0;
        slot_age(r, &r->slots[r->swept++], minutes);
    }
}

/* Every other one of the older half goes when the list is full. */
static void moments_thin(struct recency *r) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->moment_count; i++)
        if (i >= RECENCY_MOMENTS / 2 || i % 2 == 0) r->moments[kept++] = r->moments[i];
    r->moment_count = kept;
}

static void moment_note(struct recency *r, int64_t now_ms) {
    if (r->moment_count > 0 && now_ms - r->moments[r->moment_count - 1].ms < MOMENT_APART_MS) return;
    if (r->moment_count == RECENCY_MOMENTS) moments_thin(r);
    r->moments[r->moment_count].tick = ticks_load(r);
    r->moments[r->moment_count++].ms = now_ms;
}

static void tick(struct recency *r, int64_t now_ms) {
    const uint32_t all = (mask_load(r) + 1) * RECENCY_SLOTS, share = all / (TICKS_KEPT / 2);
    const uint64_t ticks = ticks_load(r) + 1;
    atomic_store_explicit(&r->ticks, ticks, memory_order_relaxed);
    atomic_store_explicit(&r->now, (uint16_t)(ticks % TICK_RANGE + 1), memory_order_relaxed);
    moment_note(r, now_ms);
    sweep(r, share > SWEEP_LEAST ? share : SWEEP_LEAST, BY_MARK);
}

static void minute_follow(struct recency *r, int64_t minute) {
    const int64_t passed = minute - r->minute;
    if (passed == 0) return;
    r->minute = minute;
    atomic_store_explicit(&r->now, (uint16_t)(minute & 0xff), memory_order_relaxed);
    const uint64_t all = (mask_load(r) + 1ull) * RECENCY_SLOTS;
    if (passed < 0) /* somebody has set the clock back */
        sweep(r, all, 0);
    else if (passed > MINUTES_KNOWN)
        sweep(r, all, passed < 255 ? (int)passed : 255);
    else
        sweep(r, all * (uint64_t)passed / MINUTES_KNOWN + 1, BY_MARK);
}

static void clock_turn(struct recency *r) {
    const uint32_t turns = atomic_fetch_add_explicit(&r->pending, 1, memory_order_relaxed) + 1;
    if (turns < atomic_load_explicit(&r->per_tick, memory_order_relaxed)) return;
    if (atomic_flag_test_and_set_explicit(&r->busy, memory_order_acquire)) return;
    atomic_store_explicit(&r->pending, 0, memory_order_relaxed);
    const int64_t now_ms = r->clock.now_ms(r->clock.ctx);
    if (is_lru(r))
        tick(r, now_ms);
    else
        minute_follow(r, now_ms / MINUTE_MS);
    atomic_flag_clear_explicit(&r->busy, memory_order_release);
}

static void busy_take(struct recency *r) {
    while (atomic_flag_test_and_set_explicit(&r->busy, memory_order_acquire)) {}
}

/* ---- the table ---- */

static void pace_set(struct recency *r, uint64_t keys) {
    const uint64_t uses = keys / TICKS_FOR_ALL + 1;
    const uint32_t stride = uses < STRIDE_MAX ? (uint32_t)uses : STRIDE_MAX;
    atomic_store_explicit(&r->stride, stride, memory_order_relaxed);
    atomic_store_explicit(&r->per_tick, (uint32_t)(uses / stride), memory_order_relaxed);
}

static void former_set(struct recency *r, uint32_t index, uint32_t mask) {
    atomic_store_explicit(&r->formers[index], mask, memory_order_relaxed);
}

void recency_reserve(struct recency *r, uint64_t keys) {
    const uint32_t mask = mask_load(r);
    const uint64_t most = r->reserved / (RECENCY_SLOTS * sizeof(uint32_t));
    uint64_t buckets = mask + 1ull;
    if (__builtin_expect(keys <= buckets * ROOM_OF_BUCKET, 1)) return;
    while (keys > buckets * ROOM_OF_BUCKET && buckets * 2 <= most) buckets *= 2;
    if (buckets - 1 == mask) return;
    pace_set(r, keys);
    for (uint32_t i = RECENCY_FORMERS - 1; i > 0; i--) former_set(r, i, atomic_load(&r->formers[i - 1]));
    former_set(r, 0, mask);
    atomic_store_explicit(&r->mask, (uint32_t)(buckets - 1), memory_order_relaxed);
}

static void restart(struct recency *r, enum recency_kind kind) {
    const int64_t now_ms = r->clock.now_ms(r->clock.ctx);
    atomic_store_explicit(&r->kind, kind, memory_order_relaxed);
    atomic_store_explicit(&r->ticks, 0, memory_order_relaxed);
    r->minute = now_ms / MINUTE_MS;
    r->moment_count = 0;
    moment_note(r, now_ms);
    atomic_store_explicit(&r->now, (uint16_t)(kind == RECENCY_LRU ? 1 : r->minute & 0xff),
                          memory_order_relaxed);
}

void recency_switch(struct recency *r, enum recency_kind kind) {
    busy_take(r);
    if (atomic_load_explicit(&r->kind, memory_order_relaxed) != (int)kind) {
        const size_t all = (mask_load(r) + (size_t)1) * RECENCY_SLOTS;
        for (size_t i = 0; i < all; i++) slot_store(&r->slots[i], 0);
        restart(r, kind);
    }
    atomic_flag_clear_explicit(&r->busy, memory_order_release);
}

int recency_init(struct recency *r, struct os *os, enum recency_kind kind,
                 const struct recency_clock *clock) {
    void *slots = NULL;
    memset(r, 0, sizeof *r);
    r->os = os;
    r->clock = *clock;
    r->reserved = RESERVE_BYTES;
    int code = os_random(os, &r->seed, sizeof r->seed);
    if (code != FERRITE_OK) return code;
    while ((code = os_reserve(os, r->reserved, &slots)) != FERRITE_OK) {
        if (r->reserved / 2 < RESERVE_LEAST) return code;
        r->reserved /= 2;
    }
    r->slots = slots;
    atomic_flag_clear(&r->busy);
    atomic_store(&r->mask, BUCKETS_FIRST - 1);
    for (uint32_t i = 0; i < RECENCY_FORMERS; i++) former_set(r, i, BUCKETS_FIRST - 1);
    pace_set(r, BUCKETS_FIRST * ROOM_OF_BUCKET);
    restart(r, kind);
    return FERRITE_OK;
}

void recency_done(struct recency *r) {
    if (r->slots != NULL) os_unmap(r->os, (void *)r->slots, r->reserved);
    r->slots = NULL;
}

/* ---- answers ---- */

uint64_t recency_warmth(const struct recency *r, uint64_t hash) {
    const _Atomic uint32_t *slot = slot_anywhere(r, hash);
    const uint32_t value = slot != NULL ? slot_load(slot) : 0;
    if (value == 0) return RECENCY_UNKNOWN;
    if (is_lru(r)) return ticks_load(r) + TICK_RANGE - tick_age(now_load(r), value & 0xffffu);
    return count_aged(now_load(r), value & 0xffffu) + 1;
}

/* The newest moment noted at or before the tick of the mark. */
int64_t recency_idle_ms(struct recency *r, uint64_t hash) {
    const _Atomic uint32_t *slot = slot_anywhere(r, hash);
    const uint32_t value = slot != NULL ? slot_load(slot) : 0;
    busy_take(r);
    const int64_t now_ms = r->clock.now_ms(r->clock.ctx);
    const uint64_t ticks = ticks_load(r);
    const uint64_t age = value == 0 ? ticks : tick_age(now_load(r), value & 0xffffu);
    const uint64_t tick = ticks > age ? ticks - age : 0;
    uint32_t i = r->moment_count - 1;
    while (i > 0 && r->moments[i].tick > tick) i--;
    const int64_t idle_ms = now_ms - r->moments[i].ms;
    atomic_flag_clear_explicit(&r->busy, memory_order_release);
    return idle_ms > 0 ? idle_ms : 0;
}

unsigned recency_count(const struct recency *r, uint64_t hash) {
    const _Atomic uint32_t *slot = slot_anywhere(r, hash);
    const uint32_t value = slot != NULL ? slot_load(slot) : 0;
    return value == 0 ? 0 : count_aged(now_load(r), value & 0xffffu);
}
