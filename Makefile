# Ferrite. `make help` lists what can be made; the variables that matter stand below.

PREFIX  ?= /usr/local
DESTDIR ?=
CC       = gcc
CXX      = g++

# One of: (empty), asan, tsan, fuzz (with CC=clang), canary-NAME. Each flavour and each compiler has its own objects.
FLAVOUR ?=
# Anything: warnings are errors. `make test` and the CI set it.
WERROR  ?=

VERSION   := $(shell sed -n 's/^.define FERRITE_VERSION_STRING "\(.*\)"/\1/p' libferrite/ferrite.h)
SOVERSION := 0

# FLAVOUR=canary-NAME breaks the engine on purpose at the line marked CANARY_NAME. Only the files with
# that line are compiled anew; all else comes from the plain build, made before.
CANARY   := $(patsubst canary-%,CANARY_%,$(filter canary-%,$(FLAVOUR)))
BROKEN   := $(if $(CANARY),$(shell grep -rlw $(CANARY) libferrite --include=*.c))
SANITIZE.     :=
SANITIZE.asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SANITIZE.tsan := -fsanitize=thread -fno-omit-frame-pointer
SANITIZE.fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer

COMPILER := $(filter-out cc gcc,$(notdir $(CC)))
B        := build$(if $(FLAVOUR),/$(FLAVOUR))
O        := $(B)/obj$(if $(COMPILER),-$(COMPILER))
PLAIN_O  := $(if $(CANARY),build/obj,$(O))

CFLAGS   ?= -O2 -g
FLAGS    := -std=gnu11 $(CFLAGS) -Wall -Wextra $(if $(WERROR),-Werror) -fvisibility=hidden -fPIC \
            -pthread -Ilibferrite -I. $(SANITIZE.$(FLAVOUR)) $(CANARY:%=-D%)
LDFLAGS  += -pthread $(SANITIZE.$(FLAVOUR)) -Wl,--as-needed
OBJCOPY  ?= objcopy
LIB_LIBS := -llz4
CLI_LIBS := -ledit
TEST_LIBS  := -lcriterion -lhiredis -ledit -lm
BENCH_LIBS := -llmdb -lsqlite3 -lrocksdb -lm
REDIS_LIBS := -lhiredis -lm

# ---- sources: found, not listed -------------------------------------------------------------

