/* Executes one command in the sandbox: limits, session, namespaces, identity, Landlock, seccomp, then execve.
 *
 *     launcher NAME=VALUE ... -- COMMAND ARGUMENT ...
 *     launcher NAME=VALUE ... probe
 *
 * How it works. The runner spawns this program (vfork and exec: cheap, however large the runner is). It makes the real
 * child with CLONE_PARENT, so that the child belongs to the runner and its peak memory is not counted from the runner's
 * size (a vforked child's ru_maxrss starts there). The child borrows this process's memory, as after vfork, until it
 * executes the command; then this process ends. The child first reports its process id on the status pipe, and applies
 * each layer, in an order in which each one still may. The status pipe (descriptor 3) is close-on-exec: its end without a
 * further line says that the command is running; otherwise the line says which step failed, and no exit code of a
 * program can be mistaken for that.
 *
 *     init 122          the init of the run's PID namespace, if it has one (namespaces.c)
 *     pid 123
 *     launch_cpu_ns 91  what the process has used of the processor until here
 *     started_ns 456    the time (CLOCK_MONOTONIC) just before execve
 *     error landlock 13
 *
 * With `probe` the child does not execute anything: it tries what a program must not be able to do, prints what it found
 * on standard output, and ends. Nothing here allocates memory (there is no libc to do it); every failure is fatal, none
 * is ignored.
 *
 * Arguments, in any order, repeated where that makes sense; no value is empty:
 *     folder=DIR        the working folder
 *     path=A:B          where COMMAND is looked up, unless it has a slash
 *     rlimit=N:VALUE    soft and hard limit, never above the present hard one
 *     uid=N             user and group id to become
 *     filter=FILE       seccomp program (seccomp.py)
 *     read=PATH         Landlock: readable and executable; any of these three turns Landlock on
 *     write=DIR         Landlock: everything allowed below
 *     device=FILE       Landlock: readable and writable
 *     namespace=KIND    pid, mount, network or ipc: a new one; a mount namespace gets a /dev/shm of its own, and together
 *                       with a PID namespace a /proc of its own
 *     shared_memory=N   what that /dev/shm may hold, in bytes; 0 if not given means no limit, as to mount
 *     bind=PATH         a file or folder that the run's mount namespace, which there must then be, shows in the place
 *     over=PATH         that the next argument names; in this order, pair after pair
 *     cgroup=DIR        the control group to be made in, of version 2
 *     avoid=ID,ID       processes, threads, groups that signals must never reach, even after process ids wrapped around
 */

#include "launcher.h"

#include <linux/capability.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time.h>

enum { FIRST_SIGNAL = 1, LAST_SIGNAL = 64, KILL_SIGNAL = 9, CHILD_SIGNAL = 17, SIGNAL_SET_BYTES = 8 };
enum { SPARE_FD_LIMIT = 65536, WRITABLE_BY_OWNER_ONLY = 0022, CLOSE_ON_EXEC = 1 };

void write_status(const char *word, const char *step, unsigned long number)
{
	struct line line = {0};
	add_text(&line, word);
	add_text(&line, *step ? " " : "");
	add_text(&line, step);
	add_text(&line, " ");
	add_number(&line, number);
	add_text(&line, "\n");
	if (!write_line(STATUS_FD, &line))
		end_process(LAUNCH_FAILED);
}

_Noreturn void fail(const char *step, long error)
{
	write_status("error", step, (unsigned long)error);
	end_process(LAUNCH_FAILED);
}

static void reset_signals(void)
{
	/* The runner ignores SIGPIPE, as Python does, and execve would hand that on. Zeros: SIG_DFL, no flags, no mask. */
	static const uint64_t by_default[4], none;
	for (int number = FIRST_SIGNAL; number <= LAST_SIGNAL; number++)
		CALL_4(__NR_rt_sigaction, number, by_default, NULL, SIGNAL_SET_BYTES);
	enum { SET_MASK = 2 };
	need(CALL_4(__NR_rt_sigprocmask, SET_MASK, &none, NULL, SIGNAL_SET_BYTES), "signals");
}

static void close_descriptors(void)
{
	need(CALL_3(__NR_fcntl, STATUS_FD, F_SETFD, CLOSE_ON_EXEC), "descriptors");
	if (CALL_3(__NR_close_range, STATUS_FD + 1, ~0U, 0) == 0)
		return;
	/* Before Linux 5.9. The runner opens everything close-on-exec; this is the second lock on that door. */
	for (int descriptor = STATUS_FD + 1; descriptor < SPARE_FD_LIMIT; descriptor++)
		CALL_1(__NR_close, descriptor);
}

static void prefer_for_oom_killer(void)
{
	long descriptor = open_path("/proc/self/oom_score_adj", O_WRONLY);
	if (descriptor < 0)
		return; /* a kernel or container without it: the memory watch still works */
	need(CALL_3(__NR_write, descriptor, "1000", 4), "oom_score_adj");
	CALL_1(__NR_close, descriptor);
}

