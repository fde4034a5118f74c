/*
 * export_commands.c - export as commands: a line each in the shell's quoting, or the protocol that
 * `redis-cli --pipe` sends. See export.h.
 */
#include "export.h"
#include "print.h"

#include <string.h>

/* A collection of so few elements is one line; of a larger one each element has its own, so that
 * texts can be compared line by line. */
#define LINE_ELEMENTS 8u
#define RESP_WORDS    256u
#define RESP_BYTES    ((size_t)1 << 20)

/* ---- words ---- */

static bool is_plain(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("_:.,;/+=@%-*()[]{}<>!?#$&|~^", byte));
}

static void write_word(FILE *out, const char *data, size_t len) {
    bool plain = len > 0;
    for (size_t i = 0; i < len && plain; i++) plain = is_plain((unsigned char)data[i]);
    if (plain)
        fwrite(data, 1, len, out);
    else
        print_quoted_text(out, data, len);
}

static void write_line(FILE *out, const struct gather *command) {
    for (size_t i = 0; i < command->count; i++) {
        if (i) putc(' ', out);
        write_word(out, command->argv[i], command->lens[i]);
    }
    putc('\n', out);
}

static void write_resp(FILE *out, const struct gather *command) {
    fprintf(out, "*%zu\r\n", command->count);
    for (size_t i = 0; i < command->count; i++) {
        fprintf(out, "$%zu\r\n", command->lens[i]);
        fwrite(command->argv[i], 1, command->lens[i], out);
        fputs("\r\n", out);
    }
}

/* ---- commands ---- */

static void command_begin(struct export *export, const char *name) {
    gather_clear(&export->command);
    gather_text(&export->command, name);
}

static void command_end(struct export *export) {
    if (!gather_finish(&export->command)) {
        export->no_memory = true;
    } else if (export->resp) {
        write_resp(export->out, &export->command);
    } else {
        write_line(export->out, &export->command);
    }
    gather_clear(&export->command);
}

static void key_command(struct export *export, const char *name) {
    command_begin(export, name);
    gather_word(&export->command, export->key.data, export->key.len);
}

static void select_database(struct export *export) {
    int index = ferrite_database(export->db);
    if (export->selected == index) return;
    command_begin(export, "SELECT");
    gather_number(&export->command, index);
    command_end(export);
    export->selected = index;
}

/* ---- the form ---- */

static void write_string(struct export *export, ferrite_slice value) {
    select_database(export);
    key_command(export, "SET");
    gather_word(&export->command, value.data, value.len);
    if (export->expires_ms) {
        gather_text(&export->command, "PXAT");
        gather_number(&export->command, export->expires_ms);
    }
    command_end(export);
}

static void begin(struct export *export) {
    select_database(export);
    gather_clear(&export->command);
}

static const char *adding_command(int type) {
    switch (type) {
    case FERRITE_TYPE_LIST:
        return "RPUSH";
    case FERRITE_TYPE_SET:
        return "SADD";
    case FERRITE_TYPE_ZSET:
        return "ZADD";
    default:
        return "HSET";
    }
}

static bool is_full(const struct export *export) {
    const struct gather *command = &export->command;
    if (export->resp) return command->count >= RESP_WORDS || command->len >= RESP_BYTES;
    return export->count > LINE_ELEMENTS;
}

static void element(struct export *export, ferrite_slice first, ferrite_slice second) {
    struct gather *command = &export->command;
    bool scored = export->type == FERRITE_TYPE_ZSET;
    if (!command->count) key_command(export, adding_command(export->type));
    if (scored) gather_word(command, second.data, second.len);
    gather_word(command, first.data, first.len);
    if (!scored && second.data) gather_word(command, second.data, second.len);
    if (is_full(export)) command_end(export);
}

static void elements_end(struct export *export) {
    if (export->command.count) command_end(export);
}

static void field_expiry(struct export *export, ferrite_slice field, int64_t at_ms) {
    elements_end(export);
    key_command(export, "HPEXPIREAT");
    gather_number(&export->command, at_ms);
    gather_text(&export->command, "FIELDS");
    gather_text(&export->command, "1");
    gather_word(&export->command, field.data, field.len);
    command_end(export);
}

static void end(struct export *export) {
    elements_end(export);
    if (!export->expires_ms) return;
    key_command(export, "PEXPIREAT");
    gather_number(&export->command, export->expires_ms);
    command_end(export);
}

const struct export_form export_commands = {write_string, begin, element, field_expiry, end};
