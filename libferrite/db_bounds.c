/*
 * db_bounds.c - max_memory, max_size, max_keys: who is refused, and who has to go.
 *
 *   data      pages in use times 4,096, against max_size, and in memory also against max_memory less
 *             what the hot cache and the marks of recency take
 *   keys      of all logical databases, against max_keys
 *
 * Each write transaction is looked at twice. Before it (inside a user's transaction before each operation): while
 * the database is over a bound, because somebody has lowered it or something that is never refused
 * passed it, what adds makes room first or is refused. Before its commit: what it added makes others
 * go, in the same transaction, however many; where nothing can go it is refused and undone. So no commit passes a bound
 * by adding, nor does a checkpoint (txn/claims.c). Large trees that were dropped and wait to be freed (types/garbage.h)
 * are freed before any key goes. See docs/decisions/0016.
 *
 * Called by db_operation.c and db_transaction.c, with the writer lock held unless said otherwise.
 */
#include "db.h"
#include "os/mem.h"
#include "types/garbage.h"

/* What an operation may evict beyond what it added: so many keys, and more for each page that it added; one of the
 * smallest keys holds 250. Of a file fewer, for each copies a leaf that its limit has to have room for; those that share a leaf copy one. */
#define EVICT_KEYS          32u
#define EVICT_PER_PAGE      1024u
#define EVICT_PER_FILE_PAGE 64u
#define KEY_COST            16u /* of the budget, */
#define NEIGHBOUR_COST      1u
/* Beyond the bound, or evicted without being below it: then leaves are emptied. Victims taken here and there copy a leaf
 * each, and of small keys hundreds go before any page does: a file's limit leaves no room for that. */
#define MANY_PAGES 4u
#define MANY_KEYS  32u
/* What a transaction may add beyond a bound before its own operations evict: a share of the bound and this. */
#define MARGIN_SHARE 16u
#define MARGIN_DATA  (256u << 10)
#define MARGIN_KEYS  1024u
#define PIECE_PAGES   64u  /* of room made beforehand: so many are copied for it at a time */
#define GARBAGE_PAGES   256u /* freed at a time */
#define GARBAGE_COST    (8u * KEY_COST)

/* ---- what counts ---- */

static uint64_t keys_count(struct txn *txn) {
    uint64_t keys = 0;
    for (uint32_t db = 0; db < txn->databases; db++) keys += txn_keys(txn, db)->count;
    return keys;
}

static uint64_t marks_bytes(const struct core *core) {
    const struct recency *recency = atomic_load_explicit(&core->recency, memory_order_relaxed);
    return recency != NULL ? recency_bytes(recency) : 0;
}

uint64_t core_memory_beside(struct core *core) { return cache_bytes(&core->cache) + marks_bytes(core); }

/* What that may become by reading alone, which evicts nothing: the cache's whole budget counts. */
static uint64_t memory_reserved(const struct core *core) {
    return cache_bytes_most(&core->cache) + marks_bytes(core);
}

/* Bytes that pages in use may take. */
static uint64_t data_bound(const struct core *core) {
    uint64_t bound = OPTION(core, max_size), memory = OPTION(core, max_memory);
    if (bound == 0) bound = UINT64_MAX;
    if (memory == 0 || !engine_in_memory(core->engine)) return bound;
    const uint64_t reserved = memory_reserved(core);
    memory = memory > reserved ? memory - reserved : 0;
    return memory < bound ? memory : bound;
}

struct excess {
    uint64_t pages; /* of data, beyond the bound */
    bool keys;
};

static struct excess excess_over(struct txn *txn, uint64_t data, uint64_t keys) {
    const uint64_t used = txn_pages_claimed(txn), most = data / PAGE_SIZE;
    return (struct excess){used > most ? used - most : 0, keys != 0 && keys_count(txn) > keys};
}

static struct excess excess_now(const struct core *core, struct txn *txn) {
    return excess_over(txn, data_bound(core), OPTION(core, max_keys));
}

static uint64_t and_margin(uint64_t bound, uint64_t least) {
    const uint64_t margin = bound / MARGIN_SHARE + least;
    return bound == 0 || bound > UINT64_MAX - margin ? bound : bound + margin;
}

