/*
 * export.h - a whole database as text that makes it again: walked here, written in one of three
 * forms.
 *
 * Keys come in the order of their bytes, fields and members too, sorted sets by score, lists as they
 * are: equal databases give equal text, and a small change makes a small difference.
 */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "gather.h"
#include "progress.h"

#include <ferrite.h>

#include <stdbool.h>
#include <stdio.h>

struct export_form;

struct export {
    FILE *out;
    const struct export_form *form;
    bool resp;             /* of commands: as the protocol, not as lines */
    ferrite_db *db;        /* one logical database of a snapshot */
    int selected;          /* of commands: what SELECT was said last */
    struct gather command; /* at hand: half of a command, or what reads the database */
    struct gather question;
    ferrite_slice key; /* of the collection at hand */
    int type;
    uint64_t count, written; /* its elements, and those that are written */
    int64_t expires_ms;      /* 0: never */
    bool field_expires;      /* one was written */
    bool no_memory;          /* something is missing */
    struct progress progress;
    uint64_t done, total; /* keys */
};

/* How a form writes. Strings come whole; collections begin, give their elements, then the fields
 * that expire, and end. */
struct export_form {
    void (*string)(struct export *export, ferrite_slice value);
    void (*begin)(struct export *export);
    /* a member or element, a field with its value, a member with its score */
    void (*element)(struct export *export, ferrite_slice first, ferrite_slice second);
    void (*field_expiry)(struct export *export, ferrite_slice field, int64_t at_ms);
    void (*end)(struct export *export);
};

extern const struct export_form export_commands, export_json;

/* Writes all logical databases, or the one at index, as they are in this moment. -1 with *err set.
 * Failures of writing are left in the stream. */
int export_database(struct export *export, ferrite_db *db, int index, bool all,
                    ferrite_error **err);

#endif
