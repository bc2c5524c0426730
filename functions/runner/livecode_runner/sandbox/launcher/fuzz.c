/* Random arguments and filters against the sanitizers: `make fuzz`, also run, briefly, by tests/sandbox/launcher.
 *
 * Each input is first taken for a command line, its parts separated by NUL, then for a filter file. What is parsed must
 * lie inside what was given, and a filter may change only where a window of process ids belongs.
 *
 * clang -fsanitize=fuzzer brings a main of its own (LIBFUZZER); with any other compiler the one below mutates a few good
 * inputs: `fuzz SEED COUNT`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"

enum { MAX_PARTS = 64, MAX_INPUT = 8 * (MAX_FILTER + 8) };

_Noreturn void fail(const char *step, long error)
{
	fprintf(stderr, "%s %ld: only checked input comes this far\n", step, error);
	abort();
}

static void check(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void try_arguments(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *argv[MAX_PARTS + 2] = {(char[]){"launcher"}};
	int argc = 1;
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (char *part = copy; part < copy + size && argc <= MAX_PARTS; part += strlen(part) + 1)
		argv[argc++] = part;
	struct options options;
	if (parse_options(argc, argv, &options)) {
		check(options.count < argc, "more arguments than there are");
		check(options.command ? options.command > argv && options.command < argv + argc : !strcmp(argv[argc - 1], "probe"),
		      "a command from elsewhere");
		const char *const texts[] = {options.folder, options.path, options.filter, options.avoid};
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			check(!texts[i] || (texts[i] > copy && texts[i] <= copy + size), "a value from elsewhere");
		check(!options.unplaced, "a bind without its place");
		check(!options.binds || options.namespaces, "a bind that would be the machine's");
		check(options.uid <= INT32_MAX, "a uid that the kernel may take for -1");
		for (int i = 0; i < options.count; i++)
			check(strncmp(options.arguments[i], "uid=", 4) || options.uid, "a uid that became root's");
		uint32_t low = size ? data[0] : 0;
		check(first_to_avoid(options.avoid, low) >= low, "a window that ends before it starts");
	}
	free(copy);
}

static void try_filter(const uint8_t *data, size_t size)
{
	struct sock_filter *program = malloc(size), *before = malloc(size); /* exact: one instruction too far is seen */
	memcpy(program, data, size);
	memcpy(before, data, size);
	if (fit_filter(program, (long)size, 500, 0x80000000U, size % 16 == 0)) {
		check(size && size % sizeof *program == 0 && size / sizeof *program < MAX_FILTER, "a filter of no filter's size");
		for (size_t i = 0; i < size / sizeof *program; i++) {
			struct sock_filter old = before[i], new = program[i];
			check(old.code == new.code && old.jt == new.jt && old.jf == new.jf, "an instruction has changed");
			check(old.k == new.k || (BPF_CLASS(old.code) == BPF_JMP && (old.k & ~0x17U) == 0x4C430000U), "a constant has changed");
		}
	}
	free(program);
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_arguments(data, size);
	if (size)
		try_filter(data, size);
	return 0;
}

#ifndef LIBFUZZER
static uint64_t state;

static uint32_t random_below(uint32_t limit) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545F4914F6CDD1DULL) >> 32) % limit;
}

static const char *const words[] = {
	"folder=/tmp/run/work", "path=/usr/bin:/bin:", "rlimit=4:0", "rlimit=7:1024", "rlimit=16:1", "rlimit=0:18446744073709551615",
	"rlimit=0:18446744073709551616", "rlimit=", "rlimit=1", "rlimit=1:-1", "uid=60100", "uid=0", "uid=4294967296",
	"uid=4294967295", "uid=-1",
	"filter=/x", "filter=", "read=/usr", "write=/tmp", "device=/dev/null", "avoid=1,2,3", "avoid=,", "avoid=1,", "avoid=2147483648",
	"bind=/tmp/run", "over=/tmp", "bind=", "over=", "namespace=mount", "nonsense=1", "=", "", "--", "probe", "true", "python3", "main.py",
};

static size_t make_input(uint8_t *input)
{
	size_t size = 0;
	if (random_below(2)) {
		for (uint32_t left = random_below(12); left; left--) {
			const char *word = words[random_below(sizeof words / sizeof *words)];
			size_t length = strlen(word) + 1;
			memcpy(input + size, word, length);
			size += length;
		}
	} else {
		uint32_t count = random_below(random_below(50) ? 64 : MAX_FILTER + 4);
		for (uint32_t i = 0; i < count; i++, size += sizeof(struct sock_filter)) {
			static const uint16_t codes[] = {0x06, 0x15, 0x20, 0x25, 0x35, 0x45, 0x54};
			struct sock_filter instruction = {.code = codes[random_below(7)], .k = 0x4C430000U + random_below(0x20)};
			memcpy(input + size, &instruction, sizeof instruction);
		}
		size += random_below(10) ? 0 : random_below(8);
	}
	for (uint32_t changes = random_below(4); size && changes; changes--)
		input[random_below((uint32_t)size)] = (uint8_t)random_below(256);
	return size && !random_below(8) ? random_below((uint32_t)size) : size;
}

int main(int argc, char **argv)
{
	static uint8_t input[MAX_INPUT];
	state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2 + 1 : 1;
	long count = argc > 2 ? atol(argv[2]) : 100000;
	for (long i = 0; i < count; i++)
		LLVMFuzzerTestOneInput(input, make_input(input));
	printf("%ld inputs\n", count);
	return 0;
}
#endif