LIB_SRC     := $(wildcard libferrite/*.c libferrite/*/*.c)
CLI_SRC     := $(wildcard cli/*.c)
HELPER_SRC  := $(filter-out %_main.c,$(wildcard tests/support/*.c tests/harness/*.c)) \
               $(filter-out cli/main.c,$(CLI_SRC))
TEST_SRC    := $(wildcard tests/*_test.c)
DRIVER_SRC  := $(wildcard tests/harness/*_main.c)
RACE_SRC    := $(wildcard tests/race/*.c)
FUZZ_SRC    := $(wildcard fuzz/fuzz_*.c)
EXAMPLE_SRC := $(wildcard examples/*.c)
BENCH_SRC   := $(filter-out bench/count.c bench/fast_clock.c bench/footprint.c bench/similar.c bench/redis%.c bench/hits%.c,\
                 $(wildcard bench/*.c))
REDIS_SRC   := $(wildcard bench/redis*.c) bench/keys.c
HITS_SRC    := $(wildcard bench/hits*.c) bench/redis_server.c bench/zipf.c bench/keys.c \
               bench/selection.c

objects      = $(patsubst %.c,$(O)/%.o,$(filter $(BROKEN),$(1))) \
               $(patsubst %.c,$(PLAIN_O)/%.o,$(filter-out $(BROKEN),$(1)))
LIB_OBJ     := $(call objects,$(LIB_SRC))
CLI_OBJ     := $(call objects,$(CLI_SRC))
TEST_OBJ    := $(call objects,$(TEST_SRC))
HELPER_OBJ  := $(call objects,$(HELPER_SRC))
HELPERS     := $(B)/tests/helpers.a
LINKED_BY   := $(B)/linked-by
BENCH_OBJ   := $(call objects,$(BENCH_SRC))
REDIS_OBJ   := $(call objects,$(REDIS_SRC))
HITS_OBJ    := $(call objects,$(HITS_SRC))

LIBRARY  := $(B)/libferrite.a $(B)/libferrite.so
PROGRAM  := $(B)/ferrite
RUNNER   := $(B)/tests/run
DRIVERS  := $(patsubst tests/harness/%_main.c,$(B)/tests/%,$(DRIVER_SRC))
MODEL    := $(filter %/model,$(DRIVERS))
RACERS   := $(patsubst tests/race/%.c,$(B)/race/%,$(RACE_SRC))
REPLAYS  := $(if $(wildcard fuzz/replay.c),$(patsubst fuzz/%.c,$(B)/replay/%,$(FUZZ_SRC)))
FUZZERS  := $(patsubst fuzz/%.c,$(B)/fuzzers/%,$(FUZZ_SRC))
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(EXAMPLE_SRC))
SANITIZER_ENV = scripts/sanitized $(B)/log

Q        := $(if $(V),,@)
say       = @echo '  $@'
link      = $(Q)$(CC) $(LDFLAGS) $(filter %.o %.a,$^) $(LIB_LIBS)
JOBS     ?= $(shell nproc)
SUBMAKE   = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all help deps demo examples docs test test-build asan asan-run asan-short tsan tsan-run replay \
        fuzz-smoke fuzz-run \
        crash kill fault damage model churn redis canary bench bench-count bench-redis bench-hits bench-similar footprint \
        install uninstall format clean \
        always

# ---- targets ------------------------------------------------------------------------------

all: $(LIBRARY) $(PROGRAM) ## the library (build/libferrite.a, .so) and the program build/ferrite

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
	  do printf '  make %-13s %s\n' "$$name" "$$text"; done
	@echo; echo '  Variables: CC=clang  CFLAGS="-O0 -g"  WERROR=1  V=1  PREFIX=/usr/local  DESTDIR=  N=  SEED='

deps: ## install the Debian packages that demo, test and bench need
	@scripts/deps build demo test bench

demo: ## Unicode's character table through a kill -9 and back: what Ferrite is for, in seconds
	@scripts/deps build demo
	@$(SUBMAKE) all $(B)/examples/demo $(B)/examples/quickstart
	@$(B)/examples/demo $(B)/ferrite

# The long way round comes first, so that the last line printed is the runner's count of tests.
test: ## everything that must hold, in some minutes; ends with the count of tests
	@scripts/deps build test
	@$(SUBMAKE) WERROR=1 test-build
	@$(SUBMAKE) WERROR=1 FLAVOUR=tsan tsan-run
	@$(SUBMAKE) WERROR=1 FLAVOUR=asan asan-short N=$(or $(N),30)
	@CC="$(CC)" CXX="$(CXX)" $(RUNNER) $(TEST_ARGS)

examples: $(EXAMPLES) ## the programs in examples/, as build/examples/NAME

test-build: all $(RUNNER) $(DRIVERS) $(EXAMPLES) build/ferrite-footprint

asan: ## all tests under AddressSanitizer, LeakSanitizer and UBSan
	@scripts/deps build test
	@$(SUBMAKE) FLAVOUR=asan WERROR=1 asan-run

asan-run: asan-short $(RUNNER)
	@$(SANITIZER_ENV) $(RUNNER) $(TEST_ARGS)

asan-short: replay $(MODEL)
	@set -e; for model in $(MODEL); do $(SANITIZER_ENV) $$model $(N) $(SEED); done

tsan: ## readers against writers under ThreadSanitizer [N=]
	@scripts/deps build test
	@$(SUBMAKE) FLAVOUR=tsan WERROR=1 tsan-run

tsan-run: $(RACERS)
	@set -e; for racer in $(RACERS); do $(SANITIZER_ENV) $$racer $(N) $(SEED); done

replay: $(REPLAYS)
	@set -e; for replay in $(REPLAYS); do \
	  seeds=fuzz/seeds/$$(basename $$replay | sed 's/^fuzz_//'); \
	  if [ -d $$seeds ]; then $(SANITIZER_ENV) $$replay $$seeds/*; else echo "no $$seeds"; fi; done

fuzz-smoke: ## libFuzzer on every target for N seconds (30)
	@scripts/deps build fuzz
	@$(SUBMAKE) CC=clang FLAVOUR=fuzz fuzz-run

fuzz-run: $(FUZZERS)
	@set -e; for fuzzer in $(FUZZERS); do scripts/fuzz $$fuzzer $(or $(N),30); done

crash: ## power cuts: N disk images rebuilt from the trace of system calls [N= SEED=]
kill: ## kill -9: N rounds of writers killed at any moment [N= SEED=]
fault: ## the n-th system call or allocation fails, for every n [N= SEED=]
damage: ## N seeded mutations of data file, log and lock file [N= SEED=]
model: ## N random operation sequences against a plain model [N= SEED=]
churn: ## an hour of N SETs with expiry at the bound, each policy, file and memory [N= SEED=]
redis: ## N random commands to redis-server 7.0 and to Ferrite, which must answer the same [N= SEED=]
crash kill fault damage model churn redis: %: $(B)/tests/%
	@$< $(N) $(SEED)

canary: ## every harness above must notice an engine broken on purpose
	@scripts/deps build test
	@$(SUBMAKE) test-build $(RACERS) $(REPLAYS)
	@scripts/canary

bench: ## side by side with LMDB, SQLite and RocksDB [WORK= ENGINES= N= ROUNDS= DIR=]
	@scripts/deps build bench
	@$(SUBMAKE) all build/ferrite-bench
	@build/ferrite-bench $(if $(WORK),--work $(WORK)) $(if $(ENGINES),--engines $(ENGINES)) \
	  $(if $(N),--count $(N)) $(if $(ROUNDS),--rounds $(ROUNDS)) --dir $(or $(DIR),build/bench)

bench-count: ## instructions an operation, under callgrind: steady on a noisy machine
	@scripts/deps build bench
	@$(SUBMAKE) build/ferrite-count
	@scripts/bench-count build/ferrite-count

bench-redis: ## every kind of collection beside a redis-server on a unix socket [N= DIR=]
	@scripts/deps build bench
	@$(SUBMAKE) all build/ferrite-redis
	@build/ferrite-redis $(or $(DIR),build/bench) $(N)

bench-hits: ## hit ratios beside a redis-server of the same policy and bound [N= WORK= POLICY= FILE=]
	@scripts/deps build bench
	@$(SUBMAKE) all build/ferrite-hits
	@build/ferrite-hits $(if $(N),--requests $(N)) $(if $(WORK),--traces $(WORK)) \
	  $(if $(POLICY),--policies $(POLICY)) $(if $(FILE),--file $(FILE)) --dir $(or $(DIR),build/bench)

footprint: ## memory of a process with a database: empty, and a million keys [N=]
	@$(SUBMAKE) all build/ferrite-footprint
	@build/ferrite-footprint $(N)

bench-similar: ## what values that are alike gain from each way of compressing them [N=]
	@$(SUBMAKE) build/ferrite-similar
	@build/ferrite-similar $(N)

docs: all ## remake docs/COMMANDS.md from the command table
	@$(PROGRAM) --commands-markdown >docs/COMMANDS.md

install: all ## to PREFIX below DESTDIR, with header and pkg-config file
	@DESTDIR="$(DESTDIR)" scripts/install "$(B)" "$(PREFIX)" "$(VERSION)" "$(SOVERSION)"

uninstall: ## what install put there
	@DESTDIR="$(DESTDIR)" scripts/install --remove "$(PREFIX)" "$(VERSION)" "$(SOVERSION)"

format: ## rewrite the sources as .clang-format says
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean: ## remove build/
	rm -rf build

# ---- rules --------------------------------------------------------------------------------

$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(say)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c $< -o $@

# Names the compiler of what lies in $(B): another one links everything anew.
$(LINKED_BY): always
	@mkdir -p $(@D)
	@echo '$(CC)' | cmp -s - $@ || echo '$(CC)' >$@
always:

# One object with the hidden names made local: a program that links the archive sees ferrite_* only.
$(B)/libferrite.a: $(LIB_OBJ) $(LINKED_BY)
	@mkdir -p $(@D)
	$(say)
	$(Q)$(LD) -r $(LIB_OBJ) -o $(B)/libferrite.o
	$(Q)$(OBJCOPY) --localize-hidden $(B)/libferrite.o
	@rm -f $@
	$(Q)$(AR) rcs $@ $(B)/libferrite.o

$(B)/libferrite.so: $(LIB_OBJ) $(LINKED_BY)
	@mkdir -p $(@D)
	$(say)
	$(link) -shared -Wl,-soname,libferrite.so.$(SOVERSION) -Wl,-z,defs -o $@

$(PROGRAM): $(CLI_OBJ) $(B)/libferrite.a
	$(say)
	$(link) $(CLI_LIBS) -o $@

# What tests share, and the program's parts: from an archive, so that each takes what it needs.
$(HELPERS): $(HELPER_OBJ) $(LINKED_BY)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(RUNNER): $(TEST_OBJ) $(HELPERS) $(LIB_OBJ)
	@mkdir -p $(@D)
	$(say)
	$(link) $(TEST_LIBS) -o $@

$(B)/tests/%: $(PLAIN_O)/tests/harness/%_main.o $(HELPERS) $(LIB_OBJ)
	@mkdir -p $(@D)
	$(say)
	$(link) $(TEST_LIBS) -o $@

$(B)/race/%: $(PLAIN_O)/tests/race/%.o $(LIB_OBJ)
	@mkdir -p $(@D)
	$(say)
	$(link) -o $@

$(B)/replay/%: $(PLAIN_O)/fuzz/%.o $(PLAIN_O)/fuzz/replay.o $(HELPERS) $(LIB_OBJ)
	@mkdir -p $(@D)
	$(say)
	$(link) $(TEST_LIBS) -o $@

$(B)/fuzzers/%: $(PLAIN_O)/fuzz/%.o $(HELPERS) $(LIB_OBJ)
	@mkdir -p $(@D)
	$(say)
	$(link) $(TEST_LIBS) -fsanitize=fuzzer -o $@

$(B)/examples/%: $(O)/examples/%.o $(B)/libferrite.a
	@mkdir -p $(@D)
	$(say)
	$(link) -o $@

build/ferrite-bench: $(BENCH_OBJ) build/libferrite.a
	$(say)
	$(link) $(BENCH_LIBS) -o $@

build/ferrite-redis: $(REDIS_OBJ) build/libferrite.a
	$(say)
	$(link) $(REDIS_LIBS) -o $@

build/ferrite-hits: $(HITS_OBJ) build/libferrite.a | build/fast_clock.so
	$(say)
	$(link) $(REDIS_LIBS) -o $@

build/fast_clock.so: $(O)/bench/fast_clock.o
	$(say)
	$(link) -shared -o $@

build/ferrite-footprint: $(O)/bench/footprint.o $(O)/bench/keys.o build/libferrite.a
	$(say)
	$(link) -o $@

build/ferrite-similar: $(O)/bench/similar.o
	$(say)
	$(link) -o $@

build/ferrite-count: $(O)/bench/count.o build/libferrite.a
	$(say)
	$(link) -o $@

.SECONDARY:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