/* Inside a user's transaction: what it adds itself may wait for its commit, up to a margin. */
static struct excess excess_inside(const struct core *core, struct txn *txn) {
    const struct usage *begun = &core->begun;
    const uint64_t data = data_bound(core), keys = OPTION(core, max_keys);
    const bool waits = OPTION(core, eviction) != FERRITE_EVICT_NONE;
    const bool data_waits = waits && begun->pages * PAGE_SIZE <= data;
    return excess_over(txn, data_waits ? and_margin(data, MARGIN_DATA) : data,
                       waits && begun->keys <= keys ? and_margin(keys, MARGIN_KEYS) : keys);
}

static void usage_read(const struct core *core, struct txn *txn, struct usage *usage) {
    usage->pages = txn_pages_claimed(txn);
    usage->keys = OPTION(core, max_keys) != 0 ? keys_count(txn) : 0;
}

static bool exceeds(struct excess excess) { return excess.pages > 0 || excess.keys; }

static int bounds_refuse(void) {
    return error_set(FERRITE_FULL, "OOM command not allowed when used memory > 'maxmemory'.");
}

/* ---- making room ---- */

struct room {
    uint64_t budget;
    uint64_t copies; /* pages that may be copied */
    bool owed;       /* what the transaction added makes others go, whatever the budget */
    uint32_t strewn; /* keys that went here and there, from a leaf each */
    bool neighbours; /* so much is lacking that leaves are emptied */
};

static void budget_spend(struct room *room, uint64_t cost) {
    room->budget -= room->budget < cost ? room->budget : cost;
}

static int garbage_free(struct txn *txn, struct room *room) {
    budget_spend(room, GARBAGE_COST);
    int code = txn_operation(txn, true);
    return code == FERRITE_OK ? garbage_step(txn, GARBAGE_PAGES) : code;
}

static int key_evict(struct core *core, struct txn *txn, struct room *room, bool *done) {
    struct keyspace ks = {.txn = txn,
                          .clock = &core->clock,
                          .recency = core_recency(core),
                          .spared = &core->spared};
    const struct evict_listener told = {tally_note, &core->tally};
    const struct evict_listener *listener = core->options.on_evict != NULL ? &told : NULL;
    const int policy = (int)OPTION(core, eviction);
    *done = false;
    int code = room->neighbours ? evict_neighbour(&core->evictor, &ks, policy, listener, done)
                                : evict_beside(&core->evictor, &ks, policy, listener, done);
    room->strewn += !*done;
    budget_spend(room, *done ? NEIGHBOUR_COST : KEY_COST);
    if (code == FERRITE_OK && !*done) code = evict_one(&core->evictor, &ks, policy, listener, done);
    if (code == FERRITE_OK && *done) core->tally.evicted++;
    return code;
}

/* One key or, before any, some pages of what was dropped. *done false: nothing can go. */
static int room_step(struct core *core, struct txn *txn, struct excess excess, struct room *room,
                     bool *done) {
    *done = true;
    if (excess.pages > 0 && !excess.keys && txn->roots->garbage.root != 0) return garbage_free(txn, room);
    if (excess.pages >= MANY_PAGES || (excess.pages > 0 && room->strewn >= MANY_KEYS)) room->neighbours = true;
    return key_evict(core, txn, room, done);
}

typedef struct excess (*excess_fn)(const struct core *core, struct txn *txn);

/* Has the transaction added to what is over its bound? */
static bool is_to_blame(const struct core *core, struct txn *txn) {
    const struct excess excess = excess_now(core, txn);
    return (excess.pages > 0 && txn_pages_claimed(txn) > core->begun.pages) ||
           (excess.keys && keys_count(txn) > core->begun.keys);
}

/* Beyond the budget goes what the transaction itself has added, whatever that takes: no commit passes a bound by
 * adding. */
static bool room_goes_on(const struct core *core, struct txn *txn, const struct room *room) {
    if (txn_pages_given(txn) >= room->copies) return false;
    return room->budget > 0 || (room->owed && is_to_blame(core, txn));
}

