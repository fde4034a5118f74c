/* os_crc32c_test.c - the checksum: published vectors, every length, chaining. */
#include <criterion/criterion.h>
#include <string.h>

#include "libferrite/os/crc32c.h"

/* One bit at a time, as the polynomial is defined. */
static uint32_t crc_by_bits(uint32_t crc, const uint8_t *data, size_t len) {
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

Test(crc32c, published_vectors_hold) {
    uint8_t block[32];
    cr_expect_eq(crc32c(0, "123456789", 9), 0xe3069283u);
    cr_expect_eq(crc32c(0, "", 0), 0);
    memset(block, 0, sizeof block);
    cr_expect_eq(crc32c(0, block, sizeof block), 0x8a9136aau);
    memset(block, 0xff, sizeof block);
    cr_expect_eq(crc32c(0, block, sizeof block), 0x62a8ab43u);
    for (size_t i = 0; i < sizeof block; i++) block[i] = (uint8_t)i;
    cr_expect_eq(crc32c(0, block, sizeof block), 0x46dd794eu);
}

Test(crc32c, every_length_and_alignment_agrees_with_the_definition) {
    static uint8_t data[9000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 + (i >> 7));
    for (size_t len = 0; len < 600; len++) {
        const uint8_t *at = data + len % 9;
        cr_assert_eq(crc32c((uint32_t)len, at, len), crc_by_bits((uint32_t)len, at, len), "%zu",
                     len);
    }
    for (size_t len = 600; len < 8900; len += 13)
        cr_assert_eq(crc32c(5, data + 3, len), crc_by_bits(5, data + 3, len), "%zu", len);
}

Test(crc32c, pieces_chain_to_the_whole) {
    uint8_t data[5000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i ^ (i >> 5));
    uint32_t whole = crc32c(9, data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut += 37)
        cr_assert_eq(crc32c(crc32c(9, data, cut), data + cut, sizeof data - cut), whole);
}
