/* A probe stands where a program would, and tries what a program must not be able to do. */

#include "launcher.h"

#include <linux/prctl.h>
#include <linux/seccomp.h>

enum { INTERNET = 2, STREAM = 1, STANDARD_OUTPUT = 1 }; /* AF_INET, SOCK_STREAM */

/* linux/dirent.h is the kernel's own; this is what getdents64(2) says. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static bool can_read_environment(const char *pid)
{
	struct line path = {0};
	char byte;
	add_text(&path, "/proc/");
	add_text(&path, pid);
	add_text(&path, "/environ");
	long descriptor = open_path(path.text, O_RDONLY);
	if (descriptor < 0)
		return false;
	bool holds_something = CALL_3(__NR_read, descriptor, &byte, 1) == 1;
	CALL_1(__NR_close, descriptor);
	return holds_something;
}

static unsigned long count_readable_environments(const char *own_pid)
{
	_Alignas(struct directory_entry) char entries[4096];
	unsigned long readable = 0;
	long processes = open_path("/proc", O_RDONLY | O_DIRECTORY);
	if (processes < 0)
		return 0;
	for (long size; (size = CALL_3(__NR_getdents64, processes, entries, sizeof entries)) > 0;)
		for (long at = 0; at < size;) {
			const struct directory_entry *entry = (const struct directory_entry *)(entries + at);
			at += entry->length;
			if (entry->name[0] >= '0' && entry->name[0] <= '9' && !text_equal(entry->name, own_pid))
				readable += can_read_environment(entry->name);
		}
	CALL_1(__NR_close, processes);
	return readable;
}

static void say(struct line *report, const char *name, unsigned long value)
{
	add_text(report, name);
	add_text(report, " ");
	add_number(report, value);
	add_text(report, "\n");
}

static bool can_open_runner(long runner)
{
	struct line path = {0};
	add_text(&path, "/proc/");
	add_number(&path, (unsigned long)runner);
	add_text(&path, "/environ");
	return open_path(path.text, O_RDONLY) >= 0;
}

_Noreturn void probe(long runner, int landlock_abi)
{
	struct line report = {0}, own_pid = {0};
	add_number(&own_pid, (unsigned long)CALL_0(__NR_getpid));
	bool filtered = CALL_1(__NR_prctl, PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
	say(&report, "no_new_privs", CALL_1(__NR_prctl, PR_GET_NO_NEW_PRIVS) == 1);
	say(&report, "seccomp", filtered && CALL_3(__NR_socket, INTERNET, STREAM, 0) == -EACCES);
	say(&report, "landlock", (unsigned long)landlock_abi);
	say(&report, "uid", (unsigned long)CALL_0(__NR_getuid));
	say(&report, "runner_unreadable", !can_open_runner(runner));
	say(&report, "readable_environments", count_readable_environments(own_pid.text));
	end_process(write_line(STANDARD_OUTPUT, &report) ? 0 : LAUNCH_FAILED);
}
