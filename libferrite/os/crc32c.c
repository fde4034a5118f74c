/*
 * crc32c.c - which way to compute the checksum is chosen once, at the first call.
 *
 *   x86-64 with SSE 4.2 and PCLMUL: the crc32 instruction has a latency of three cycles
 *       and a throughput of one, so three parts of the buffer are summed side by side and
 *       folded together by a carry-less multiplication (4 KB at about a word a cycle).
 *   ARMv8 with the CRC extension: its instruction, word by word.
 *   else: eight bytes at a time from eight tables ("slicing by 8").
 *
 * A hardware way that disagrees with the tables on a test vector is never chosen.
 * Called by pager and wal. Any thread.
 */
#include "crc32c.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define POLYNOMIAL 0x82f63b78u /* bit-reversed */

typedef uint32_t (*crc_fn)(uint32_t crc, const uint8_t *data, size_t len);

static uint32_t slices[8][256]; /* slices[k][b]: byte b followed by k zero bytes */

static inline uint64_t word_at(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static void slices_fill(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        slices[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t crc = slices[k - 1][byte];
            slices[k][byte] = (crc >> 8) ^ slices[0][crc & 0xff];
        }
}

static uint32_t crc_sliced(uint32_t crc, const uint8_t *data, size_t len) {
    crc = ~crc;
    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word = word_at(data) ^ crc;
        crc = slices[7][word & 0xff] ^ slices[6][(word >> 8) & 0xff] ^
              slices[5][(word >> 16) & 0xff] ^ slices[4][(word >> 24) & 0xff] ^
              slices[3][(word >> 32) & 0xff] ^ slices[2][(word >> 40) & 0xff] ^
              slices[1][(word >> 48) & 0xff] ^ slices[0][word >> 56];
    }
    for (; len > 0; data++, len--) crc = (crc >> 8) ^ slices[0][(crc ^ *data) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)

#define HARDWARE       __attribute__((target("sse4.2,pclmul")))
#define LANE_WORDS_MAX 170u /* three lanes are 4,080 bytes: a page is one block and a word or two */
#define LANE_WORDS_MIN 3u   /* below, the multiplications cost more than they save */

/* shifts[k] = x^(64 k - 33) mod P. A checksum multiplied by it, then reduced by the crc
 * instruction (which multiplies by x^33 in this bit order), has moved over k words. */
static uint32_t shifts[2 * LANE_WORDS_MAX + 1];

HARDWARE static void shifts_fill(void) {
    shifts[1] = 1; /* x^31, bit-reversed */
    for (size_t k = 2; k <= 2 * LANE_WORDS_MAX; k++)
        shifts[k] = (uint32_t)_mm_crc32_u64(shifts[k - 1], 0);
}

HARDWARE static inline uint64_t product(uint64_t crc, uint32_t shift) {
    __m128i a = _mm_cvtsi64_si128((long long)crc);
    __m128i b = _mm_cvtsi32_si128((int)shift);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(a, b, 0));
}

/* Three neighbouring lanes of `words` words each; the last word of the last lane takes in the
 * two other lanes' sums. */
HARDWARE static inline uint64_t lanes_sum(uint64_t crc, const uint8_t *data, size_t words) {
    const uint8_t *a = data, *b = data + 8 * words, *c = data + 16 * words;
    uint64_t crc_b = 0, crc_c = 0;
    for (size_t i = 0; i + 1 < words; i++) {
        crc = _mm_crc32_u64(crc, word_at(a + 8 * i));
        crc_b = _mm_crc32_u64(crc_b, word_at(b + 8 * i));
        crc_c = _mm_crc32_u64(crc_c, word_at(c + 8 * i));
    }
    size_t last = 8 * (words - 1);
    crc = _mm_crc32_u64(crc, word_at(a + last));
    crc_b = _mm_crc32_u64(crc_b, word_at(b + last));
    uint64_t folded = product(crc, shifts[2 * words]) ^ product(crc_b, shifts[words]);
    return _mm_crc32_u64(crc_c, word_at(c + last) ^ folded);
}

HARDWARE static uint32_t crc_x86(uint32_t seed, const uint8_t *data, size_t len) {
    uint64_t crc = ~seed;
    while (len >= 24 * LANE_WORDS_MIN) {
        size_t words = len < 24 * LANE_WORDS_MAX ? len / 24 : LANE_WORDS_MAX;
        crc = lanes_sum(crc, data, words);
        data += 24 * words;
        len -= 24 * words;
    }
    for (; len >= 8; data += 8, len -= 8) crc = _mm_crc32_u64(crc, word_at(data));
    uint32_t half = (uint32_t)crc;
    if (len & 4) {
        uint32_t word;
        memcpy(&word, data, sizeof word);
        half = _mm_crc32_u32(half, word);
        data += 4;
    }
    for (len &= 3; len > 0; data++, len--) half = _mm_crc32_u8(half, *data);
    return ~half;
}

static crc_fn hardware_find(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul")) return NULL;
    shifts_fill();
    return crc_x86;
}

#elif defined(__aarch64__) && defined(__linux__)

static uint32_t crc_arm(uint32_t crc, const uint8_t *data, size_t len) {
    crc = ~crc;
    for (; len >= 8; data += 8, len -= 8)
        __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word_at(data)));
    for (; len > 0; data++, len--)
        __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)*data));
    return ~crc;
}

static crc_fn hardware_find(void) {
    enum { HAS_CRC32 = 1 << 7 }; /* HWCAP_CRC32 */
    return (getauxval(AT_HWCAP) & HAS_CRC32) != 0 ? crc_arm : NULL;
}

#else

static crc_fn hardware_find(void) { return NULL; }

#endif

static uint32_t crc_first(uint32_t crc, const uint8_t *data, size_t len);

static _Atomic(crc_fn) chosen = crc_first;
static pthread_once_t choice_made = PTHREAD_ONCE_INIT;

static bool crc_agrees(crc_fn candidate) {
    uint8_t vector[301];
    for (size_t i = 0; i < sizeof vector; i++) vector[i] = (uint8_t)(i * 167 + (i >> 3));
    return candidate(7, vector, sizeof vector) == crc_sliced(7, vector, sizeof vector);
}

static void choose(void) {
    slices_fill();
    crc_fn hardware = hardware_find();
    bool use = hardware != NULL && crc_agrees(hardware);
    atomic_store_explicit(&chosen, use ? hardware : crc_sliced, memory_order_release);
}

static uint32_t crc_first(uint32_t crc, const uint8_t *data, size_t len) {
    pthread_once(&choice_made, choose);
    return atomic_load_explicit(&chosen, memory_order_acquire)(crc, data, len);
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len) {
    return atomic_load_explicit(&chosen, memory_order_acquire)(crc, data, len);
}