static int room_steps(struct core *core, struct txn *txn, excess_fn measure, struct room *room,
                      bool *stuck) {
    struct excess excess = measure(core, txn);
    bool done = true;
    int code = FERRITE_OK;
    while (code == FERRITE_OK && done && exceeds(excess) && room_goes_on(core, txn, room)) {
        code = room_step(core, txn, excess, room, &done);
        excess = measure(core, txn);
    }
    *stuck = exceeds(excess) && !done;
    return code;
}

/* At most `keys` go, or more neighbours; `owed`: or so many that the transaction adds nothing beyond a bound.
 * *stuck: over a bound, and nothing can go. What adds keeps the file within its limit while it makes room; unless somebody
 * has lowered the bound by much, and nothing fits before others have gone. */
static int room_make(struct core *core, struct txn *txn, excess_fn measure, enum write_kind kind,
                     uint64_t keys, bool owed, bool *stuck) {
    struct room room = {.budget = keys * KEY_COST, .copies = UINT64_MAX, .owed = owed};
    evict_leaf_begin(&core->evictor);
    txn->makes_room = kind == WRITE_ADDS && core->begun.pages * PAGE_SIZE <= and_margin(data_bound(core), MARGIN_DATA);
    const int code = room_steps(core, txn, measure, &room, stuck);
    txn->makes_room = false;
    return code;
}

/* ---- around a transaction ---- */

void bounds_begin(struct core *core, struct txn *txn) {
    core->spared.count = 0;
    core->wanted = 0;
    usage_read(core, txn, &core->begun);
}

static int room_before(struct core *core, struct txn *txn, excess_fn measure) {
    bool stuck;
    if (!exceeds(measure(core, txn))) return FERRITE_OK;
    int code = room_make(core, txn, measure, WRITE_ADDS, EVICT_KEYS, false, &stuck);
    if (code != FERRITE_OK) return txn_fail(txn, code);
    return stuck ? bounds_refuse() : txn_operation(txn, false);
}

int bounds_before(struct core *core, struct txn *txn, enum write_kind kind) {
    bounds_begin(core, txn);
    if (kind != WRITE_ADDS) return FERRITE_OK;
    int code = room_before(core, txn, excess_now);
    usage_read(core, txn, &core->begun);
    return code;
}

int bounds_inside(struct core *core, struct txn *txn, enum write_kind kind) {
    return kind == WRITE_ADDS ? room_before(core, txn, excess_inside) : FERRITE_OK;
}

static void recency_follow_keys(struct core *core, struct txn *txn) {
    struct recency *recency = core_recency(core);
    if (__builtin_expect(recency != NULL, 0)) recency_reserve(recency, keys_count(txn));
}

static uint64_t difference(uint64_t now, uint64_t before) { return now > before ? now - before : 0; }

int bounds_after(struct core *core, struct txn *txn, enum write_kind kind) {
    recency_follow_keys(core, txn); /* its table takes from the data */
    if (!exceeds(excess_now(core, txn))) return FERRITE_OK;
    struct usage now;
    usage_read(core, txn, &now);
    const uint64_t pages = difference(now.pages, core->begun.pages);
    const uint64_t keys = difference(now.keys, core->begun.keys);
    core->wanted = pages;
    if (kind == WRITE_ADDS && pages * PAGE_SIZE > data_bound(core)) return bounds_refuse();
    bool stuck;
    const uint64_t per_page = engine_in_memory(core->engine) ? EVICT_PER_PAGE : EVICT_PER_FILE_PAGE;
    int code = room_make(core, txn, excess_now, kind, EVICT_KEYS + keys + per_page * pages, true, &stuck);
    if (code != FERRITE_OK) return txn_fail(txn, code);
    return stuck && kind == WRITE_ADDS && is_to_blame(core, txn) ? bounds_refuse() : FERRITE_OK;
}

static struct excess excess_ahead(const struct core *core, struct txn *txn) {
    const uint64_t data = data_bound(core), wanted = core->wanted * PAGE_SIZE;
    return excess_over(txn, data > wanted ? data - wanted : 0, OPTION(core, max_keys));
}

