/*
 * export_json.c - export as JSON Lines: each key an object on a line of its own. See export.h.
 *
 *   {"db":0,"key":"k","type":"string","value":"v"}
 *   {"db":0,"key":"h","type":"hash","expires_ms":1900000000000,"value":{"field":"value"},
 *    "field_expires_ms":{"field":1900000000000}}
 *
 * Lists and sets are arrays, sorted sets objects of scores, which are numbers, or "inf" and "-inf".
 */
#include "export.h"
#include "print.h"

#include <inttypes.h>

static void write_head(struct export *export) {
    fprintf(export->out, "{\"db\":%d,\"key\":", ferrite_database(export->db));
    print_json_string(export->out, export->key.data, export->key.len);
    fprintf(export->out, ",\"type\":\"%s\"", ferrite_type_name(export->type));
    if (export->expires_ms) fprintf(export->out, ",\"expires_ms\":%" PRId64, export->expires_ms);
    fputs(",\"value\":", export->out);
}

static void write_string(struct export *export, ferrite_slice value) {
    write_head(export);
    print_json_string(export->out, value.data, value.len);
    fputs("}\n", export->out);
}

static bool is_object(const struct export *export) {
    return export->type == FERRITE_TYPE_HASH || export->type == FERRITE_TYPE_ZSET;
}

static void begin(struct export *export) {
    write_head(export);
    putc(is_object(export) ? '{' : '[', export->out);
}

static void write_score(FILE *out, ferrite_slice score) {
    bool digits = score.len && score.data[score.len - 1] >= '0' && score.data[score.len - 1] <= '9';
    if (digits)
        fwrite(score.data, 1, score.len, out);
    else
        print_json_string(out, score.data, score.len);
}

static void element(struct export *export, ferrite_slice first, ferrite_slice second) {
    if (export->written) putc(',', export->out);
    print_json_string(export->out, first.data, first.len);
    if (!is_object(export)) return;
    putc(':', export->out);
    if (export->type == FERRITE_TYPE_ZSET)
        write_score(export->out, second);
    else
        print_json_string(export->out, second.data, second.len);
}

static void field_expiry(struct export *export, ferrite_slice field, int64_t at_ms) {
    fputs(export->field_expires ? "," : "},\"field_expires_ms\":{", export->out);
    export->field_expires = true;
    print_json_string(export->out, field.data, field.len);
    fprintf(export->out, ":%" PRId64, at_ms);
}

static void end(struct export *export) {
    putc(is_object(export) ? '}' : ']', export->out);
    fputs("}\n", export->out);
}

const struct export_form export_json = {write_string, begin, element, field_expiry, end};
