/*
 * compressed.h - what tests of compression share: a database that compresses, and texts that can be.
 */
#ifndef TESTS_SUPPORT_COMPRESSED_H
#define TESTS_SUPPORT_COMPRESSED_H

#include "api.h"

ferrite_db *compressed_open(const char *path, int level); /* values from 32 bytes on */
/* `len` bytes that compress well, different ones for different seeds; for free. */
char *compressible(size_t len, unsigned seed);

#endif
