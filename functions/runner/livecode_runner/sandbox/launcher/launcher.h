/* What the launcher's parts know of each other; how it works stands in launcher.c. */

#pragma once

#include <linux/filter.h>

#include "system.h"

enum { STATUS_FD = 3, LAUNCH_FAILED = 126 };

/* One line on the status pipe: a word, a further word if not empty, a number. */
void write_status(const char *word, const char *step, unsigned long number);

/* Reports the step and the errno on the status pipe, and ends. */
_Noreturn void fail(const char *step, long error);

/* The result of a system call that must not fail. */
INLINE long need(long result, const char *step)
{
	if (result < 0)
		fail(step, -result);
	return result;
}

/* options.c */
enum { RESOURCES = 16 }; /* RLIM_NLIMITS */

struct options {
	char **arguments; /* each NAME=VALUE, of a known name */
	int count;
	char **command; /* NULL: probe */
	const char *folder, *path, *filter, *avoid, *cgroup;
	uint32_t uid; /* 0: stay */
	unsigned long namespaces; /* CLONE_NEW... */
	uint64_t shared_memory;
	const char *unplaced;
	bool landlock, binds;
	bool limited[RESOURCES];
	uint64_t limits[RESOURCES];
};

/* False if anything is not as described in launcher.c; then `options` holds nothing of use. */
bool parse_options(int argc, char **argv, struct options *options);

/* The value if the argument is NAME=VALUE of that name, else NULL. */
const char *value_of(const char *argument, const char *name);

/* Digits up to `end`; `*text` is moved behind it. False if it is no number that fits, or does not end so. */
bool parse_number(const char **text, char end, uint64_t *value);

/* Has the kernel kill this process when the runner dies; ends it if the runner is dead. */
void end_with_runner(void);

/* Namespaces (namespaces.c) */

/* Moves this process, and starts init where there is a PID namespace to have one. */
void enter_namespaces(const struct options *options);

/* In the program's process, which alone is in the PID namespace that /proc is to show. */
void mount_own_folders(const struct options *options);

/* Landlock (landlock.c): returns the ABI in force, 0 if none was asked for. */
int enter_landlock(const struct options *options);

/* Seccomp (seccomp.c) */
enum { MAX_FILTER = 4096 }; /* BPF_MAXINSNS */

/* Process ids that signals may be aimed at start at `low` and end before the returned one. */
uint32_t first_to_avoid(const char *avoid, uint32_t low);

/* Writes the windows of process ids into a program made by seccomp.py; false if its size in bytes is impossible. */
bool fit_filter(struct sock_filter *program, long size, uint32_t low, uint32_t high, bool signals_are_scoped);

void enter_seccomp(const struct options *options, long descriptor, int landlock_abi);

/* Tries what a program must not be able to do, and prints what it found (probe.c). */
_Noreturn void probe(long runner, int landlock_abi);
