/* compact.c - see compact.h. */
#include "compact.h"

#include "collection.h"

/* One piece: some tenths of a millisecond with the pages in memory. */
#define PIECE_MOVES 32u
#define PIECE_LOOKS 48u

#define ROUNDS_MAX      16
#define SHRINKS_MAX     4    /* at the end, while the file is longer than it was */
#define GAIN_PART       256u /* of the file: a round that gains less is the last */
#define CLOSE_ROUNDS    4
#define CLOSE_GAIN_MIN  64u /* pages: less is not worth two checkpoints */
#define CLOSE_GAIN_PART 32u /* nor is less than this part of the file */
#define CLOSE_LOOKS     4u  /* pages looked at for each page written since the open */

/* How far a round is. All parts are hints: the database may change between two pieces. */
struct place {
    uint32_t db;
    bool expiry;      /* in the tree by time; else in that of the keys */
    uint64_t entry;   /* of that tree */
    uint32_t tree;    /* of the entry's record */
    uint64_t element; /* of that tree */
    uint64_t piece;   /* of the record's or element's blob */
};

static int record_blob_move(struct place *place, struct tree_mover *mover, struct blob *blob) {
    int rc = blob_move(mover, blob, &place->piece);
    if (!mover_spent(mover)) place->piece = 0;
    return rc;
}

static int element_move(void *ctx, struct tree_mover *mover, const struct tree_value *value,
                        uint8_t *changed) {
    struct blob blob;
    int rc = value_blob(value, &blob);
    if (rc == FERRITE_OK) rc = record_blob_move(ctx, mover, &blob);
    if (rc == FERRITE_OK) memcpy(changed + value->len - sizeof blob, &blob, sizeof blob);
    return rc;
}

static int trees_move(struct place *place, struct tree_mover *mover, const struct record *record,
                      uint8_t *payload) {
    struct tree trees[COLLECTION_TREES_MAX];
    const uint32_t count = record_trees(record, trees);
    int rc = FERRITE_OK;
    while (rc == FERRITE_OK && place->tree < count && !mover_spent(mover)) {
        rc = tree_move(mover, &trees[place->tree], &place->element, element_move, place);
        if (mover_spent(mover)) break;
        place->tree++;
        place->element = 0;
    }
    if (rc == FERRITE_OK) record_trees_write(payload, record, trees);
    if (!mover_spent(mover)) place->tree = 0;
    return rc;
}

static int record_move(void *ctx, struct tree_mover *mover, const struct tree_value *value,
                       uint8_t *changed) {
    struct record record;
    int rc = record_parse(value, &record);
    if (rc != FERRITE_OK) return rc;
    uint8_t *payload = changed + (record.payload - (const uint8_t *)value->data);
    if (record.head & RECORD_TREES) return trees_move(ctx, mover, &record, payload);
    if (!(record.head & RECORD_BLOB)) return rc;
    struct blob blob = record_blob(&record);
    rc = record_blob_move(ctx, mover, &blob);
    if (rc == FERRITE_OK) memcpy(changed + (record_blob_at(&record) - (const uint8_t *)value->data), &blob, sizeof blob);
    return rc;
}

/* From the place on, through the trees of all databases. */
static int piece_move(struct txn *txn, struct tree_mover *mover, struct place *place) {
    int rc = FERRITE_OK;
    while (place->db < txn->databases && rc == FERRITE_OK) {
        struct tree *tree = place->expiry ? txn_expiry(txn, place->db) : txn_keys(txn, place->db);
        rc = tree_move(mover, tree, &place->entry, place->expiry ? NULL : record_move, place);
        if (mover_spent(mover)) break;
        *place = (struct place){.db = place->db + place->expiry, .expiry = !place->expiry};
    }
    return rc;
}

struct round {
    struct engine *engine;
    const struct compact_watch *watch;
    struct move_plan plan;
    struct place place;
    uint64_t moves_left, looks_left; /* UINT64_MAX: no bound */
    uint64_t moved, looked;
    uint64_t stuck; /* pages of runs that found no place */
    bool over;
};

/* What a piece that failed had moved is taken back; its place counts for nothing. */
static int piece_run(struct round *round) {
    struct txn *txn;
    struct place place = round->place;
    int rc = txn_begin_moves(round->engine, round->plan.limit, &txn);
    if (rc != FERRITE_OK) return rc;
    struct tree_mover mover = {.pages = &txn->pages, .moves = PIECE_MOVES, .looks = PIECE_LOOKS};
    rc = txn_operation(txn, false);
    if (rc == FERRITE_OK) rc = piece_move(txn, &mover, &place);
    const uint64_t moved = PIECE_MOVES - mover.moves, looked = PIECE_LOOKS - mover.looks;
    round->over = !mover_spent(&mover) || mover.full ||
                  (moved == 0 && memcmp(&place, &round->place, sizeof place) == 0);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    rc = txn_commit_moves(txn);
    if (rc != FERRITE_OK) return rc;
    round->place = place;
    round->moved += moved;
    round->looked += looked;
    round->stuck += mover.stuck;
    return rc;
}

