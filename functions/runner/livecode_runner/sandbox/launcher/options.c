/* The launcher's arguments, checked as a whole before any process is made. */

#include "launcher.h"

#include <linux/sched.h>

static const struct { const char *name; unsigned long flag; } NAMESPACES[] = {
	{"pid", CLONE_NEWPID}, {"mount", CLONE_NEWNS}, {"network", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
};

enum { HIGHEST_ID = 0x7FFFFFFF };

const char *value_of(const char *argument, const char *name)
{
	while (*name && *argument == *name)
		argument++, name++;
	return !*name && *argument == '=' ? argument + 1 : NULL;
}

bool parse_number(const char **text, char end, uint64_t *value)
{
	const char *next = *text;
	uint64_t number = 0;
	if (*next < '0' || *next > '9')
		return false;
	for (; *next >= '0' && *next <= '9'; next++)
		if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *next - '0', &number))
			return false;
	if (*next != end)
		return false;
	*text = end ? next + 1 : next;
	*value = number;
	return true;
}

static bool parse_limit(const char *value, struct options *options)
{
	uint64_t resource, limit;
	if (!parse_number(&value, ':', &resource) || resource >= RESOURCES || !parse_number(&value, '\0', &limit))
		return false;
	options->limited[resource] = true;
	options->limits[resource] = limit;
	return true;
}

/* Not 0, which would keep root's, and nothing that the kernel takes for -1, "leave it as it is". */
static bool parse_uid(const char *value, struct options *options)
{
	uint64_t uid;
	if (!parse_number(&value, '\0', &uid) || uid == 0 || uid > HIGHEST_ID)
		return false;
	options->uid = (uint32_t)uid;
	return true;
}

static bool parse_namespace(const char *value, struct options *options)
{
	for (size_t i = 0; i < sizeof NAMESPACES / sizeof *NAMESPACES; i++)
		if (text_equal(value, NAMESPACES[i].name)) {
			options->namespaces |= NAMESPACES[i].flag;
			return true;
		}
	return false;
}

static bool parse_avoid(const char *value, struct options *options)
{
	options->avoid = value;
	for (;;) {
		uint64_t id;
		bool last = !text_has(value, ',');
		if (!parse_number(&value, last ? '\0' : ',', &id) || id > HIGHEST_ID)
			return false;
		if (last)
			return true;
	}
}

/* Pairs, one behind the other; `unplaced` is the source that still lacks its place. */
static bool parse_bind(const char *source, const char *place, struct options *options)
{
	if (!*(source ? source : place) || !source != !!options->unplaced)
		return false;
	options->unplaced = source;
	options->binds = true;
	return true;
}

static bool parse_argument(const char *argument, struct options *options)
{
	const char *value;
	if ((value = value_of(argument, "rlimit")))
		return parse_limit(value, options);
	if ((value = value_of(argument, "uid")))
		return parse_uid(value, options);
	if ((value = value_of(argument, "avoid")))
		return parse_avoid(value, options);
	if ((value = value_of(argument, "namespace")))
		return parse_namespace(value, options);
	if ((value = value_of(argument, "shared_memory")))
		return parse_number(&value, '\0', &options->shared_memory);
	if ((value = value_of(argument, "bind")))
		return parse_bind(value, NULL, options);
	if ((value = value_of(argument, "over")))
		return parse_bind(NULL, value, options);
	if ((value = value_of(argument, "folder")))
		options->folder = value;
	else if ((value = value_of(argument, "cgroup")))
		options->cgroup = value;
	else if ((value = value_of(argument, "path")))
		options->path = value;
	else if ((value = value_of(argument, "filter")))
		options->filter = value;
	else if ((value = value_of(argument, "read")) || (value = value_of(argument, "write")) ||
	         (value = value_of(argument, "device")))
		options->landlock = true;
	return value && *value;
}

/* A bind is for a mount namespace of the run's own: anywhere else it would be the machine's. */
static bool binds_fit(const struct options *options)
{
	return !options->unplaced && (!options->binds || options->namespaces & CLONE_NEWNS);
}

bool parse_options(int argc, char **argv, struct options *options)
{
	*options = (struct options){.arguments = argv + 1};
	for (int i = 1; i < argc; i++) {
		if (text_equal(argv[i], "probe"))
			return i + 1 == argc && binds_fit(options);
		if (text_equal(argv[i], "--")) {
			options->command = argv + i + 1;
			return i + 1 < argc && **options->command && binds_fit(options);
		}
		if (!parse_argument(argv[i], options))
			return false;
		options->count++;
	}
	return false;
}
