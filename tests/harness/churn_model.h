/*
 * churn_model.h - what the database of the churn harness must hold: a table of all keys, as long as the run
 * is, so that the model takes no memory while the database's is watched.
 *
 * A value is a function of its seed and length. One thread at a time.
 */
#ifndef FERRITE_TESTS_CHURN_MODEL_H
#define FERRITE_TESTS_CHURN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHURN_KEYS      30000u
#define CHURN_KEY_MAX   32u
#define CHURN_VALUE_MAX 40000u

struct churn_slot {
    bool there;
    uint32_t seed, len;
    int64_t expire_at_ms; /* 0: never */
};

struct churn_model {
    struct churn_slot slots[CHURN_KEYS];
};

size_t churn_key(uint32_t number, char key[CHURN_KEY_MAX]);
/* The number of a key that churn_key made; CHURN_KEYS for others. */
uint32_t churn_key_number(const char *key, size_t len);

/* `value` has room for CHURN_VALUE_MAX + 8 bytes. Half of the values are the same eight bytes again and again. */
void churn_value(const struct churn_slot *slot, char *value);
bool churn_value_is(const struct churn_slot *slot, const char *value, size_t len);

bool churn_lives(const struct churn_slot *slot, int64_t now_ms);
/* Keys that live. */
uint64_t churn_count(const struct churn_model *model, int64_t now_ms);

#endif
