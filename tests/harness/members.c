/* members.c - choosing collections and changes of them. See members.h; member_apply.c and member_run.c do them. */
#include <stdio.h>

#include "member_change.h"

#define KEYS_PER_TYPE 6u
#define ELEMENTS      90u /* of a hash, set or sorted set: more than a packed record holds */
#define CLASS_SHIFT   20
#define CLASS_FIRST   2u /* class 1: OP_KEY_INTEGER */

static const int types[] = {FERRITE_TYPE_HASH, FERRITE_TYPE_SET, FERRITE_TYPE_LIST,
                            FERRITE_TYPE_ZSET};
#define TYPES (sizeof types / sizeof *types)

uint32_t members_choose_key(struct choices *choices) {
    uint32_t class = CLASS_FIRST + choose(choices, TYPES);
    return class << CLASS_SHIFT | choose(choices, KEYS_PER_TYPE);
}

uint32_t members_choose_like(struct choices *choices, uint32_t key) {
    return (key >> CLASS_SHIFT) << CLASS_SHIFT | choose(choices, KEYS_PER_TYPE);
}

int members_type(uint32_t key) {
    uint32_t class = key >> CLASS_SHIFT;
    bool known = class >= CLASS_FIRST && class < CLASS_FIRST + TYPES;
    return known ? types[class - CLASS_FIRST] : FERRITE_TYPE_STRING;
}

char members_letter(int type) {
    return type == FERRITE_TYPE_HASH   ? 'h'
           : type == FERRITE_TYPE_SET  ? 's'
           : type == FERRITE_TYPE_LIST ? 'l'
                                       : 'z';
}

size_t member_name(uint32_t number, char *name) {
    size_t len = (size_t)sprintf(name, "e%u", number);
    size_t full = number % 29 == 3 ? 2500 : number % 13 == 5 ? 300 : len;
    for (; len < full; len++) name[len] = (char)(number + len / 5);
    return len;
}

double member_score(const struct op *op) { return (double)op->number / 4 - 3; }

void members_choose(struct choices *choices, struct op *op) {
    op->key = members_choose_key(choices);
    op->other_key = choose(choices, ELEMENTS);
    op->offset = choose_once_in(choices, 3) ? MEMBER_TAKE : MEMBER_PUT;
    op->number = choose(choices, 40);
    op->value_len = choose_once_in(choices, 30) ? choose(choices, 5000) : choose(choices, 60);
    op->value_seed = choose(choices, 1u << 16);
    if (members_type(op->key) != FERRITE_TYPE_LIST) return;
    if (choose_once_in(choices, 3)) op->offset = MEMBER_PLACE;
    if (choose_once_in(choices, 12)) op->offset = MEMBER_TRIM;
}
