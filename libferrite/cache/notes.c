/* notes.c - see notes.h. */
#include "notes.h"

#include "../os/mem.h"

#define CAP_FIRST 64u
#define CAP_KEPT  4096u /* a larger buffer is not kept for the next transaction */

void notes_begin(struct notes *notes, uint64_t txid, bool complete) {
    if (notes->cap > CAP_KEPT) notes_done(notes);
    notes->txid = txid;
    notes->count = 0;
    notes->complete = complete;
    notes->all = notes->flushed = false;
}

void notes_add_slow(struct notes *notes, uint64_t hash) {
    if (notes->all) return;
    uint32_t cap = notes->cap != 0 ? 2 * notes->cap : CAP_FIRST;
    uint64_t *hashes = cap <= NOTES_MAX ? mem_realloc(notes->hashes, cap * sizeof *hashes) : NULL;
    if (hashes == NULL) {
        notes->all = true;
        return;
    }
    notes->hashes = hashes;
    notes->cap = cap;
    hashes[notes->count++] = hash;
}

void notes_done(struct notes *notes) {
    mem_free(notes->hashes);
    *notes = (struct notes){0};
}
