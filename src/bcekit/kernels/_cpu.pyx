# What this processor can run and this operating system keeps: an instruction
# set counts only if its registers survive a task switch (XGETBV), which CPUID
# alone does not say. Built with the platform's baseline flags.

cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__x86_64__) || defined(_M_X64)
    #define BCEKIT_X86_64 1
    #if defined(_MSC_VER)
    #include <intrin.h>
    static void bcekit_cpuid(int leaf, int subleaf, uint32_t *r) { __cpuidex((int *)r, leaf, subleaf); }
    static uint64_t bcekit_xgetbv(void) { return _xgetbv(0); }
    #else
    #include <cpuid.h>
    static void bcekit_cpuid(int leaf, int subleaf, uint32_t *r) {
        __cpuid_count(leaf, subleaf, r[0], r[1], r[2], r[3]);
    }
    static uint64_t bcekit_xgetbv(void) {
        uint32_t low, high;
        __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        return ((uint64_t)high << 32) | low;
    }
    #endif
    #else
    #define BCEKIT_X86_64 0
    static void bcekit_cpuid(int leaf, int subleaf, uint32_t *r) {
        (void)leaf; (void)subleaf; r[0] = r[1] = r[2] = r[3] = 0;
    }
    static uint64_t bcekit_xgetbv(void) { return 0; }
    #endif
    """
    const int X86_64 "BCEKIT_X86_64"
    void cpuid "bcekit_cpuid"(int leaf, int subleaf, unsigned int *registers)
    unsigned long long xgetbv "bcekit_xgetbv"()


cdef bint has(unsigned int register, tuple bits):
    cdef int bit
    for bit in bits:
        if not register >> bit & 1:
            return False
    return True


def levels():
    """Names of the x86-64 levels that this machine runs, lowest first ("baseline" elsewhere too)."""
    cdef unsigned int first[4]
    cdef unsigned int seventh[4]
    cdef unsigned int extended[4]
    cdef unsigned long long kept
    found = ["baseline"]
    if not X86_64:
        return found
    cpuid(0, 0, first)
    if first[0] < 7:
        return found
    cpuid(1, 0, first)
    cpuid(7, 0, seventh)
    cpuid(<int>0x80000000u, 0, extended)
    if extended[0] < 0x80000001u:
        return found
    cpuid(<int>0x80000001u, 0, extended)
    # ecx of leaf 1: FMA, SSSE3, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, XSAVE, OSXSAVE, AVX, F16C
    if not has(first[2], (9, 12, 13, 19, 20, 22, 23, 26, 27, 28, 29)):
        return found
    kept = xgetbv()
    # ebx of leaf 7: BMI1, AVX2, BMI2; ecx of leaf 0x80000001: LAHF, LZCNT; state of xmm and ymm registers
    if not (has(seventh[1], (3, 5, 8)) and has(extended[2], (0, 5)) and kept & 0x6 == 0x6):
        return found
    found.append("v3")
    # ebx of leaf 7: AVX512F, DQ, CD, BW, VL; state of mask and zmm registers
    if has(seventh[1], (16, 17, 28, 30, 31)) and kept & 0xE6 == 0xE6:
        found.append("v4")
    return found


def brand():
    """The processor's name for itself, or an empty string."""
    cdef unsigned int r[4]
    cdef int i
    if not X86_64:
        return ""
    cpuid(<int>0x80000000u, 0, r)
    if r[0] < 0x80000004u:
        return ""
    text = b""
    for i in range(3):
        cpuid(<int>(0x80000002u + <unsigned int>i), 0, r)
        text += (<char *>r)[:16]
    return text.split(b"\0")[0].decode("ascii", "replace").strip()
