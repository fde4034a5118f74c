/*
 * driver.h - the arguments of the harnesses' programs: N SEED, both may be left out.
 */
#ifndef FERRITE_TESTS_DRIVER_H
#define FERRITE_TESTS_DRIVER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct driver {
    uint64_t n, seed;
};

/* Without a seed each run takes another one; it is printed, so that any run can be repeated. */
static inline struct driver driver_arguments(int argc, char **argv, uint64_t n_default) {
    struct driver driver = {n_default, (uint64_t)time(NULL) % 1000000 * 1000};
    if (argc > 1) driver.n = strtoull(argv[1], NULL, 10);
    if (argc > 2) driver.seed = strtoull(argv[2], NULL, 10);
    printf("seed %llu\n", (unsigned long long)driver.seed);
    fflush(stdout);
    return driver;
}

#endif
