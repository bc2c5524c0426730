/* Seccomp: loads the filter that seccomp.py made, with this run's process ids written into it. */

#include "launcher.h"

#include <linux/seccomp.h>

enum { SCOPING_LANDLOCK_ABI = 6 };

/* seccomp.py has the same; those for signals have FOR_SIGNALS set. */
enum { WINDOW_LOW = 0x4C430001, WINDOW_HIGH, NEGATED_WINDOW_LOW, NEGATED_WINDOW_HIGH, FOR_SIGNALS = 0x10 };
#define ABOVE_EVERY_ID 0x80000000U

/* The processes of a run are as young as its first one or younger, until process ids wrap around: then also stay below
 * every id that is to be left alone. */
uint32_t first_to_avoid(const char *avoid, uint32_t low)
{
	uint32_t first = ABOVE_EVERY_ID;
	for (uint64_t id = 0; avoid && *avoid;) {
		if (!parse_number(&avoid, ',', &id) && !parse_number(&avoid, '\0', &id))
			fail("arguments", EINVAL);
		if (id >= low && id < first)
			first = (uint32_t)id;
	}
	return first;
}

bool fit_filter(struct sock_filter *program, long size, uint32_t low, uint32_t high, bool signals_are_scoped)
{
	if (size <= 0 || (size_t)size % sizeof *program || (size_t)size / sizeof *program >= MAX_FILTER)
		return false;
	for (size_t i = 0; i < (size_t)size / sizeof *program; i++) {
		if (BPF_CLASS(program[i].code) != BPF_JMP)
			continue;
		/* Landlock's scope says by kinship whom signals reach, so that nothing has to be guessed from numbers. */
		bool open = (program[i].k & FOR_SIGNALS) && signals_are_scoped;
		uint32_t lowest = open ? 1 : low, above = open ? ABOVE_EVERY_ID : high;
		switch (program[i].k & ~(uint32_t)FOR_SIGNALS) {
		case WINDOW_LOW: program[i].k = lowest; break;
		case WINDOW_HIGH: program[i].k = above; break;
		case NEGATED_WINDOW_LOW: program[i].k = 0U - lowest; break;
		case NEGATED_WINDOW_HIGH: program[i].k = 0U - above; break;
		}
	}
	return true;
}

void enter_seccomp(const struct options *options, long descriptor, int landlock_abi)
{
	static struct sock_filter program[MAX_FILTER];
	if (!options->filter)
		return;
	long size = need(CALL_3(__NR_read, descriptor, program, sizeof program), "filter");
	CALL_1(__NR_close, descriptor);
	uint32_t low = (uint32_t)CALL_0(__NR_getpid);
	bool signals_are_scoped = landlock_abi >= SCOPING_LANDLOCK_ABI;
	if (!fit_filter(program, size, low, first_to_avoid(options->avoid, low), signals_are_scoped))
		fail("filter", EINVAL);
	struct sock_fprog loaded = {.len = (unsigned short)((size_t)size / sizeof *program), .filter = program};
	need(CALL_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded), "seccomp");
}
