/* readers.c - see readers.h. */
#include "readers.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

int readers_init(struct readers *readers) {
    memset(readers, 0, sizeof *readers);
    if (pthread_mutex_init(&readers->grow, NULL) != 0) return error_nomem();
    return FERRITE_OK;
}

void readers_done(struct readers *readers) {
    for (int i = 0; i < READER_CHUNKS_MAX && readers->chunks[i] != NULL; i++)
        mem_free(atomic_load(&readers->chunks[i]));
    pthread_mutex_destroy(&readers->grow);
}

static struct reader_slot *slot_at(struct readers *readers, uint32_t index) {
    struct reader_slot *chunk =
        atomic_load_explicit(&readers->chunks[index / READER_CHUNK], memory_order_acquire);
    return &chunk[index % READER_CHUNK];
}

/* Takes the slot for the published version; publishing may race ahead, so it is checked again. */
static int slot_take(struct reader_slot *slot, const _Atomic uint64_t *published) {
    uint64_t version = atomic_load(published);
    uint64_t expected = 0;
    if (atomic_load_explicit(&slot->version, memory_order_relaxed) != 0) return 0;
    if (!atomic_compare_exchange_strong(&slot->version, &expected, version)) return 0;
    for (;;) {
        uint64_t now = atomic_load(published);
        if (now == version) return 1;
        version = now;
        atomic_store(&slot->version, version);
    }
}

static int table_grow(struct readers *readers, uint32_t seen) {
    int ok = 1;
    pthread_mutex_lock(&readers->grow);
    uint32_t used = atomic_load(&readers->used);
    if (used == seen) {
        uint32_t chunk = used / READER_CHUNK;
        struct reader_slot *slots = NULL;
        if (chunk < READER_CHUNKS_MAX) slots = mem_calloc(READER_CHUNK * sizeof *slots);
        if (slots != NULL) {
            atomic_store(&readers->chunks[chunk], slots);
            atomic_store(&readers->used, used + READER_CHUNK);
        }
        ok = slots != NULL;
    }
    pthread_mutex_unlock(&readers->grow);
    return ok;
}

/* Before a slot is taken the writer must be looking at it. */
static void high_raise(struct readers *readers, uint32_t index) {
    uint32_t high = atomic_load_explicit(&readers->high, memory_order_relaxed);
    while (high <= index && !atomic_compare_exchange_weak(&readers->high, &high, index + 1)) {
    }
}

static _Thread_local uint32_t hint; /* where this thread found a slot last time, + 1 */

static __attribute__((noinline)) struct reader_slot *slot_find(struct readers *readers,
                                                               const _Atomic uint64_t *published) {
    static _Atomic uint32_t next_hint;
    if (hint == 0) hint = 1 + atomic_fetch_add_explicit(&next_hint, 1, memory_order_relaxed);
    for (;;) {
        uint32_t used = atomic_load_explicit(&readers->used, memory_order_acquire);
        for (uint32_t i = 0; i < used; i++) {
            uint32_t index = (hint - 1 + i) % used;
            struct reader_slot *slot = slot_at(readers, index);
            high_raise(readers, index);
            if (slot_take(slot, published)) {
                hint = index + 1;
                return slot;
            }
        }
        if (!table_grow(readers, used)) return NULL;
    }
}

struct reader_slot *reader_enter(struct readers *readers, const _Atomic uint64_t *published) {
    const uint32_t index = hint - 1;
    if (__builtin_expect(index < atomic_load_explicit(&readers->high, memory_order_acquire), 1)) {
        struct reader_slot *slot = slot_at(readers, index);
        if (__builtin_expect(slot_take(slot, published), 1)) return slot;
    }
    return slot_find(readers, published);
}

void readers_horizon(struct readers *readers, uint64_t published, struct horizon *out) {
    atomic_thread_fence(memory_order_seq_cst);
    out->published = published;
    out->oldest = out->oldest_attached = UINT64_MAX;
    out->count = 0;
    out->complete = true;
    uint32_t high = atomic_load_explicit(&readers->high, memory_order_acquire);
#ifdef CANARY_FORGET_READERS /* a broken build that the model and the race programs must catch */
    high = 0;
#endif
    for (uint32_t i = 0; i < high; i++) {
        uint64_t value = atomic_load_explicit(&slot_at(readers, i)->version, memory_order_acquire);
        if (value == 0) continue;
        uint64_t version = value & ~READER_DETACHED;
        if (version < out->oldest) out->oldest = version;
        if (value == version && version < out->oldest_attached) out->oldest_attached = version;
        if (out->count < HORIZON_READERS)
            out->versions[out->count++] = version;
        else
            out->complete = false;
    }
}

/* A reader this many commits behind is taken for a snapshot that stays. */
#define LONG_LIVED 64u

enum fate horizon_fate_among(const struct horizon *horizon, uint64_t birth, uint64_t end) {
    if (!horizon->complete) return FATE_WAIT;
    enum fate fate = FATE_FREE;
    for (uint32_t i = 0; i < horizon->count; i++) {
        uint64_t version = horizon->versions[i];
        if (version < birth || version >= end) continue;
        if (version + LONG_LIVED < horizon->published) return FATE_PINNED;
        fate = FATE_WAIT;
    }
    return fate;
}

uint32_t readers_count(struct readers *readers) {
    uint32_t high = atomic_load(&readers->high), count = 0;
    for (uint32_t i = 0; i < high; i++) count += atomic_load(&slot_at(readers, i)->version) != 0;
    return count;
}

void readers_lookups(struct readers *readers, uint64_t *found, uint64_t *missed) {
    uint32_t high = atomic_load(&readers->high);
    *found = *missed = 0;
    for (uint32_t i = 0; i < high; i++) {
        *found += atomic_load_explicit(&slot_at(readers, i)->found, memory_order_relaxed);
        *missed += atomic_load_explicit(&slot_at(readers, i)->missed, memory_order_relaxed);
    }
}