static int told(struct round *round) {
    const struct compact_watch *watch = round->watch;
    if (watch == NULL || watch->progress == NULL) return FERRITE_OK;
    const uint64_t total = round->plan.page_count;
    const uint64_t done = round->moved + round->looked;
    if (watch->progress(watch->ctx, done < total ? done : total, total) == 0) return FERRITE_OK;
    return error_set(FERRITE_ABORTED, "the compaction was stopped");
}

/* Through all trees once, or until a bound is reached or room runs out. */
static int round_run(struct round *round) {
    int rc = FERRITE_OK;
    while (rc == FERRITE_OK && !round->over && round->moved < round->moves_left &&
           round->looked < round->looks_left) {
        rc = piece_run(round);
        if (rc == FERRITE_OK) rc = told(round);
    }
    return rc;
}

static uint64_t file_bytes(struct engine *engine) {
    struct engine_stats stats;
    engine_stats(engine, &stats);
    return stats.file_bytes;
}

/* Between rounds. Where runs find no place because free pages stand apart, the next round leaves them where they are and
 * takes what stands alone away from before them: so neighbours become free, and the round after it may move the runs. */
struct course {
    uint64_t aside;     /* pages that the next round leaves alone */
    bool may_gather;    /* not tried since the last gain */
    bool gained, again; /* by the last round; another one is worth it */
};

static void course_next(struct course *course, const struct round *round) {
    const uint64_t aside = course->aside;
    const bool gathered = aside > 0 && round->moved > 0;
    if (course->gained) course->may_gather = true;
    const bool deeper = !course->gained && !gathered && course->may_gather && round->stuck > aside;
    course->aside = deeper ? round->stuck : 0;
    course->again = course->gained || gathered || deeper;
    if (gathered) course->may_gather = course->gained;
}

/* A checkpoint so that nothing is held by an older one, the moves, one more, and the cut. */
static int round_whole(struct engine *engine, const struct compact_watch *watch,
                       struct course *course) {
    struct round round = {.engine = engine, .watch = watch, .moves_left = UINT64_MAX,
                          .looks_left = UINT64_MAX};
    const uint64_t before = file_bytes(engine);
    int rc = engine_checkpoint(engine);
    if (rc == FERRITE_OK) rc = engine_move_plan(engine, course->aside, UINT64_MAX, &round.plan);
    if (rc == FERRITE_OK && round.plan.limit != 0) rc = round_run(&round);
    const int checkpoint = engine_checkpoint(engine);
    const int shrink = checkpoint == FERRITE_OK ? engine_shrink(engine) : checkpoint;
    course->gained = round.moved > 0 && file_bytes(engine) + before / GAIN_PART < before;
    course_next(course, &round);
    return rc == FERRITE_OK ? shrink : rc;
}

int compact_run(struct engine *engine, const struct compact_watch *watch, uint64_t *reclaimed) {
    *reclaimed = 0;
    if (engine_in_memory(engine)) return FERRITE_OK;
    if (engine_read_only(engine))
        return error_set(FERRITE_READONLY, "the database was opened read-only");
    const uint64_t before = file_bytes(engine);
    struct course course = {.may_gather = true, .again = true};
    int rc = engine_tidy(engine, UINT64_MAX); /* what is free soon need not be moved */
    for (int i = 0; i < ROUNDS_MAX && course.again && rc == FERRITE_OK; i++)
        rc = round_whole(engine, watch, &course);
    /* A checkpoint in the background may have put its list at the end (E8). That place is free once another one counts. */
    for (int i = 0; i < SHRINKS_MAX && rc == FERRITE_OK && file_bytes(engine) > before; i++)
        rc = engine_shrink(engine);
    const uint64_t after = file_bytes(engine);
    if (after < before) *reclaimed = before - after;
    return rc;
}

/* ---- at the close ---- */

static bool worthwhile(const struct engine_stats *stats, uint64_t moves) {
    const uint64_t gain = stats->free_pages < moves ? stats->free_pages : moves;
    return gain >= CLOSE_GAIN_MIN && gain >= stats->page_count / CLOSE_GAIN_PART;
}

int compact_before_close(struct engine *engine) {
    struct engine_stats stats;
    if (engine_read_only(engine) || engine_in_memory(engine)) return FERRITE_OK;
    engine_stats(engine, &stats);
    uint64_t moves = stats.written_pages + stats.young_bytes / PAGE_SIZE;
    uint64_t looks = moves * CLOSE_LOOKS;
    for (int i = 0; i < CLOSE_ROUNDS && worthwhile(&stats, moves) && looks > 0; i++) {
        struct round round = {.engine = engine, .moves_left = moves, .looks_left = looks};
        int rc = engine_checkpoint(engine); /* frees what only older checkpoints use */
        if (rc == FERRITE_OK) rc = engine_move_plan(engine, 0, moves, &round.plan);
        if (rc == FERRITE_OK && round.plan.limit != 0) rc = round_run(&round);
        if (rc != FERRITE_OK || round.moved == 0) return rc;
        moves -= round.moved < moves ? round.moved : moves;
        looks -= round.looked < looks ? round.looked : looks;
        engine_stats(engine, &stats);
    }
    return FERRITE_OK;
}
