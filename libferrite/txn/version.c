/* version.c - see version.h. */
#include "version.h"

#include <string.h>

#include "../os/mem.h"

struct version *version_new(struct versions *versions, const struct version *from) {
    struct version *version = versions->pool;
    if (version != NULL)
        versions->pool = atomic_load_explicit(&version->newer, memory_order_relaxed);
    else if ((version = mem_calloc(sizeof *version)) == NULL)
        return NULL;
    atomic_store_explicit(&version->newer, NULL, memory_order_relaxed);
    if (from == NULL) {
        memset(&version->roots, 0, sizeof version->roots);
        return version;
    }
    size_t len = versions->databases * sizeof(struct tree);
    memcpy(version->roots.keys, from->roots.keys, len);
    memcpy(version->roots.expiry, from->roots.expiry, len);
    memcpy(version->roots.removed, from->roots.removed, versions->databases * sizeof(uint64_t));
    version->roots.garbage = from->roots.garbage;
    version->position = from->position;
    return version;
}

void version_drop(struct versions *versions, struct version *version) {
    atomic_store_explicit(&version->newer, versions->pool, memory_order_relaxed);
    versions->pool = version;
}

void version_link(struct versions *versions, struct version *version) {
    if (versions->head != NULL)
        atomic_store_explicit(&versions->head->newer, version, memory_order_release);
    else
        versions->oldest = version;
    versions->head = version;
}

/* The pointer first: whoever sees the number finds a version at least as new behind the pointer. */
void version_publish(struct versions *versions, struct version *version) {
    atomic_store_explicit(&versions->published, version, memory_order_release);
    atomic_store(&versions->published_txid, version->txid);
}

void versions_reclaim(struct versions *versions, uint64_t oldest) {
    struct version *published = atomic_load_explicit(&versions->published, memory_order_acquire);
    while (versions->oldest != published && versions->oldest->txid < oldest) {
        struct version *gone = versions->oldest;
        versions->oldest = atomic_load_explicit(&gone->newer, memory_order_acquire);
        version_drop(versions, gone);
    }
}

static void list_free(struct version *version) {
    while (version != NULL) {
        struct version *next = atomic_load(&version->newer);
        mem_free(version);
        version = next;
    }
}

void versions_done(struct versions *versions) {
    list_free(versions->oldest);
    list_free(versions->pool);
    memset(versions, 0, sizeof *versions);
}
