/*
 * similar.c - ferrite-similar: what small values that are alike would gain from each way of compressing them.
 *
 *     ferrite-similar [COUNT]            the table: COUNT (100,000) values of each kind
 *     ferrite-similar --write DIR KIND   2,000 values of a kind as files, for `zstd --train`
 *
 * Bytes are with 12 for the value's slot, cell and record head. `read` expands one value, or the page around it.
 *
 * value   each by itself, as Ferrite does: LZ4, kept when it saves an eighth
 * page    as many as fill a leaf page, 12 bytes beside each for slot and cell, compressed together
 * dict    each by itself after a dictionary that was chosen from 2,000 other values of the kind
 *
 * It uses liblz4 alone, no database. docs/decisions/0012 has the figures and what follows from them.
 */
#include <lz4.h>
#include <lz4hc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES     2000u
#define VALUE_MAX   1000u
#define PAGE_MAX    65536u
#define ENTRY_BYTES 12u
#define DICT_MAX    65536u

static uint64_t seed = 88172645463325252u;
static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static unsigned below(unsigned n) { return (unsigned)((next_random() >> 11) % n); }

/* ---- values ---- */

static const char *const names[] = {"ada",  "grace", "edsger", "barbara", "donald", "leslie", "tony",
                                    "niklaus", "frances", "john",  "margaret", "alan", "radia"};
static const char *const cities[] = {"London", "New York", "Rotterdam", "Los Angeles", "Milwaukee",
                                     "Colombo", "Winterthur", "Boston", "Manchester"};
#define PICK(list) list[below(sizeof list / sizeof *list)]

static size_t make_json(char *out) {
    const char *name = PICK(names);
    return (size_t)sprintf(out,
                           "{\"id\":%u,\"name\":\"%s\",\"email\":\"%s%u@example.com\",\"city\":\"%s\",\"active\":%s,"
                           "\"score\":%u.%02u,\"created\":\"2026-%02u-%02uT%02u:%02u:%02uZ\",\"visits\":%u}",
                           below(10000000), name, name, below(1000), PICK(cities),
                           below(2) ? "true" : "false", below(100), below(100), 1 + below(12),
                           1 + below(28), below(24), below(60), below(60), below(5000));
}

static size_t make_session(char *out) {
    return (size_t)sprintf(out, "uid=%u&token=%016llx%016llx&csrf=%016llx&lang=%s&tz=UTC+%u&theme=dark",
                           below(1000000), (unsigned long long)next_random(),
                           (unsigned long long)next_random(), (unsigned long long)next_random(),
                           below(3) ? "en-GB" : "de-CH", below(12));
}

static size_t make_log(char *out) {
    static const char *const paths[] = {"/", "/login", "/api/v1/users", "/api/v1/orders", "/static/app.js"};
    return (size_t)sprintf(out,
                           "10.%u.%u.%u - - [21/Nov/2026:%02u:%02u:%02u +0000] \"GET %s HTTP/1.1\" %u %u "
                           "\"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
                           below(256), below(256), below(256), below(24), below(60), below(60),
                           PICK(paths), below(10) ? 200 : 404, below(50000));
}

static FILE *unicode;
static size_t make_unicode(char *out) {
    if (unicode == NULL) unicode = fopen("/usr/share/unicode/UnicodeData.txt", "r");
    if (unicode == NULL) return 0;
    if (fgets(out, VALUE_MAX, unicode) == NULL) {
        rewind(unicode);
        if (fgets(out, VALUE_MAX, unicode) == NULL) return 0;
    }
    return strlen(out);
}

static size_t make_noise_twice(char *out) {
    for (int i = 0; i < 50; i++) out[i] = (char)next_random();
    memcpy(out + 50, out, 50);
    return 100;
}

static const struct kind {
    const char *name;
    size_t (*make)(char *out);
} kinds[] = {{"json", make_json},
             {"session", make_session},
             {"log line", make_log},
             {"UnicodeData", make_unicode},
             {"50 bytes twice", make_noise_twice}};
#define KINDS (sizeof kinds / sizeof *kinds)

struct values {
    char *bytes;
    uint32_t *at; /* where each begins; one more at the end */
    unsigned count;
};

static struct values values_make(const struct kind *kind, unsigned count) {
    struct values v = {malloc((size_t)count * 400 + VALUE_MAX), malloc((count + 1) * sizeof(uint32_t)), count};
    if (v.bytes == NULL || v.at == NULL) abort();
    v.at[0] = 0;
    for (unsigned i = 0; i < count; i++)
        v.at[i + 1] = v.at[i] + (uint32_t)kind->make(v.bytes + v.at[i]);
    return v;
}

