/* System calls and text without libc. Every call answers like the kernel: a negative number is an errno.
 *
 * libc is left out because its start alone takes longer than all that the launcher does (on a virtual machine each of its
 * questions to the processor is answered by the hypervisor), and because what is not linked cannot allocate. */

#pragma once

#include <asm/unistd.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline, unused))

#if defined(__x86_64__)
INLINE long system_call(long number, long a, long b, long c, long d, long e)
{
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	long result;
	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
	                 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
INLINE long system_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
#else
#error "the launcher and the seccomp filters know x86-64 and aarch64"
#endif

#define CALL_0(number) system_call(number, 0, 0, 0, 0, 0)
#define CALL_1(number, a) system_call(number, (long)(a), 0, 0, 0, 0)
#define CALL_2(number, a, b) system_call(number, (long)(a), (long)(b), 0, 0, 0)
#define CALL_3(number, a, b, c) system_call(number, (long)(a), (long)(b), (long)(c), 0, 0)
#define CALL_4(number, a, b, c, d) system_call(number, (long)(a), (long)(b), (long)(c), (long)(d), 0)

/* asm-generic/fcntl.h; the last three differ between architectures, so they come from asm/fcntl.h. */
#include <asm/fcntl.h>
enum { AT_WORKING_FOLDER = -100 };

INLINE long open_path(const char *path, int flags)
{
	return CALL_4(__NR_openat, AT_WORKING_FOLDER, path, flags | O_CLOEXEC, 0);
}

_Noreturn INLINE void end_process(int code)
{
	for (;;)
		CALL_1(__NR_exit_group, code);
}

INLINE size_t text_length(const char *text)
{
	size_t length = 0;
	while (text[length])
		length++;
	return length;
}

INLINE bool text_equal(const char *one, const char *other)
{
	while (*one && *one == *other)
		one++, other++;
	return *one == *other;
}

INLINE bool text_has(const char *text, char wanted)
{
	while (*text && *text != wanted)
		text++;
	return *text == wanted;
}

/* A line put together in fixed room; what does not fit is left out and `full` says so. */
struct line {
	char text[512];
	size_t length;
	bool full;
};

INLINE void add_bytes(struct line *line, const char *bytes, size_t count)
{
	line->full |= count >= sizeof line->text - line->length;
	for (size_t i = 0; i < count && !line->full; i++)
		line->text[line->length++] = bytes[i];
	line->text[line->length] = '\0';
}

INLINE void add_text(struct line *line, const char *text)
{
	add_bytes(line, text, text_length(text));
}

INLINE void add_number(struct line *line, unsigned long number)
{
	char digits[20]; /* 2^64 has twenty */
	size_t first = sizeof digits;
	do
		digits[--first] = (char)('0' + number % 10);
	while (number /= 10);
	add_bytes(line, digits + first, sizeof digits - first);
}

INLINE bool write_line(int descriptor, const struct line *line)
{
	return !line->full && CALL_3(__NR_write, descriptor, line->text, line->length) == (long)line->length;
}