static void set_limits(const struct options *options)
{
	struct { uint64_t soft, hard; } limit; /* struct rlimit64 */
	for (int resource = 0; resource < RESOURCES; resource++) {
		if (!options->limited[resource])
			continue;
		need(CALL_4(__NR_prlimit64, 0, resource, NULL, &limit), "getrlimit");
		if (options->limits[resource] < limit.hard)
			limit.hard = options->limits[resource];
		limit.soft = limit.hard;
		need(CALL_4(__NR_prlimit64, 0, resource, &limit, NULL), "setrlimit");
	}
}

static void drop_privileges(uint32_t uid)
{
	if (uid) {
		need(CALL_2(__NR_setgroups, 0, NULL), "uid");
		need(CALL_3(__NR_setresgid, uid, uid, uid), "uid");
		need(CALL_3(__NR_setresuid, uid, uid, uid), "uid");
	}
	/* Also without a uid to become: a root that cannot change its uid must not keep what else it can. */
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {{0}};
	CALL_4(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0);
	need(CALL_2(__NR_capset, &header, nothing), "capset");
	need(CALL_4(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0), "no_new_privs");
}

void end_with_runner(void)
{
	need(CALL_2(__NR_prctl, PR_SET_PDEATHSIG, KILL_SIGNAL), "pdeathsig");
	/* It may have died before. It holds the only reading end; the parent's id says nothing in a PID namespace. */
	struct pollfd status = {.fd = STATUS_FD};
	static const struct { int64_t seconds, nanoseconds; } at_once;
	need(system_call(__NR_ppoll, (long)&status, 1, (long)&at_once, 0, 0), "runner");
	if (status.revents & POLLERR)
		fail("runner", ESRCH);
}

static void write_clock(const char *word, long clock)
{
	struct { int64_t seconds, nanoseconds; } now;
	need(CALL_2(__NR_clock_gettime, clock, &now), "clock");
	write_status(word, "", (unsigned long)now.seconds * 1000000000 + (unsigned long)now.nanoseconds);
}

/* Like execvpe, but with the given path. */
_Noreturn static void execute(const char *path, char **command, char **environment)
{
	if (text_has(command[0], '/'))
		fail("exec", -CALL_3(__NR_execve, command[0], command, environment));
	long error = ENOENT;
	while (path && *path) {
		struct line file = {0};
		size_t length = 0;
		while (path[length] && path[length] != ':')
			length++;
		add_bytes(&file, path, length);
		add_text(&file, "/");
		add_text(&file, command[0]);
		long result = file.full ? -ENAMETOOLONG : CALL_3(__NR_execve, file.text, command, environment);
		if (result != -ENOENT && result != -ENOTDIR)
			error = -result;
		path += length + (path[length] == ':');
	}
	fail("exec", error);
}

_Noreturn static void run_child(const struct options *options, long runner, int pid, char **environment)
{
	write_status("pid", "", (unsigned long)pid);
	reset_signals();
	CALL_1(__NR_umask, WRITABLE_BY_OWNER_ONLY);
	need(CALL_0(__NR_setsid), "setsid");
	close_descriptors();
	prefer_for_oom_killer();
	/* Opened before privileges are dropped: it lies in the runner's own folder. */
	long filter = options->filter ? need(open_path(options->filter, O_RDONLY), "filter") : -1;
	mount_own_folders(options);
	set_limits(options);
	drop_privileges(options->uid);
	if (options->folder)
		need(CALL_1(__NR_chdir, options->folder), "folder");
	end_with_runner();
	int landlock_abi = enter_landlock(options);
	enter_seccomp(options, filter, landlock_abi);
	if (!options->command)
		probe(runner, landlock_abi);
	write_clock("launch_cpu_ns", CLOCK_PROCESS_CPUTIME_ID);
	write_clock("started_ns", CLOCK_MONOTONIC);
	execute(options->path, options->command, environment);
}

int main(int argc, char **argv, char **environment)
{
	static struct options options; /* not on the stack, which parent and child share */
	if (!parse_options(argc, argv, &options))
		fail("arguments", EINVAL);
	long runner = CALL_0(__NR_getppid);
	enter_namespaces(&options);
	/* The child's id as the runner knows it; the kernel writes it before the child starts. */
	static int pid;
	unsigned long flags = CLONE_PARENT | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID;
	/* Made in its group, since moving there would wait until every processor has passed through the scheduler. */
	struct clone_args in_group = {.flags = flags | CLONE_INTO_CGROUP, .parent_tid = (uintptr_t)&pid};
	if (options.cgroup)
		in_group.cgroup = (uint64_t)need(open_path(options.cgroup, O_RDONLY | O_DIRECTORY), "cgroup");
	/* Called in line: the child goes on in this frame and below, the parent wakes after it and touches nothing of it. */
	long child = options.cgroup ? CALL_2(__NR_clone3, &in_group, sizeof in_group)
	                            : CALL_3(__NR_clone, flags | CHILD_SIGNAL, 0, &pid);
	if (child == 0)
		run_child(&options, runner, pid, environment);
	if (child > 0)
		end_process(0);
	fail("clone", -child);
}
