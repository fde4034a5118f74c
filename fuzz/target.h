/*
 * target.h - what every fuzz target is: one function, called with one input after the other.
 *
 * Built with libFuzzer (`make fuzz-smoke`), or with replay.c, which runs kept inputs. An input
 * that shows something wrong ends the program by abort.
 */
#ifndef FERRITE_FUZZ_TARGET_H
#define FERRITE_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