static void values_free(struct values *v) {
    free(v->bytes);
    free(v->at);
}

/* ---- a dictionary: the segments that hold most of what many samples hold ---- */

#define GRAM    8u
#define SEGMENT 48u
#define BUCKETS 65536u

static uint32_t gram_bucket(const char *at) {
    uint64_t gram;
    memcpy(&gram, at, sizeof gram);
    return (uint32_t)((gram * 0x9E3779B97F4A7C15u) >> 48);
}

static void grams_count(const struct values *samples, uint32_t counts[BUCKETS]) {
    static uint32_t seen[BUCKETS];
    memset(counts, 0, BUCKETS * sizeof *counts);
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < samples->count; i++)
        for (uint32_t at = samples->at[i]; at + GRAM <= samples->at[i + 1]; at++) {
            uint32_t bucket = gram_bucket(samples->bytes + at);
            if (seen[bucket] == i + 1) continue;
            seen[bucket] = i + 1;
            counts[bucket]++;
        }
    for (uint32_t i = 0; i < BUCKETS; i++)
        if (counts[i] < 2) counts[i] = 0;
}

static uint64_t segment_score(const char *at, const uint32_t counts[BUCKETS]) {
    uint64_t score = 0;
    for (uint32_t i = 0; i + GRAM <= SEGMENT; i++) score += counts[gram_bucket(at + i)];
    return score;
}

/* The best segment goes last: near is cheap. */
static uint32_t dict_choose(const struct values *samples, char *dict, uint32_t size) {
    static uint32_t counts[BUCKETS];
    const uint32_t all = samples->at[samples->count];
    uint32_t free_ = size / SEGMENT * SEGMENT, from = free_;
    grams_count(samples, counts);
    for (uint32_t epoch = 0, epochs = size / SEGMENT; epoch < epochs && from >= SEGMENT; epoch++) {
        uint32_t begin = (uint32_t)((uint64_t)all * epoch / epochs);
        uint32_t end = (uint32_t)((uint64_t)all * (epoch + 1) / epochs), best = 0;
        uint64_t best_score = 0;
        if (end - begin < 4 * SEGMENT) end = begin + 4 * SEGMENT;
        for (uint32_t at = begin; at < end && at + SEGMENT <= all; at++) {
            uint64_t score = segment_score(samples->bytes + at, counts);
            if (score > best_score) best_score = score, best = at;
        }
        if (best_score == 0) continue;
        from -= SEGMENT;
        memcpy(dict + from, samples->bytes + best, SEGMENT);
        for (uint32_t i = 0; i + GRAM <= SEGMENT; i++) counts[gram_bucket(dict + from + i)] = 0;
    }
    memmove(dict, dict + from, free_ - from);
    return free_ - from;
}

/* ---- measuring ---- */

struct result {
    double bytes;                /* a value */
    double compress_ns, read_ns; /* a value, of processor time */
};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static char *packed; /* all forms, one after another, and how long each is */
static int *packed_len;
static char expanded[PAGE_MAX];

static int compress_one(const char *from, int len, char *to, int level, const char *dict,
                        int dict_len) {
    static LZ4_stream_t fast, primed;
    static LZ4_streamHC_t high;
    static const char *primed_by;
    if (level > 1) {
        LZ4_resetStreamHC_fast(&high, level);
        if (dict_len != 0) LZ4_loadDictHC(&high, dict, dict_len);
        return LZ4_compress_HC_continue(&high, from, to, len, LZ4_compressBound(len));
    }
    if (dict_len == 0) {
        LZ4_resetStream_fast(&fast);
    } else {
        if (primed_by != dict + dict_len) {
            LZ4_initStream(&primed, sizeof primed);
            LZ4_loadDict(&primed, dict, dict_len);
            primed_by = dict + dict_len;
        }
        fast = primed;
    }
    return LZ4_compress_fast_continue(&fast, from, to, len, LZ4_compressBound(len), 1);
}

/* Expands what lies in `packed`, so many forms whose lengths are at most PAGE_MAX; ns for each. */
static double expand_all(unsigned count, const char *dict, int dict_len) {
    const char *from = packed;
    double begin = now_ns();
    for (unsigned i = 0; i < count; from += packed_len[i++])
        if (LZ4_decompress_safe_usingDict(from, expanded, packed_len[i], PAGE_MAX, dict, dict_len) <= 0)
            abort();
    return (now_ns() - begin) / count;
}

