/*
 * evict_leaf.c - victims of one leaf.
 *
 * A leaf that a key goes from is copied, and in a file written again, so victims taken here and there cost a page each.
 * Cheaper are
 *
 *   others of its leaf that are cold, too (evict_leaf_share), or where chance decides, any (evict_leaf_draw);
 *   in a file, cold ones in leaves that had to be copied anyway, where keys were written a moment ago (evict_beside);
 *   all keys of a leaf, for who needs pages more than keys (evict_neighbour): of small keys hundreds have to go here and
 *   there before any leaf becomes free, which takes more pages than it gives, in a file whose pages come back only with
 *   the next checkpoint. By LRU and LFU those of the coldest of a few leaves go, in memory but for hot ones; else of any.
 *
 * Cold is what is no warmer than the second coldest of the last EVICT_MET keys met at random, hot what is warmer than the
 * second warmest. So in a database whose keys are written in their order, where neighbours are as warm as each other,
 * nothing goes beside a new key.
 */
#include "evict_internal.h"

#define LEAVES_TRIED 5u
#define LEAF_SAMPLES 8u
/* Leaves of the trail that are looked at: at most so many, and more for each cold key found there. Where keys are
 * written in their order, none are: each time that nothing is found half as many are looked at the next time. */
#define STEPS_FIRST 8u
#define STEPS_MORE  4u
#define LEAF_DRAWN  3u
#define MEET_EVERY  16u /* evictions: what is cold is looked at anew */

/* Where the marks lie is asked for some entries at once: each is a line of the table that the processor's cache
 * hardly ever holds. */
#define LOOK_AHEAD 16u

static int leaf_hash(struct keyspace *ks, struct tree_cursor *cursor, bool by_time, uint32_t apart,
                     uint64_t *hashes, uint32_t *count) {
    uint32_t *slot = &cursor->path[cursor->depth - 1].slot;
    int code = FERRITE_OK;
    *count = 0;
    for (; *slot < evict_leaf_of(cursor)->slots && *count < LOOK_AHEAD && code == FERRITE_OK; *slot += apart) {
        code = evict_cursor_hash(ks, cursor, by_time, &hashes[*count]);
        if (code == FERRITE_OK) recency_prefetch(ks->recency, hashes[(*count)++]);
    }
    return code;
}

int evict_leaf_look(struct keyspace *ks, struct tree_cursor *cursor, bool by_time, uint32_t apart,
                    evict_look look, void *ctx) {
    uint32_t *slot = &cursor->path[cursor->depth - 1].slot;
    int code = FERRITE_OK;
    for (*slot %= apart; *slot < evict_leaf_of(cursor)->slots && code == FERRITE_OK;) {
        uint64_t hashes[LOOK_AHEAD];
        uint32_t count, first = *slot;
        code = leaf_hash(ks, cursor, by_time, apart, hashes, &count);
        const uint32_t next = *slot;
        for (uint32_t i = 0; i < count && code == FERRITE_OK; i++) {
            *slot = first + i * apart;
            code = look(ctx, ks, cursor, hashes[i]);
        }
        *slot = next;
    }
    return code;
}

/* ---- noting victims, and their going ---- */

static void leaf_forget(struct evict_leaf *leaf) { leaf->next = leaf->count = leaf->gone = 0; }

void evict_leaf_begin(struct evictor *evictor) {
    leaf_forget(&evictor->leaf);
    evictor->steps = STEPS_FIRST >> evictor->failures;
}

/* (No sound leaf has more.) */
static void leaf_add(struct evict_leaf *leaf, uint32_t slot) {
    if (leaf->count < EVICT_LEAF_SLOTS) leaf->slots[leaf->count++] = (uint16_t)slot;
}

struct noting {
    struct evict_leaf *leaf;
    uint64_t most; /* they are no warmer */
    uint32_t but;  /* the slot of a key that stays */
    bool expiring;
};

static int entry_expires(struct tree_cursor *cursor, bool *expires) {
    struct tree_value value;
    struct record record;
    int code = cursor_value(cursor, &value);
    if (code == FERRITE_OK) code = record_parse(&value, &record);
    if (code == FERRITE_OK) *expires = (record.head & RECORD_EXPIRES) != 0;
    return code;
}

static int entry_note(void *ctx, struct keyspace *ks, struct tree_cursor *cursor, uint64_t hash) {
    const struct noting *noting = ctx;
    const uint32_t slot = cursor->path[cursor->depth - 1].slot;
    bool fits =
        slot != noting->but && evict_warmth(ks, hash, evict_leaf_of(cursor)->birth) <= noting->most;
    int code = fits && noting->expiring ? entry_expires(cursor, &fits) : FERRITE_OK;
    if (code == FERRITE_OK && fits) leaf_add(noting->leaf, slot);
    return code;
}

