/*
 * churn_model.c - see churn_model.h.
 */
#include "churn_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"

size_t churn_key(uint32_t number, char key[CHURN_KEY_MAX]) {
    return (size_t)snprintf(key, CHURN_KEY_MAX, "session:%06u", number);
}

uint32_t churn_key_number(const char *key, size_t len) {
    char text[CHURN_KEY_MAX], expected[CHURN_KEY_MAX];
    if (len >= CHURN_KEY_MAX || len < 9) return CHURN_KEYS;
    memcpy(text, key, len);
    text[len] = '\0';
    uint32_t number = (uint32_t)strtoul(text + 8, NULL, 10);
    size_t expected_len = churn_key(number, expected);
    bool same = expected_len == len && memcmp(key, expected, len) == 0;
    return same && number < CHURN_KEYS ? number : CHURN_KEYS;
}

void churn_value(const struct churn_slot *slot, char *value) {
    struct choices stream = choices_seeded(slot->seed);
    uint64_t word = choices_next(&stream);
    for (uint32_t at = 0; at < slot->len; at += 8) {
        if (slot->seed % 2) word = choices_next(&stream);
        memcpy(value + at, &word, 8);
    }
}

bool churn_value_is(const struct churn_slot *slot, const char *value, size_t len) {
    static char expected[CHURN_VALUE_MAX + 8];
    if (len != slot->len) return false;
    churn_value(slot, expected);
    return memcmp(value, expected, len) == 0;
}

bool churn_lives(const struct churn_slot *slot, int64_t now_ms) {
    return slot->there && (slot->expire_at_ms == 0 || slot->expire_at_ms >= now_ms);
}

uint64_t churn_count(const struct churn_model *model, int64_t now_ms) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < CHURN_KEYS; i++) count += churn_lives(&model->slots[i], now_ms);
    return count;
}
