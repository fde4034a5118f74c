/*
 * import_json.c - import of JSON Lines, as export_json.c writes them. See import.h.
 *
 * A line is looked through as a whole before anything is changed. Then its key is replaced: what it
 * held before goes.
 */
#include "import.h"
#include "json.h"

#include <string.h>

#define WORDS 512u
#define BYTES ((size_t)1 << 20)

/* One line: where its members are. */
struct object {
    struct import *import;
    struct gather name, key, type, command;
    int64_t db, expires_ms;
    struct json value, field_expires;
    bool has_key, has_type, has_value, expires;
};

/* How a type is written: the command that adds, its JSON, and in which order the words go. */
static const struct form {
    const char *type, *command;
    char opening, closing;
    bool score_first;
} forms[] = {
    {"list", "RPUSH", '[', ']', false},
    {"set", "SADD", '[', ']', false},
    {"hash", "HSET", '{', '}', false},
    {"zset", "ZADD", '{', '}', true},
};

/* ---- looking through ---- */

static bool is_named(const struct object *object, const char *name) {
    return object->name.len == strlen(name) + 1 && strcmp(object->name.bytes, name) == 0;
}

static bool take_value(struct json *json, struct json *value, bool *has) {
    json_peek(json);
    *value = *json;
    *has = true;
    return json_skip(json);
}

static bool take_member(struct object *object, struct json *json) {
    bool has;
    gather_clear(&object->name);
    if (!json_word(json, &object->name) || !json_take(json, ':')) return false;
    if (object->name.failed) json->wrong = "out of memory";
    if (json->wrong) return false;
    if (is_named(object, "key")) {
        object->has_key = true;
        gather_clear(&object->key);
        return json_word(json, &object->key);
    }
    if (is_named(object, "type")) {
        object->has_type = true;
        gather_clear(&object->type);
        return json_word(json, &object->type);
    }
    if (is_named(object, "db")) return json_integer(json, &object->db);
    if (is_named(object, "value")) return take_value(json, &object->value, &object->has_value);
    if (is_named(object, "field_expires_ms")) return take_value(json, &object->field_expires, &has);
    if (is_named(object, "expires_ms")) {
        object->expires = true;
        return json_integer(json, &object->expires_ms);
    }
    json->wrong = "there is no such member; they are db, key, type, value, expires_ms, "
                  "field_expires_ms";
    return false;
}

static bool look_through(struct object *object, struct json *json) {
    bool first = true;
    if (!json_take(json, '{')) return false;
    while (json_more(json, '}', &first))
        if (!take_member(object, json)) return false;
    if (!json->wrong && json_peek(json)) json->wrong = "something follows the object";
    if (!json->wrong && (!object->has_key || !object->has_type || !object->has_value))
        json->wrong = "key, type or value is missing";
    if (!json->wrong && (object->key.failed || object->type.failed)) json->wrong = "out of memory";
    return !json->wrong;
}

/* ---- commands ---- */

static void begin(struct object *object, const char *name) {
    gather_clear(&object->command);
    gather_text(&object->command, name);
    gather_word(&object->command, object->key.bytes, object->key.len - 1);
}

static int run(struct object *object) { return import_gathered(object->import, &object->command); }

static int select_database(struct object *object) {
    if (object->db == object->import->database) return 0;
    gather_clear(&object->command);
    gather_text(&object->command, "SELECT");
    gather_number(&object->command, object->db);
    return run(object);
}

static int wrong(struct object *object, const struct json *json) {
    return import_problem(object->import, "%s", json->wrong);
}

static int set_string(struct object *object) {
    struct json json = object->value;
    begin(object, "SET");
    if (!json_word(&json, &object->command)) return wrong(object, &json);
    return run(object);
}

/* An element, or a pair in the order of the command. */
static bool take_element(struct object *object, const struct form *form, struct json *json) {
    struct gather *command = &object->command;
    if (form->opening == '[') return json_word(json, command);
    struct gather *first = form->score_first ? &object->name : command;
    gather_clear(&object->name);
    if (!json_word(json, first) || !json_take(json, ':') || !json_word(json, command)) return false;
    if (form->score_first) {
        if (object->name.failed) command->failed = true;
        if (!command->failed) gather_word(command, object->name.bytes, object->name.len - 1);
    }
    return true;
}

static int fill(struct object *object, const struct form *form) {
    struct json json = object->value;
    bool first = true;
    begin(object, "DEL");
    if (run(object) < 0) return -1;
    if (!json_take(&json, form->opening)) return wrong(object, &json);
    begin(object, form->command);
    while (json_more(&json, form->closing, &first)) {
        if (!take_element(object, form, &json)) return wrong(object, &json);
        if (object->command.count < WORDS && object->command.len < BYTES) continue;
        if (run(object) < 0) return -1;
        begin(object, form->command);
    }
    if (json.wrong) return wrong(object, &json);
    return object->command.count > 2 ? run(object) : 0;
}

static int set_value(struct object *object) {
    const char *type = object->type.bytes;
    if (strcmp(type, "string") == 0) return set_string(object);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(type, forms[i].type) == 0) return fill(object, &forms[i]);
    return import_problem(object->import, "there is no type '%s'", type);
}

static int expire_fields(struct object *object) {
    struct json json = object->field_expires;
    bool first = true;
    int64_t at_ms;
    if (!json.at) return 0;
    if (!json_take(&json, '{')) return wrong(object, &json);
    while (json_more(&json, '}', &first)) {
        gather_clear(&object->name);
        if (!json_word(&json, &object->name) || !json_take(&json, ':') ||
            !json_integer(&json, &at_ms))
            return wrong(object, &json);
        if (object->name.failed) return import_problem(object->import, "out of memory");
        begin(object, "HPEXPIREAT");
        gather_number(&object->command, at_ms);
        gather_text(&object->command, "FIELDS");
        gather_number(&object->command, 1);
        gather_word(&object->command, object->name.bytes, object->name.len - 1);
        if (run(object) < 0) return -1;
    }
    return json.wrong ? wrong(object, &json) : 0;
}

static int expire(struct object *object) {
    if (!object->expires) return 0;
    begin(object, "PEXPIREAT");
    gather_number(&object->command, object->expires_ms);
    return run(object);
}

static int import_object(struct object *object, const char *line, size_t len) {
    struct json json = {line, line + len, NULL};
    if (!json_peek(&json)) return 0;
    object->db = object->import->database;
    object->field_expires = object->value = (struct json){0};
    object->has_key = object->has_type = object->has_value = object->expires = false;
    if (!look_through(object, &json)) return wrong(object, &json);
    if (select_database(object) < 0 || set_value(object) < 0) return -1;
    return expire_fields(object) < 0 ? -1 : expire(object);
}

int import_json(struct import *import) {
    struct object object = {.import = import};
    const char *line;
    size_t len;
    int more, result = 0;
    while (result == 0 && (more = import_line(import, &line, &len)) != 0)
        result = more > 0 ? import_object(&object, line, len) : -1;
    gather_free(&object.name);
    gather_free(&object.key);
    gather_free(&object.type);
    gather_free(&object.command);
    return result;
}