int bounds_ahead(struct core *core, struct txn *txn, uint64_t wanted, bool *more) {
    struct room room = {.budget = UINT64_MAX, .copies = PIECE_PAGES};
    bool stuck;
    evict_leaf_begin(&core->evictor);
    core->spared.count = 0;
    core->wanted = wanted;
    txn->makes_room = true;
    const int code = room_steps(core, txn, excess_ahead, &room, &stuck);
    txn->makes_room = false;
    *more = code == FERRITE_OK && !stuck && exceeds(excess_ahead(core, txn));
    return code == FERRITE_OK ? code : txn_fail(txn, code);
}

/* ---- the end of a transaction ---- */

int core_commit(struct core *core, struct txn *txn, struct tally *later) {
    if (!core_bounded(core)) recency_follow_keys(core, txn); /* else bounds_after did */
    if (__builtin_expect(core->tally.evicted == 0, 1)) return txn_commit(txn);
    struct tally tally = core->tally; /* another transaction may begin before the commit returns */
    core->tally = (struct tally){0};
    int code = txn_commit(txn);
    if (code != FERRITE_OK)
        tally_drop(&tally);
    else if (later != NULL)
        *later = tally;
    else
        tally_settle(core, &tally);
    return code;
}

void core_rollback(struct core *core, struct txn *txn) {
    tally_drop(&core->tally);
    txn_rollback(txn);
}

/* ---- the bounds themselves: any thread, no lock ---- */

static bool policy_needs_recency(int policy, enum recency_kind *kind) {
    const bool lfu = policy == FERRITE_EVICT_ALL_LFU || policy == FERRITE_EVICT_VOLATILE_LFU;
    *kind = lfu ? RECENCY_LFU : RECENCY_LRU;
    return lfu || policy == FERRITE_EVICT_ALL_LRU || policy == FERRITE_EVICT_VOLATILE_LRU;
}

static int recency_make(struct core *core, enum recency_kind kind) {
    const struct recency_clock clock = {core->clock.now_ms, core->clock.ctx};
    struct recency *made = mem_calloc(sizeof *made), *none = NULL;
    if (made == NULL) return error_nomem();
    int code = recency_init(made, engine_os(core->engine), kind, &clock);
    if (code == FERRITE_OK && atomic_compare_exchange_strong(&core->recency, &none, made))
        return FERRITE_OK;
    recency_done(made); /* another thread was faster */
    mem_free(made);
    return code;
}

/* Once made, it stays: readers may be looking at it. */
static int recency_follow(struct core *core) {
    enum recency_kind kind;
    if (!policy_needs_recency((int)OPTION(core, eviction), &kind)) {
        atomic_store_explicit(&core->noting, NULL, memory_order_release);
        return FERRITE_OK;
    }
    int code = atomic_load(&core->recency) != NULL ? FERRITE_OK : recency_make(core, kind);
    if (code != FERRITE_OK) return code;
    struct recency *recency = atomic_load(&core->recency);
    recency_switch(recency, kind);
    atomic_store_explicit(&core->noting, recency, memory_order_release);
    return FERRITE_OK;
}

int core_bounds_changed(struct core *core) {
    ferrite_options now = core->options;
    now.max_memory = OPTION(core, max_memory);
    now.max_size = OPTION(core, max_size);
    now.file_slack = OPTION(core, file_slack);
    const struct options_limits limits = options_limits(&now);
    engine_set_limits(core->engine, limits.dirty_limit, limits.file_limit);
    const bool in_memory = engine_in_memory(core->engine);
    atomic_store(&core->bounded, (in_memory && now.max_memory != 0) || now.max_size != 0 ||
                                     OPTION(core, max_keys) != 0);
    return recency_follow(core);
}

int core_bounds_open(struct core *core) {
    int code = evictor_init(&core->evictor, engine_os(core->engine));
    if (!engine_in_memory(core->engine)) core->spared.trail = &core->evictor.trail;
    return code == FERRITE_OK ? core_bounds_changed(core) : code;
}

void core_bounds_close(struct core *core) {
    struct recency *recency = atomic_load(&core->recency);
    evictor_done(&core->evictor);
    tally_drop(&core->tally);
    if (recency != NULL) recency_done(recency);
    mem_free(recency);
}