/* Begins to note entries of the cursor's leaf: its first one's rank among those of all databases. */
static int noting_begin(struct evict_leaf *leaf, struct keyspace *ks, struct tree_cursor *cursor) {
    leaf_forget(leaf);
    cursor->path[cursor->depth - 1].slot = 0;
    int code = cursor_rank(cursor, &leaf->rank);
    for (uint32_t db = 0; db < ks->db; db++) leaf->rank += txn_keys(ks->txn, db)->count;
    return code;
}

/* Notes the cold ones of the cursor's leaf, and those no warmer than `warmth`. */
static int leaf_note(struct evictor *evictor, struct keyspace *ks, struct tree_cursor *cursor,
                     uint32_t but, uint64_t warmth, bool expiring) {
    struct noting noting = {&evictor->leaf, 0, but, expiring};
    if (!evict_cold_most(evictor, &noting.most)) return FERRITE_OK;
    if (noting.most < warmth) noting.most = warmth;
    int code = noting_begin(&evictor->leaf, ks, cursor);
    return code == FERRITE_OK ? evict_leaf_look(ks, cursor, false, 1, entry_note, &noting) : code;
}

/* The next one of those noted. (In a damaged file leaves may hold more than their branches count.) */
static int leaf_evict(struct evictor *evictor, struct keyspace *ks, bool expiring,
                      const struct evict_listener *listener, bool *done) {
    struct evict_leaf *leaf = &evictor->leaf;
    int code = FERRITE_OK;
    while (code == FERRITE_OK && !*done && leaf->next < leaf->count) {
        const uint64_t rank = leaf->rank + leaf->slots[leaf->next++] - leaf->gone;
        if (rank >= evict_count(ks, false)) return FERRITE_OK;
        code = evict_at_rank(ks, expiring, rank, listener, done);
        leaf->gone += *done;
    }
    return code;
}

/* ---- beside others ---- */

int evict_leaf_draw(struct evictor *evictor, struct keyspace *ks, uint64_t rank) {
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    if (txn_in_memory(ks->txn) || rank >= evict_count(ks, false)) return FERRITE_OK;
    int code = evict_seek(&in, false, rank, &cursor);
    if (code == FERRITE_OK && cursor.valid) {
        const uint32_t slot = cursor.path[cursor.depth - 1].slot,
                       slots = evict_leaf_of(&cursor)->slots;
        const uint32_t apart = slots / LEAF_DRAWN + 1;
        code = noting_begin(&evictor->leaf, &in, &cursor);
        for (uint32_t at = slot % apart; at < slots && code == FERRITE_OK; at += apart)
            leaf_add(&evictor->leaf, at);
    }
    cursor_done(&cursor);
    return code;
}

int evict_leaf_share(struct evictor *evictor, struct keyspace *ks, ferrite_slice key, uint64_t warmth,
                     bool expiring) {
    struct tree_cursor cursor;
    bool exact;
    cursor_init(&cursor, &ks->txn->pages, txn_keys(ks->txn, ks->db));
    int code = cursor_seek(&cursor, key.data, key.len, &exact);
    if (code == FERRITE_OK && cursor.valid)
        code = leaf_note(evictor, ks, &cursor, UINT32_MAX, warmth, expiring);
    cursor_done(&cursor);
    return code;
}

/* The leaf of a key that was written. If a checkpoint began since, those of all keys before it would cost as much. */
static int step_note(struct evictor *evictor, const struct keyspace *ks,
                     const struct trail_step *step, bool expiring) {
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    bool exact;
    in.db = step->db;
    cursor_init(&cursor, &in.txn->pages, txn_keys(in.txn, in.db));
    int code = cursor_seek(&cursor, step->key, step->key_len, &exact);
    if (code == FERRITE_OK && exact && txn_page_is_young(in.txn, evict_leaf_of(&cursor)))
        code = leaf_note(evictor, &in, &cursor, cursor.path[cursor.depth - 1].slot, 0, expiring);
    else if (exact)
        trail_forget(&evictor->trail);
    cursor_done(&cursor);
    return code;
}

static int trail_evict(struct evictor *evictor, struct keyspace *ks, bool expiring,
                       const struct evict_listener *listener, bool *done) {
    const bool looks = evictor->steps > 0;
    int code = FERRITE_OK;
    while (evictor->steps > 0 && code == FERRITE_OK && !*done) {
        const struct trail_step *step = trail_take(&evictor->trail);
        if (step == NULL) break;
        evictor->steps--;
        code = step_note(evictor, ks, step, expiring);
        if (code == FERRITE_OK) code = leaf_evict(evictor, ks, expiring, listener, done);
    }
    if (*done) {
        evictor->steps += STEPS_MORE;
        evictor->failures = 0;
    } else if (looks && evictor->steps == 0 && (STEPS_FIRST >> evictor->failures) > 1) {
        evictor->failures++;
    }
    return code;
}

