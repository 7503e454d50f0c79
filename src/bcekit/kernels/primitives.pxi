# The vocabulary in which every kernel is written: bit casts and a fused
# multiply-add that is exact on every platform.
#
# The compiler never contracts `a * b + c` on its own (-ffp-contract=off), so a
# fused operation happens exactly where a kernel writes fma32 or fma64, and it
# gives the same bits whether the hardware has one or the code below emulates it.

cdef extern from *:
    """
    #include <math.h>
    #include <stdint.h>
    #include <string.h>

    #if defined(_MSC_VER) && !defined(__clang__)
    #pragma fp_contract(off)    /* older ones fuse under /fp:precise */
    #define BCEKIT_INLINE static __forceinline
    #else
    #define BCEKIT_INLINE static inline __attribute__((always_inline, unused))
    #endif

    /* `cdef inline` must mean it: a loop is vectorised only if all that it calls is
       inlined, and compilers find our functions too long for that. */
    #undef CYTHON_INLINE
    #if defined(_MSC_VER) && !defined(__clang__)
    #define CYTHON_INLINE __forceinline
    #else
    #define CYTHON_INLINE inline __attribute__((always_inline))
    #endif

    /* Items of memory whatever they mean: a compiler must not take them for other than the numbers there. */
    #if defined(__GNUC__)
    typedef uint16_t __attribute__((__may_alias__)) bcekit_item16;
    typedef uint32_t __attribute__((__may_alias__)) bcekit_item32;
    typedef uint64_t __attribute__((__may_alias__)) bcekit_item64;
    #else
    typedef uint16_t bcekit_item16;
    typedef uint32_t bcekit_item32;
    typedef uint64_t bcekit_item64;
    #endif

    BCEKIT_INLINE int32_t bcekit_bits32(float x) { int32_t r; memcpy(&r, &x, 4); return r; }
    BCEKIT_INLINE float bcekit_float32(int32_t x) { float r; memcpy(&r, &x, 4); return r; }
    BCEKIT_INLINE int64_t bcekit_bits64(double x) { int64_t r; memcpy(&r, &x, 8); return r; }
    BCEKIT_INLINE double bcekit_float64(int64_t x) { double r; memcpy(&r, &x, 8); return r; }

    #if defined(__GNUC__)
    #define bcekit_unordered32(x, y) __builtin_isunordered(x, y)  /* one comparison for both */
    #else
    #define bcekit_unordered32(x, y) (((x) != (x)) | ((y) != (y)))
    #endif

    #if defined(__FMA__) || defined(__aarch64__) || defined(_M_ARM64) || defined(__ARM_FEATURE_FMA) \\
        || defined(__s390x__) || defined(__powerpc64__) \\
        || (defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)) \\
        || (defined(__riscv_flen) && __riscv_flen >= 64)
    #define BCEKIT_HARDWARE_FMA 1
    #else
    #define BCEKIT_HARDWARE_FMA 0
    #endif

    #if BCEKIT_HARDWARE_FMA
    BCEKIT_INLINE float bcekit_fma32(float a, float b, float c) { return fmaf(a, b, c); }
    BCEKIT_INLINE double bcekit_fma64(double a, double b, double c) { return fma(a, b, c); }
    #else
    /* a + b rounded to odd: the sum truncated, its last bit set where it is
       inexact. Rounding that once more to fewer bits (at least two fewer) is
       as good as rounding the exact sum. S. Boldo and G. Melquiond, "Emulation
       of FMA and correctly rounded sums: proved algorithms using rounding to
       odd", IEEE Trans. Computers 57(4), 2008. NaN fails the comparison, so an
       infinite sum stays as it is. The selected 1 is written as the double with
       those bits because SSE2 can select doubles but not 64-bit integers: with
       integers no loop is vectorised (three times slower). */
    BCEKIT_INLINE double bcekit_add_to_odd(double a, double b) {
        double s = a + b;
        double v = s - a;
        double e = (a - (s - v)) + (b - v);
        uint64_t bits = (uint64_t)bcekit_bits64(s);
        uint64_t inexact = (uint64_t)bcekit_bits64(fabs(e) > 0.0 ? 0x1p-1074 : 0.0);
        uint64_t beyond = ((uint64_t)bcekit_bits64(e) ^ bits) >> 63;
        return bcekit_float64((int64_t)((bits - (inexact & beyond)) | inexact));
    }
    /* The product of two 24-bit significands is exact in 53 bits, so one
       round-to-odd addition and one rounding to float are the whole of it, for
       every argument, subnormal results included. */
    BCEKIT_INLINE float bcekit_fma32(float a, float b, float c) {
        return (float)bcekit_add_to_odd((double)a * (double)b, (double)c);
    }
    /* Algorithm 5 of the same paper, with Dekker's product. Exact while
       |a|, |b| < 2**995, |a*b| is 0 or > 2**-960, and nothing is infinite: every
       caller keeps to that range. */
    BCEKIT_INLINE double bcekit_fma64(double a, double b, double c) {
        double ah = a * 134217729.0, bh = b * 134217729.0;
        double al, bl, uh, ul, th, tl, vh, vl, v;
        ah = ah - (ah - a); al = a - ah;
        bh = bh - (bh - b); bl = b - bh;
        uh = a * b;
        ul = al * bl - (((uh - ah * bh) - al * bh) - ah * bl);
        th = c + ul; v = th - c; tl = (c - (th - v)) + (ul - v);
        vh = uh + th; v = vh - uh; vl = (uh - (vh - v)) + (th - v);
        return vh + bcekit_add_to_odd(tl, vl);
    }
    #endif
    """
    ctypedef unsigned short item16 "bcekit_item16"
    ctypedef unsigned int item32 "bcekit_item32"
    ctypedef unsigned long long item64 "bcekit_item64"
    const int HARDWARE_FMA "BCEKIT_HARDWARE_FMA"
    float fma32 "bcekit_fma32"(float a, float b, float c) noexcept nogil
    double fma64 "bcekit_fma64"(double a, double b, double c) noexcept nogil
    bint unordered32 "bcekit_unordered32"(float x, float y) noexcept nogil
    int bits32 "bcekit_bits32"(float x) noexcept nogil
    float float32 "bcekit_float32"(int bits) noexcept nogil
    long long bits64 "bcekit_bits64"(double x) noexcept nogil
    double float64 "bcekit_float64"(long long bits) noexcept nogil

ctypedef fused real:
    float
    double


# A factor of 0 wins over an infinite weight, and a product that is exactly 0 is +0.
cdef inline real times(real factor, real weight) noexcept nogil:
    if real is float:
        return fma32(factor, weight, 0) if factor != 0 else 0
    else:
        return factor * weight + 0.0 if factor != 0 else 0