/* With a header of the length, 2 bytes from 128 on, and the rule of an eighth. */
static struct result by_value(const struct values *v, int level, const char *dict, int dict_len) {
    struct result result = {0};
    char *to = packed;
    double begin = now_ns();
    for (unsigned i = 0; i < v->count; to += packed_len[i++]) {
        int len = (int)(v->at[i + 1] - v->at[i]), header = len < 128 ? 1 : 2;
        packed_len[i] = compress_one(v->bytes + v->at[i], len, to, level, dict, dict_len);
        int with = packed_len[i] + header;
        result.bytes += with <= len - len / 8 ? with : len;
    }
    result.compress_ns = (now_ns() - begin) / v->count;
    result.read_ns = expand_all(v->count, dict, dict_len);
    result.bytes = result.bytes / v->count + ENTRY_BYTES;
    return result;
}

/* What fits from value `from` on, in a page of `size` bytes. */
static unsigned page_fill(const struct values *v, unsigned from, char *page, uint32_t size,
                          uint32_t *used) {
    for (*used = 0; from < v->count; from++) {
        uint32_t len = v->at[from + 1] - v->at[from];
        if (*used + len + ENTRY_BYTES > size - 32) break;
        memcpy(page + *used, &from, 4); /* what slots and cells hold differs from entry to entry */
        memset(page + *used + 4, 0, ENTRY_BYTES - 4);
        memcpy(page + *used + ENTRY_BYTES, v->bytes + v->at[from], len);
        *used += len + ENTRY_BYTES;
    }
    return from;
}

static struct result by_page(const struct values *v, int level, uint32_t size) {
    static char page[PAGE_MAX];
    struct result result = {0};
    unsigned pages = 0;
    uint32_t used;
    char *to = packed;
    double begin = now_ns();
    for (unsigned i = 0; i < v->count; to += packed_len[pages++]) {
        i = page_fill(v, i, page, size, &used);
        packed_len[pages] = compress_one(page, (int)used, to, level, NULL, 0);
        result.bytes += packed_len[pages];
    }
    result.compress_ns = (now_ns() - begin) / v->count;
    result.read_ns = expand_all(pages, NULL, 0);
    result.bytes /= v->count;
    return result;
}

static void show(const char *way, const struct result *r, double against) {
    printf("  %-22s %6.1f bytes  %4.2fx   compress %6.0f ns   read %6.0f ns\n", way, r->bytes,
           against / r->bytes, r->compress_ns, r->read_ns);
}

static void measure(const struct kind *kind, unsigned count) {
    static char dict[DICT_MAX];
    char way[40];
    struct values samples = values_make(kind, SAMPLES), v = values_make(kind, count);
    double raw = (double)v.at[count] / count;
    if (v.at[count] == 0) {
        printf("%s: not installed (unicode-data)\n", kind->name);
        return;
    }
    printf("%s: %.1f bytes a value (with %u for its place: %.1f)\n", kind->name, raw, ENTRY_BYTES,
           raw + ENTRY_BYTES);
    for (int level = 1; level <= 9; level += 8) {
        struct result value = by_value(&v, level, NULL, 0);
        snprintf(way, sizeof way, "value, level %d", level);
        show(way, &value, raw + ENTRY_BYTES);
        for (uint32_t size = 4096; size <= 16384; size *= 4) {
            struct result page = by_page(&v, level, size);
            snprintf(way, sizeof way, "page of %u, level %d", size, level);
            show(way, &page, raw + ENTRY_BYTES);
        }
        for (uint32_t size = 2048; size <= 32768; size *= 4) {
            uint32_t len = dict_choose(&samples, dict, size);
            struct result with = by_value(&v, level, dict, (int)len);
            snprintf(way, sizeof way, "dict of %u, level %d", len, level);
            show(way, &with, raw + ENTRY_BYTES);
        }
    }
    values_free(&samples);
    values_free(&v);
}

static int write_samples(const char *dir, const char *name) {
    char path[600];
    for (size_t k = 0; k < KINDS; k++) {
        if (strcmp(kinds[k].name, name) != 0) continue;
        struct values v = values_make(&kinds[k], SAMPLES);
        for (unsigned i = 0; i < v.count; i++) {
            snprintf(path, sizeof path, "%s/%05u", dir, i);
            FILE *file = fopen(path, "w");
            if (file == NULL) return 1;
            fwrite(v.bytes + v.at[i], 1, v.at[i + 1] - v.at[i], file);
            fclose(file);
        }
        values_free(&v);
        return 0;
    }
    return 2;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "--write") == 0) return write_samples(argv[2], argv[3]);
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
    if (count == 0) return 2;
    packed = malloc((size_t)count * (400 + 32) + PAGE_MAX * 2);
    packed_len = malloc(count * sizeof *packed_len);
    if (packed == NULL || packed_len == NULL) return 1;
    for (size_t k = 0; k < KINDS; k++) measure(&kinds[k], count);
    return 0;
}
