/*
 * db_latency.c - ferrite_latency_get and ferrite_latency_reset: how long commits, syncs and
 * checkpoints took. See db.h.
 */
#include "db.h"

static int event_find(const ferrite_db *db, int event, struct histogram **out) {
    int code = db_check(db);
    if (code != FERRITE_OK) return code;
    struct latencies *latencies = engine_latencies(db->core->engine);
    switch (event) {
    case FERRITE_LATENCY_COMMIT:
        *out = &latencies->commit;
        return FERRITE_OK;
    case FERRITE_LATENCY_FSYNC:
        *out = &latencies->fsync;
        return FERRITE_OK;
    case FERRITE_LATENCY_CHECKPOINT:
        *out = &latencies->checkpoint;
        return FERRITE_OK;
    default:
        return error_set(FERRITE_INVALID, "there is no latency event %d", event);
    }
}

static void latency_fill(const struct histogram *histogram, ferrite_latency *out) {
    out->count = histogram_count(histogram);
    out->sum_ns = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    out->max_ns = atomic_load_explicit(&histogram->max, memory_order_relaxed);
    out->p50_ns = histogram_quantile(histogram, 0.5);
    out->p99_ns = histogram_quantile(histogram, 0.99);
    out->p999_ns = histogram_quantile(histogram, 0.999);
    for (unsigned i = 0; i < FERRITE_LATENCY_STEPS; i++)
        out->within[i] = histogram_at_most(histogram, ((uint64_t)1024 << i) - 1);
}

int ferrite_latency_get(ferrite_db *db, int event, ferrite_latency *latency, ferrite_error **err) {
    struct histogram *histogram = NULL;
    int code = event_find(db, event, &histogram);
    if (code == FERRITE_OK && (latency == NULL || latency->struct_size != sizeof *latency))
        code = error_set(FERRITE_INVALID, "latency: begin with FERRITE_LATENCY_INIT");
    if (code == FERRITE_OK) latency_fill(histogram, latency);
    return db_answer(code, 0, err);
}

int ferrite_latency_reset(ferrite_db *db, int event, ferrite_error **err) {
    struct histogram *histogram = NULL;
    int code = event_find(db, event, &histogram);
    if (code == FERRITE_OK) histogram_reset(histogram);
    return db_answer(code, 0, err);
}
