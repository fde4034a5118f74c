/*
 * db_tally.c - what transactions evicted, noted and told to on_evict. See db_tally.h and db.h.
 *
 * A callback may write, and what its writes evict has to be told too. A thread that is telling already puts that
 * behind what waits: the first call, the outermost, tells it all, one key after the other.
 */
#include <string.h>

#include "db.h"
#include "os/mem.h"

#define VICTIMS_FIRST 256u /* bytes */

/* With room for `size` bytes more. */
static struct victims *victims_grow(struct victims *victims, size_t size) {
    const size_t len = victims != NULL ? victims->len : 0, cap = victims != NULL ? victims->cap : 0;
    if (size <= cap - len) return victims;
    const size_t more = cap * 2 > len + size ? cap * 2 : len + size + VICTIMS_FIRST;
    struct victims *grown = mem_realloc(victims, sizeof *grown + more);
    if (grown == NULL) return NULL;
    grown->next = NULL;
    grown->len = len;
    grown->cap = more;
    return grown;
}

int tally_note(void *ctx, const struct evict_victim *victim) {
    struct tally *tally = ctx;
    const struct victim_head head = {victim->db, (uint32_t)victim->key_len};
    struct victims *victims = victims_grow(tally->victims, sizeof head + victim->key_len);
    if (victims == NULL) return error_nomem();
    tally->victims = victims;
    memcpy(victims->bytes + victims->len, &head, sizeof head);
    if (victim->key_len != 0)
        memcpy(victims->bytes + victims->len + sizeof head, victim->key, victim->key_len);
    victims->len += sizeof head + victim->key_len;
    return FERRITE_OK;
}

static struct victims *victims_last(struct victims *victims) {
    while (victims->next != NULL) victims = victims->next;
    return victims;
}

void tally_join(struct tally *tally, struct tally *later) {
    if (tally->victims == NULL)
        tally->victims = later->victims;
    else
        victims_last(tally->victims)->next = later->victims;
    tally->evicted += later->evicted;
    *later = (struct tally){0};
}

void tally_drop(struct tally *tally) {
    while (tally->victims != NULL) {
        struct victims *next = tally->victims->next;
        mem_free(tally->victims);
        tally->victims = next;
    }
    *tally = (struct tally){0};
}

/* ---- telling ---- */

/* A thread in the callback of one database may write to another one, and be called back for that too. */
struct teller {
    const struct core *core;
    struct victims *last; /* of what is to be told */
    struct teller *outer;
};
static _Thread_local struct teller *innermost;

static struct teller *teller_of(const struct core *core) {
    struct teller *teller = innermost;
    while (teller != NULL && teller->core != core) teller = teller->outer;
    return teller;
}

static void block_tell(const struct core *core, const struct victims *victims) {
    for (size_t at = 0; at < victims->len;) {
        struct victim_head head;
        memcpy(&head, victims->bytes + at, sizeof head);
        const char *key = (const char *)victims->bytes + at + sizeof head;
        core->options.on_evict(core->options.on_evict_ctx, (int)head.db, key, head.key_len);
        at += sizeof head + head.key_len;
    }
}

static void victims_tell(const struct core *core, struct victims *victims) {
    struct teller *telling = teller_of(core);
    if (telling != NULL) {
        telling->last->next = victims;
        telling->last = victims_last(victims);
        return;
    }
    struct teller teller = {core, victims_last(victims), innermost};
    innermost = &teller;
    while (victims != NULL) {
        block_tell(core, victims);
        struct victims *next = victims->next;
        mem_free(victims);
        victims = next;
    }
    innermost = teller.outer;
}

void tally_settle(struct core *core, const struct tally *tally) {
    if (tally->evicted == 0) return;
    atomic_fetch_add_explicit(&core->evicted, tally->evicted, memory_order_relaxed);
    log_at(&core->log, FERRITE_LOG_DEBUG, "evicted %llu keys", (unsigned long long)tally->evicted);
    if (tally->victims != NULL) victims_tell(core, tally->victims);
}