int evict_beside(struct evictor *evictor, struct keyspace *ks, int policy,
                 const struct evict_listener *listener, bool *done) {
    const bool expiring = evict_is_volatile(policy);
    int code = FERRITE_OK;
    *done = false;
    if (policy != evictor->policy) return code;
    code = leaf_evict(evictor, ks, expiring, listener, done);
    if (!evict_is_by_recency(policy) || ks->recency == NULL) return code;
    if (code == FERRITE_OK && evictor->turn++ % MEET_EVERY == 0)
        code = evict_pool_sample(evictor, ks, expiring);
    if (code == FERRITE_OK && !*done) code = trail_evict(evictor, ks, expiring, listener, done);
    return code;
}

/* ---- emptying leaves ---- */

struct mean {
    uint64_t warmth;
    uint32_t samples; /* of which each counts for its part */
};

static int entry_add(void *ctx, struct keyspace *ks, struct tree_cursor *cursor, uint64_t hash) {
    struct mean *mean = ctx;
    mean->warmth += evict_warmth(ks, hash, evict_leaf_of(cursor)->birth) / mean->samples;
    return FERRITE_OK;
}

/* The mean of some of the leaf's entries. */
static int leaf_warmth(struct keyspace *ks, struct tree_cursor *cursor, uint64_t *warmth) {
    const uint32_t slots = evict_leaf_of(cursor)->slots, apart = slots / LEAF_SAMPLES + 1;
    struct mean mean = {0, (slots + apart - 1) / apart};
    cursor->path[cursor->depth - 1].slot = 0;
    int code = evict_leaf_look(ks, cursor, false, apart, entry_add, &mean);
    *warmth = mean.warmth;
    return code;
}

static void leaf_note_all(struct evict_leaf *leaf, uint64_t rank, uint32_t slots) {
    leaf_forget(leaf);
    leaf->rank = rank;
    for (uint32_t slot = 0; slot < slots; slot++) leaf_add(leaf, slot);
}

/* A leaf at random; it is chosen if it is colder than *least. */
static int leaf_offer(struct evictor *evictor, struct keyspace *ks, uint64_t *least) {
    const uint64_t rank = evict_random_below(evictor, evict_count(ks, false));
    uint64_t warmth = 0;
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    int code = evict_seek(&in, false, rank, &cursor);
    if (code == FERRITE_OK && cursor.valid) {
        const uint32_t slot = cursor.path[cursor.depth - 1].slot;
        if (ks->recency != NULL) code = leaf_warmth(&in, &cursor, &warmth);
        if (code == FERRITE_OK && (evictor->leaf.count == 0 || warmth < *least)) {
            leaf_note_all(&evictor->leaf, rank - slot, evict_leaf_of(&cursor)->slots);
            *least = warmth;
        }
    }
    cursor_done(&cursor);
    return code;
}

/* A leaf may be cold as a whole and hold a few hot keys. In memory these stay: what is left of the leaf merges with its
 * neighbours sooner or later. (In a file the page itself is wanted.) */
static int leaf_spare_hot(struct evictor *evictor, struct keyspace *ks) {
    struct noting noting = {.leaf = &evictor->leaf, .but = UINT32_MAX};
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    if (!txn_in_memory(ks->txn) || ks->recency == NULL || evictor->leaf.count == 0) return FERRITE_OK;
    if (!evict_hot_but(evictor, &noting.most)) return FERRITE_OK;
    int code = evict_seek(&in, false, evictor->leaf.rank, &cursor);
    if (code == FERRITE_OK && cursor.valid) code = noting_begin(&evictor->leaf, &in, &cursor);
    if (code == FERRITE_OK && cursor.valid)
        code = evict_leaf_look(&in, &cursor, false, 1, entry_note, &noting);
    cursor_done(&cursor);
    return code;
}

static int leaf_choose(struct evictor *evictor, struct keyspace *ks) {
    const uint32_t tries = ks->recency != NULL ? LEAVES_TRIED : 1;
    uint64_t least = UINT64_MAX;
    int code = FERRITE_OK;
    leaf_forget(&evictor->leaf);
    for (uint32_t i = 0; i < tries && code == FERRITE_OK && evict_count(ks, false) != 0; i++)
        code = leaf_offer(evictor, ks, &least);
    return code == FERRITE_OK ? leaf_spare_hot(evictor, ks) : code;
}

int evict_neighbour(struct evictor *evictor, struct keyspace *ks, int policy,
                    const struct evict_listener *listener, bool *done) {
    const bool expiring = evict_is_volatile(policy);
    int code = FERRITE_OK;
    *done = false;
    if (policy == FERRITE_EVICT_NONE || policy == FERRITE_EVICT_VOLATILE_TTL) return FERRITE_OK;
    if (evictor->leaf.next == evictor->leaf.count) code = leaf_choose(evictor, ks);
    return code == FERRITE_OK ? leaf_evict(evictor, ks, expiring, listener, done) : code;
}
