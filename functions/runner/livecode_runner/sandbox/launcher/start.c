/* What libc would bring: the first instruction, and the two functions that compilers call unasked. */

#include <stddef.h>

int main(int argc, char **argv, char **environment);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl start\n\tbrk #0\n");
#endif

/* The kernel leaves argc, the arguments, NULL, and the environment on the stack. main does not return. */
__attribute__((used)) void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	main((int)stack[0], argv, argv + stack[0] + 1);
}

void *memset(void *destination, int byte, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((unsigned char *)destination)[i] = (unsigned char)byte;
	return destination;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((unsigned char *)destination)[i] = ((const unsigned char *)source)[i];
	return destination;
}
