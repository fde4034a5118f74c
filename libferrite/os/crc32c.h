/*
 * crc32c.h - the Castagnoli checksum, by the processor's instruction where it has one.
 * crc32c(0, "123456789", 9) == 0xE3069283. Chain calls by passing the last result. Any thread.
 */
#ifndef FERRITE_OS_CRC32C_H
#define FERRITE_OS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
