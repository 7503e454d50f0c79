# Polynomials whose coefficients are looked up for each element.
#
# Octaves: exp and whatever is made of it are one polynomial each, in what is left of the argument in its octave
# (float32, which 32 rows serve) or eighth of an octave (float64, 456 rows). Cells: -log(m) for m in (1/2, 1], as the
# logarithm of a number near the inverse of the middle of m's cell, less that of its product with m, which is near 1; 32
# or 128 cells. The rows are in tables32.pxi and tables64.pxi; bits of `index`, `a` or `bits` say which.
#
# What differs between instruction sets is here: AVX-512 keeps the columns of 32 floats in registers; elsewhere rows are
# loaded and turned into columns, by shuffles with AVX2 and for doubles, by the compiler where there is neither. So is
# what compilers do not see: widening loads, sums of short sequences, and columns of memory turned into rows. The order
# of operations is the same everywhere, and so are the bits.
#
# `next` and `also` say where the next block will be read or written. It is fetched meanwhile, a little with each step:
# a processor looks ahead by itself only while memory is being read, which is a small part of the time.

cdef extern from *:
    """
    #include <stddef.h>

    /* Columns of 32 rows, or the rows as eight floats. The first column is one of two. */
    #define BCEKIT_SHIFT(a, b, c, d, e, f, g, h, i) a,
    #define BCEKIT_NEAR_SHIFT(a, b, c, d, e, f, g, h, i) b,
    #define BCEKIT_COLUMN1(a, b, c, d, e, f, g, h, i) c,
    #define BCEKIT_COLUMN2(a, b, c, d, e, f, g, h, i) d,
    #define BCEKIT_COLUMN3(a, b, c, d, e, f, g, h, i) e,
    #define BCEKIT_COLUMN4(a, b, c, d, e, f, g, h, i) f,
    #define BCEKIT_COLUMN5(a, b, c, d, e, f, g, h, i) g,
    #define BCEKIT_COLUMN6(a, b, c, d, e, f, g, h, i) h,
    #define BCEKIT_COLUMN7(a, b, c, d, e, f, g, h, i) i,
    #define BCEKIT_ROW(a, b, c, d, e, f, g, h, i) {a, c, d, e, f, g, h, i},
    #define BCEKIT_NEAR_ROW(a, b, c, d, e, f, g, h, i) {b, c, d, e, f, g, h, i},
    #define BCEKIT_INVERSE(a, b) a,
    #define BCEKIT_LOGARITHM(a, b) b,
    #define BCEKIT_BOTH(a, b) {a, b},

    typedef struct {
        const char *data;
        ptrdiff_t step;     /* bytes from one element to the next */
    } bcekit_ahead;

    /* Fetches, with each `width` elements, two lines of both: enough for elements of up to eight bytes. */
    #define BCEKIT_START_FETCHING(width) \\
        const char *fetched = next->data, *fetched_too = also->data; \\
        const ptrdiff_t half = (width) / 2 * next->step, half_too = (width) / 2 * also->step
    #define BCEKIT_FETCH \\
        _mm_prefetch(fetched, _MM_HINT_T0); \\
        _mm_prefetch(fetched + half, _MM_HINT_T0); \\
        _mm_prefetch(fetched_too, _MM_HINT_T0); \\
        _mm_prefetch(fetched_too + half_too, _MM_HINT_T0); \\
        fetched += 2 * half; \\
        fetched_too += 2 * half_too

    #define BCEKIT_STEP_LOW32 0x1.05c61p-29f        /* the float log(2) less log(2) */

    #define BCEKIT_LN2_SHORT32 0x1.62e4p-1f         /* log(2) to 16 bits */
    #define BCEKIT_LN2_REST32 0x1.7f7d1cp-20f       /* log(2) - BCEKIT_LN2_SHORT32 */
    #define BCEKIT_LN2_SHORT64 0x1.62e42fefa38p-1   /* log(2) to 42 bits */
    #define BCEKIT_LN2_REST64 0x1.ef35793c7673p-45  /* log(2) - BCEKIT_LN2_SHORT64 */
    #define BCEKIT_CELL0_32 0x1.ffffa6p-2f       /* -log in a cell: relative error 0.12 of 2**-24 */
    #define BCEKIT_CELL1_32 -0x1.5559cap-2f      /* -log in a cell: relative error 0.12 of 2**-24 */
    #define BCEKIT_CELL2_32 0x1.072f9p-2f        /* -log in a cell: relative error 0.12 of 2**-24 */
    #define BCEKIT_CELL0_64 0x1.ffffffffffff5p-2   /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_CELL1_64 -0x1.555555555608dp-2  /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_CELL2_64 0x1.00000002664f7p-2   /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_CELL3_64 -0x1.99999496f3f06p-3  /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_CELL4_64 0x1.5552d0fe9a338p-3   /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_CELL5_64 -0x1.2872dd88693fbp-3  /* -log in a cell: relative error 2**-61.29 */
    #define BCEKIT_OCTAVES_MORE 4503599627372544.0  /* 2**52 + 2048 */

    /* float32: cells are for y = |q - u| where u is 0 or 1, given as q, -u and their rounded sum a, which are all 2**24
       times as much where a low part is wanted, as y may be subnormal then. The bits of 1 less those of a are n, the
       cell (5 bits, from 1 down), and where in it, for y = 2**-n m, m in (1/2, 1]; their first bit says whether u is 1.
       y inverse - 1 = (q - u) inverse - 1, the inverse with the sign of q - u, is two fused operations, the first of
       which is exact: so s is rounded once, and what 1 - q loses when rounded is not missed. */
    #define BCEKIT_SCALE32(low) ((low) ? 24 << 23 : 0)
    #define BCEKIT_ONE32 0x3f800000
    #define BCEKIT_POWER32 0xff800000u              /* sign and exponent */
    #define BCEKIT_BEYOND_ONE32 (2 << 18)           /* where the first two cells end, of those with n = 0 */

    /* float64: cells are for y = 2**n (m + ml), m in (1/2, 1], given as the bits of 2**n m, or of 2**54 times as much
       where a low part is wanted. Less those of the first m that there is, they are n, the cell (7 bits), and where
       in it. */
    #define BCEKIT_SCALE64(low) ((low) ? 54LL << 52 : 0)
    #define BCEKIT_FIRST64 0x3fe0000000000001LL
    #define BCEKIT_NEAR_ONE64 (126LL << 45)         /* where the last two cells begin, of those with n = 0 */

    /* What is lost there is at most half an ulp of the high part, and made less than that, as rounding may have made
       it half an ulp: so the sum of both is the high part, which is the result where no low part is wanted. */
    #define BCEKIT_LESS32 0x1.fffffep-1f
    #define BCEKIT_LESS64 0x1.fffffffffffffp-1

    BCEKIT_INLINE int bcekit_cell32(const float *a, ptrdiff_t i) {
        int bits;
        memcpy(&bits, a + i, 4);
        return (int)((BCEKIT_ONE32 - (unsigned)bits) >> 18 & 31);
    }

    BCEKIT_INLINE int bcekit_cell64(long long bits) {
        return (int)(((unsigned long long)bits - BCEKIT_FIRST64) >> 45 & 127);
    }

    BCEKIT_INLINE int bcekit_int_at(const void *of_four, ptrdiff_t i) {
        int r;
        memcpy(&r, (const char *)of_four + 4 * i, 4);
        return r;
    }

    BCEKIT_INLINE long long bcekit_long_at(const void *of_eight, ptrdiff_t i) {
        long long r;
        memcpy(&r, (const char *)of_eight + 8 * i, 8);
        return r;
    }

    /* The row that a double says with its last nine bits. The table's first one is 56. */
    BCEKIT_INLINE const double *bcekit_row64(const double *table, const double *index, ptrdiff_t i) {
        return table + 8 * (bcekit_long_at(index, i) & 511);
    }

    #if defined(__AVX512F__)
    #include <immintrin.h>

    /* A column of 32 fits two registers, and one instruction looks 16 elements up in them. */
    #define BCEKIT_TABLE32(NAME) static const float NAME##_TABLE[9][32] = { \\
        {NAME(BCEKIT_SHIFT)}, {NAME(BCEKIT_COLUMN1)}, {NAME(BCEKIT_COLUMN2)}, {NAME(BCEKIT_COLUMN3)}, \\
        {NAME(BCEKIT_COLUMN4)}, {NAME(BCEKIT_COLUMN5)}, {NAME(BCEKIT_COLUMN6)}, {NAME(BCEKIT_COLUMN7)}, \\
        {NAME(BCEKIT_NEAR_SHIFT)}};
    #define BCEKIT_OCTAVES32(NAME, number) \\
        bcekit_octaves32(NAME##_TABLE, index, number, rest, y, n, next, also)
    static const float BCEKIT_LOG32_TABLE[2][32] = {{BCEKIT_LOG32(BCEKIT_INVERSE)}, {BCEKIT_LOG32(BCEKIT_LOGARITHM)}};

    BCEKIT_INLINE void bcekit_octaves32(const float (*table)[32], const float *index, const float *number,
                                        const float *rest, float *y, ptrdiff_t n, const bcekit_ahead *next,
                                        const bcekit_ahead *also) {
        __m512 first[8], second[8];
        for (int k = 0; k < 8; k++) {
            const float *column = table[k || number ? k : 8];
            first[k] = _mm512_loadu_ps(column);
            second[k] = _mm512_loadu_ps(column + 16);
        }
        #define BCEKIT_LOOK_UP(k) _mm512_permutex2var_ps(first[k], i, second[k])
        BCEKIT_START_FETCHING(16);
        for (ptrdiff_t j = 0; j < n; j += 16) {
            BCEKIT_FETCH;
            __m512i i = _mm512_loadu_si512(index + j);
            __m512 s = BCEKIT_LOOK_UP(0);
            if (number)
                s = _mm512_fmadd_ps(_mm512_loadu_ps(number + j), _mm512_set1_ps(BCEKIT_STEP_LOW32), s);
            s = _mm512_add_ps(_mm512_loadu_ps(rest + j), s);
            __m512 r = BCEKIT_LOOK_UP(7);
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(6));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(5));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(4));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(3));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(2));
            _mm512_storeu_ps(y + j, _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(1)));
        }
    }

    /* -log|q + minus_u|, and where `low` says so, its two parts. */
    BCEKIT_INLINE __m512 bcekit_cell_log32(__m512i a, __m512 q, __m512 minus_u, const __m512 *first,
                                           const __m512 *second, int low, float *to_high, float *to_low) {
        /* with the exponent of 1, so that these are the bits of a number from 2**n to 2**(n + 1) */
        __m512i b = _mm512_sub_epi32(_mm512_set1_epi32(2 * BCEKIT_ONE32), a);
        __m512i i = _mm512_srli_epi32(b, 18);
        __m512 e = _mm512_getexp_ps(_mm512_castsi512_ps(b));
        if (low)
            e = _mm512_add_ps(e, _mm512_set1_ps(24.0f));
        __m512 inverse = BCEKIT_LOOK_UP(0), l = BCEKIT_LOOK_UP(1);
        inverse = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(        /* its fraction, and the rest from b */
            _mm512_castps_si512(inverse), b, _mm512_set1_epi32((int)BCEKIT_POWER32), 0xD8));
        __m512 s = _mm512_fmadd_ps(q, inverse, _mm512_fmsub_ps(minus_u, inverse, _mm512_set1_ps(1.0f)));
        __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(BCEKIT_CELL2_32), s, _mm512_set1_ps(BCEKIT_CELL1_32));
        p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(BCEKIT_CELL0_32));
        __m512 u = _mm512_mul_ps(s, s);
        __m512 r = _mm512_fmsub_ps(p, u, s);
        __m512 h = _mm512_fmadd_ps(e, _mm512_set1_ps(BCEKIT_LN2_SHORT32), l);
        __m512 t = _mm512_fmadd_ps(e, _mm512_set1_ps(BCEKIT_LN2_REST32), r);
        if (low) {
            __mmask16 near = _mm512_cmplt_epi32_mask(
                _mm512_and_si512(b, _mm512_set1_epi32(0x7fffffff)),
                _mm512_set1_epi32(BCEKIT_BEYOND_ONE32 + BCEKIT_ONE32 - BCEKIT_SCALE32(low)));
            __m512 lost = _mm512_fmsub_ps(p, u, _mm512_add_ps(s, r));
            lost = _mm512_mul_ps(lost, _mm512_set1_ps(BCEKIT_LESS32));
            _mm512_storeu_ps(to_high, _mm512_mask_mov_ps(h, near, r));
            _mm512_storeu_ps(to_low, _mm512_mask_mov_ps(t, near, lost));
        }
        return _mm512_add_ps(h, t);
    }

    #define BCEKIT_LOAD_CELLS \\
        __m512 first[2], second[2]; \\
        for (int k = 0; k < 2; k++) { \\
            first[k] = _mm512_loadu_ps(BCEKIT_LOG32_TABLE[k]); \\
            second[k] = _mm512_loadu_ps(BCEKIT_LOG32_TABLE[k] + 16); \\
        } \\
        BCEKIT_START_FETCHING(16)

    BCEKIT_INLINE void bcekit_cells32(const float *a, const float *q, const float *minus_u, float *high, float *low,
                                      ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        BCEKIT_LOAD_CELLS;
        for (ptrdiff_t j = 0; j < n; j += 16) {
            BCEKIT_FETCH;
            __m512 v = bcekit_cell_log32(
                _mm512_loadu_si512(a + j), _mm512_loadu_ps(q + j), _mm512_loadu_ps(minus_u + j),
                first, second, !!low, high + j, low ? low + j : NULL);
            if (!low)
                _mm512_storeu_ps(high + j, v);
        }
    }

    /* Left to itself, gcc loads a number again for each use, and most loads of 64 bytes cross a line: 3 %. */
    #if defined(__GNUC__)
    #define BCEKIT_LOAD_ONCE(x) __asm__("" : "+v"(x))
    #else
    #define BCEKIT_LOAD_ONCE(x) ((void)0)
    #endif

    /* The value of evaluate_hard32 in one loop, two vectors at a time for the sake of the checks: 0.37 instead of 0.42
       ns. It may say no to what is right, then evaluate_probability32 does it. */
    #define BCEKIT_FUSES 1
    static int bcekit_hard_cells32(const float *q, const float *t, float *v, ptrdiff_t n, const bcekit_ahead *next,
                                   const bcekit_ahead *also) {
        const __m512 one = _mm512_set1_ps(1.0f);
        __m512i top = _mm512_setzero_si512(), soft = top, power = _mm512_set1_epi32(BCEKIT_ONE32);
        BCEKIT_LOAD_CELLS;
        for (ptrdiff_t j = 0; j < n; j += 32) {
            __m512i a[2], product[2];
            for (int k = 0; k < 2; k++) {
                BCEKIT_FETCH;
                __m512 qk = _mm512_loadu_ps(q + j + 16 * k), tk = _mm512_loadu_ps(t + j + 16 * k);
                BCEKIT_LOAD_ONCE(qk);
                __m512 minus_u = _mm512_sub_ps(tk, one);
                a[k] = _mm512_castps_si512(_mm512_add_ps(minus_u, qk));
                product[k] = _mm512_castps_si512(_mm512_mul_ps(tk, minus_u));
                top = _mm512_max_epu32(top, _mm512_castps_si512(qk));
                _mm512_storeu_ps(v + j + 16 * k, bcekit_cell_log32(a[k], qk, minus_u, first, second, 0, NULL, NULL));
            }
            soft = _mm512_ternarylogic_epi32(soft, product[0], product[1], 0xFE);       /* or */
            power = _mm512_ternarylogic_epi32(power, a[0], a[1], 0x80);                 /* and */
        }
        /* An exponent of 0 leaves no bit there; exponents from 2**-63 to 1 have one in common. */
        return !_mm512_test_epi32_mask(soft, _mm512_set1_epi32(0x7fffffff))
            && !_mm512_testn_epi32_mask(power, _mm512_set1_epi32(0x7f800000))
            && !_mm512_cmpgt_epu32_mask(top, _mm512_set1_epi32(BCEKIT_ONE32));
    }
    #undef BCEKIT_LOOK_UP

    /* Half of each row of eight elements, as four columns: a gather takes longer than these loads and shuffles. */
    BCEKIT_INLINE void bcekit_columns64(const double *const *rows, int half, __m512d *c) {
        #define BCEKIT_PAIR(j, k) _mm512_insertf64x4( \\
            _mm512_castpd256_pd512(_mm256_loadu_pd(rows[j] + half)), _mm256_loadu_pd(rows[k] + half), 1)
        __m512d r0 = BCEKIT_PAIR(0, 2), r1 = BCEKIT_PAIR(1, 3), r2 = BCEKIT_PAIR(4, 6), r3 = BCEKIT_PAIR(5, 7);
        __m512d a = _mm512_unpacklo_pd(r0, r1), b = _mm512_unpackhi_pd(r0, r1);
        __m512d d = _mm512_unpacklo_pd(r2, r3), e = _mm512_unpackhi_pd(r2, r3);
        c[0] = _mm512_shuffle_f64x2(a, d, 0x88);
        c[1] = _mm512_shuffle_f64x2(b, e, 0x88);
        c[2] = _mm512_shuffle_f64x2(a, d, 0xDD);
        c[3] = _mm512_shuffle_f64x2(b, e, 0xDD);
        #undef BCEKIT_PAIR
    }

    /* Compilers load 16 floats and take them apart, for twice the shuffles, and sum up one by one. */
    #define BCEKIT_WIDENS 1
    BCEKIT_INLINE void bcekit_add_lanes(double *lanes, const float *v, ptrdiff_t n) {
        __m512d sums[4];
        for (int k = 0; k < 4; k++)
            sums[k] = _mm512_loadu_pd(lanes + 8 * k);
        for (ptrdiff_t j = 0; j < n; j += 32)
            for (int k = 0; k < 4; k++)
                sums[k] = _mm512_add_pd(sums[k], _mm512_cvtps_pd(_mm256_loadu_ps(v + j + 8 * k)));
        for (int k = 0; k < 4; k++)
            _mm512_storeu_pd(lanes + 8 * k, sums[k]);
    }

    /* The sums of sequences of up to 16, pairs 8 apart first, then 4, 2 and 1; each as a pair with 0. */
    BCEKIT_INLINE void bcekit_add_sixteens(const float *v, ptrdiff_t length, ptrdiff_t count, double *to) {
        const __mmask16 used = (__mmask16)((1u << length) - 1);
        for (ptrdiff_t k = 0; k < count; k++) {
            __m512 row = _mm512_maskz_loadu_ps(used, v + k * length);
            __m256 upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(row), 1));
            __m512d eight = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(row)), _mm512_cvtps_pd(upper));
            __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
            __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
            __m128d one = _mm_add_sd(_mm_add_sd(two, _mm_unpackhi_pd(two, two)), _mm_setzero_pd()); /* never -0 */
            _mm_storeu_pd(to + 2 * k, _mm_move_sd(_mm_setzero_pd(), one));
        }
    }

    #define BCEKIT_WIDTH64 8
    #define BCEKIT_REAL64 __m512d
    #define BCEKIT_64(name) _mm512_##name
    #define BCEKIT_LOGICAL64 __mmask8
    #define BCEKIT_CHOOSE64(where, x, other) _mm512_mask_mov_pd(other, where, x)

    /* Rows of the table, m and n of eight numbers, and which are in the last two cells. */
    BCEKIT_INLINE __mmask8 bcekit_parts64(const double *table, const long long *bits, int low, __m512d *inverse,
                                          __m512d *l, __m512d *m, __m512d *n) {
        __m512i y = _mm512_loadu_si512(bits);
        __m512i b = _mm512_sub_epi64(y, _mm512_set1_epi64(BCEKIT_FIRST64 + BCEKIT_SCALE64(low)));
        __m512i k = _mm512_and_si512(b, _mm512_set1_epi64(~0xFFFFFFFFFFFFFLL));
        #define BCEKIT_CELL(j) _mm_loadu_pd(table + 2 * bcekit_cell64(bits[j]))
        #define BCEKIT_PAIR(j, k) _mm256_insertf128_pd(_mm256_castpd128_pd256(BCEKIT_CELL(j)), BCEKIT_CELL(k), 1)
        __m512d r0 = _mm512_insertf64x4(_mm512_castpd256_pd512(BCEKIT_PAIR(0, 2)), BCEKIT_PAIR(4, 6), 1);
        __m512d r1 = _mm512_insertf64x4(_mm512_castpd256_pd512(BCEKIT_PAIR(1, 3)), BCEKIT_PAIR(5, 7), 1);
        #undef BCEKIT_PAIR
        #undef BCEKIT_CELL
        *inverse = _mm512_unpacklo_pd(r0, r1);
        *l = _mm512_unpackhi_pd(r0, r1);
        *m = _mm512_castsi512_pd(_mm512_sub_epi64(_mm512_sub_epi64(y, k), _mm512_set1_epi64(BCEKIT_SCALE64(low))));
        *n = _mm512_cvtepi64_pd(_mm512_srai_epi64(b, 52));
        return _mm512_cmpge_epi64_mask(b, _mm512_set1_epi64(BCEKIT_NEAR_ONE64));
    }
    #elif defined(__AVX2__) && defined(__FMA__)
    #include <immintrin.h>

    #define BCEKIT_TABLE32(NAME) static const float NAME##_TABLE[2][32][8] = { \\
        {NAME(BCEKIT_NEAR_ROW)}, {NAME(BCEKIT_ROW)}};
    #define BCEKIT_OCTAVES32(NAME, number) \\
        bcekit_octaves32(NAME##_TABLE[(number) != NULL], index, number, rest, y, n, next, also)
    static const float BCEKIT_LOG32_TABLE[32][2] = {BCEKIT_LOG32(BCEKIT_BOTH)};

    /* Half of each row of eight elements, as four columns: a gather takes longer than these loads and shuffles. */
    BCEKIT_INLINE void bcekit_columns(const float (*table)[8], const float *index, int half, __m256 *c) {
        #define BCEKIT_HALF(k) _mm_loadu_ps(table[bcekit_int_at(index, k) & 31] + half)
        #define BCEKIT_PAIR(k) _mm256_insertf128_ps(_mm256_castps128_ps256(BCEKIT_HALF(k)), BCEKIT_HALF(k + 4), 1)
        __m256 r0 = BCEKIT_PAIR(0), r1 = BCEKIT_PAIR(1), r2 = BCEKIT_PAIR(2), r3 = BCEKIT_PAIR(3);
        __m256 a = _mm256_unpacklo_ps(r0, r1), b = _mm256_unpackhi_ps(r0, r1);
        __m256 d = _mm256_unpacklo_ps(r2, r3), e = _mm256_unpackhi_ps(r2, r3);
        __m256 ad = _mm256_shuffle_ps(a, d, 0x4E), be = _mm256_shuffle_ps(b, e, 0x4E); /* one shuffle and two blends */
        c[0] = _mm256_blend_ps(a, ad, 0xCC);                                           /* for two shuffles */
        c[1] = _mm256_blend_ps(ad, d, 0xCC);
        c[2] = _mm256_blend_ps(b, be, 0xCC);
        c[3] = _mm256_blend_ps(be, e, 0xCC);
        #undef BCEKIT_PAIR
        #undef BCEKIT_HALF
    }

    BCEKIT_INLINE void bcekit_octaves32(const float (*table)[8], const float *index, const float *number,
                                        const float *rest, float *y, ptrdiff_t n, const bcekit_ahead *next,
                                        const bcekit_ahead *also) {
        BCEKIT_START_FETCHING(8);
        for (ptrdiff_t j = 0; j < n; j += 8) {
            __m256 c[8];
            BCEKIT_FETCH;
            bcekit_columns(table, index + j, 0, c);
            bcekit_columns(table, index + j, 4, c + 4);
            __m256 s = c[0];
            if (number)
                s = _mm256_fmadd_ps(_mm256_loadu_ps(number + j), _mm256_set1_ps(BCEKIT_STEP_LOW32), s);
            s = _mm256_add_ps(_mm256_loadu_ps(rest + j), s);
            __m256 r = c[7];
            for (int k = 6; k > 0; k--)
                r = _mm256_fmadd_ps(r, s, c[k]);
            _mm256_storeu_ps(y + j, r);
        }
    }

    BCEKIT_INLINE void bcekit_cells32(const float *a, const float *q, const float *minus_u, float *high, float *low,
                                      ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        BCEKIT_START_FETCHING(8);
        for (ptrdiff_t j = 0; j < n; j += 8) {
            BCEKIT_FETCH;
            __m256i b = _mm256_sub_epi32(_mm256_set1_epi32(BCEKIT_ONE32 + BCEKIT_SCALE32(low)),
                                         _mm256_loadu_si256((const __m256i *)(a + j)));
            __m256i k = _mm256_and_si256(b, _mm256_set1_epi32((int)BCEKIT_POWER32));
            #define BCEKIT_CELL(o) (const void *)BCEKIT_LOG32_TABLE[bcekit_cell32(a, j + o)]
            #define BCEKIT_CELLS(o) \\
                _mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64(BCEKIT_CELL(o))), BCEKIT_CELL(o + 1))
            #define BCEKIT_PAIR(o) _mm256_insertf128_ps(_mm256_castps128_ps256(BCEKIT_CELLS(o)), BCEKIT_CELLS(o + 4), 1)
            __m256 r01 = BCEKIT_PAIR(0), r23 = BCEKIT_PAIR(2);
            #undef BCEKIT_PAIR
            #undef BCEKIT_CELLS
            #undef BCEKIT_CELL
            __m256 inverse = _mm256_shuffle_ps(r01, r23, 0x88), l = _mm256_shuffle_ps(r01, r23, 0xDD);
            __m256 e = _mm256_cvtepi32_ps(_mm256_and_si256(k, _mm256_set1_epi32(0x7fffffff)));      /* n 2**23 */
            if (low)
                k = _mm256_sub_epi32(k, _mm256_set1_epi32(BCEKIT_SCALE32(low)));
            inverse = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(inverse), k));
            __m256 s = _mm256_fmsub_ps(_mm256_loadu_ps(minus_u + j), inverse, _mm256_set1_ps(1.0f));
            s = _mm256_fmadd_ps(_mm256_loadu_ps(q + j), inverse, s);
            __m256 p = _mm256_fmadd_ps(_mm256_set1_ps(BCEKIT_CELL2_32), s, _mm256_set1_ps(BCEKIT_CELL1_32));
            p = _mm256_fmadd_ps(p, s, _mm256_set1_ps(BCEKIT_CELL0_32));
            __m256 u = _mm256_mul_ps(s, s);
            __m256 r = _mm256_fmsub_ps(p, u, s);
            __m256 h = _mm256_fmadd_ps(e, _mm256_set1_ps(BCEKIT_LN2_SHORT32 * 0x1p-23f), l);
            __m256 t = _mm256_fmadd_ps(e, _mm256_set1_ps(BCEKIT_LN2_REST32 * 0x1p-23f), r);
            if (!low) {
                _mm256_storeu_ps(high + j, _mm256_add_ps(h, t));
                continue;
            }
            b = _mm256_and_si256(b, _mm256_set1_epi32(0x7fffffff));
            __m256 near = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(BCEKIT_BEYOND_ONE32), b));
            __m256 lost = _mm256_mul_ps(_mm256_fmsub_ps(p, u, _mm256_add_ps(s, r)), _mm256_set1_ps(BCEKIT_LESS32));
            _mm256_storeu_ps(high + j, _mm256_blendv_ps(h, r, near));
            _mm256_storeu_ps(low + j, _mm256_blendv_ps(t, lost, near));
        }
    }

    BCEKIT_INLINE void bcekit_columns64(const double *const *rows, int half, __m256d *c) {
        #define BCEKIT_PAIR(j, k, o) _mm256_insertf128_pd( \\
            _mm256_castpd128_pd256(_mm_loadu_pd(rows[j] + half + o)), _mm_loadu_pd(rows[k] + half + o), 1)
        __m256d r0 = BCEKIT_PAIR(0, 2, 0), r1 = BCEKIT_PAIR(1, 3, 0);
        __m256d r2 = BCEKIT_PAIR(0, 2, 2), r3 = BCEKIT_PAIR(1, 3, 2);
        c[0] = _mm256_unpacklo_pd(r0, r1);
        c[1] = _mm256_unpackhi_pd(r0, r1);
        c[2] = _mm256_unpacklo_pd(r2, r3);
        c[3] = _mm256_unpackhi_pd(r2, r3);
        #undef BCEKIT_PAIR
    }

    #define BCEKIT_WIDTH64 4
    #define BCEKIT_REAL64 __m256d
    #define BCEKIT_64(name) _mm256_##name
    #define BCEKIT_LOGICAL64 __m256d
    #define BCEKIT_CHOOSE64(where, x, other) _mm256_blendv_pd(other, x, where)

    BCEKIT_INLINE __m256d bcekit_parts64(const double *table, const long long *bits, int low, __m256d *inverse,
                                         __m256d *l, __m256d *m, __m256d *n) {
        __m256i y = _mm256_loadu_si256((const __m256i *)bits);
        __m256i b = _mm256_sub_epi64(y, _mm256_set1_epi64x(BCEKIT_FIRST64 + BCEKIT_SCALE64(low)));
        #define BCEKIT_CELL(j) _mm_loadu_pd(table + 2 * bcekit_cell64(bits[j]))
        #define BCEKIT_PAIR(j, k) _mm256_insertf128_pd(_mm256_castpd128_pd256(BCEKIT_CELL(j)), BCEKIT_CELL(k), 1)
        __m256d r0 = BCEKIT_PAIR(0, 2), r1 = BCEKIT_PAIR(1, 3);
        #undef BCEKIT_PAIR
        #undef BCEKIT_CELL
        *inverse = _mm256_unpacklo_pd(r0, r1);
        *l = _mm256_unpackhi_pd(r0, r1);
        *m = _mm256_castsi256_pd(_mm256_add_epi64(_mm256_and_si256(b, _mm256_set1_epi64x(0xFFFFFFFFFFFFFLL)),
                                                  _mm256_set1_epi64x(BCEKIT_FIRST64)));
        __m256i exponent = _mm256_srli_epi64(_mm256_xor_si256(b, _mm256_set1_epi64x(INT64_MIN)), 52);
        *n = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(exponent, _mm256_set1_epi64x(0x4330000000000000LL))),
                           _mm256_set1_pd(BCEKIT_OCTAVES_MORE));
        return _mm256_castsi256_pd(_mm256_cmpgt_epi64(b, _mm256_set1_epi64x(BCEKIT_NEAR_ONE64 - 1)));
    }
    #else
    #define BCEKIT_TABLE32(NAME) static const float NAME##_TABLE[2][32][8] = { \\
        {NAME(BCEKIT_NEAR_ROW)}, {NAME(BCEKIT_ROW)}};
    #define BCEKIT_OCTAVES32(NAME, number) \\
        bcekit_octaves32(NAME##_TABLE[(number) != NULL], index, number, rest, y, n, next, also)
    static const float BCEKIT_LOG32_TABLE[32][2] = {BCEKIT_LOG32(BCEKIT_BOTH)};

    /* Rows are turned into columns so that the arithmetic, which may be an emulation, is vectorised. */
    #define BCEKIT_TOGETHER 32

    BCEKIT_INLINE void bcekit_octaves32(const float (*table)[8], const float *index, const float *number,
                                        const float *rest, float *y, ptrdiff_t n, const bcekit_ahead *next,
                                        const bcekit_ahead *also) {
        float c[8][BCEKIT_TOGETHER];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_TOGETHER) {
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                const float *row = table[bcekit_int_at(index, j + i) & 31];
                for (int k = 0; k < 8; k++)
                    c[k][i] = row[k];
            }
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                float s = number ? bcekit_fma32(number[j + i], BCEKIT_STEP_LOW32, c[0][i]) : c[0][i];
                s = rest[j + i] + s;
                float r = bcekit_fma32(c[7][i], s, c[6][i]);
                r = bcekit_fma32(r, s, c[5][i]);
                r = bcekit_fma32(r, s, c[4][i]);
                r = bcekit_fma32(r, s, c[3][i]);
                r = bcekit_fma32(r, s, c[2][i]);
                c[0][i] = bcekit_fma32(r, s, c[1][i]);
            }
            memcpy(y + j, c[0], sizeof c[0]);
        }
    }

    BCEKIT_INLINE void bcekit_cells32(const float *a, const float *q, const float *minus_u, float *high, float *low,
                                      ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        float inverse[BCEKIT_TOGETHER], l[BCEKIT_TOGETHER];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_TOGETHER) {
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                const float *row = BCEKIT_LOG32_TABLE[bcekit_cell32(a, j + i)];
                inverse[i] = row[0];
                l[i] = row[1];
            }
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                unsigned b = BCEKIT_ONE32 + BCEKIT_SCALE32(low) - (unsigned)bcekit_bits32(a[j + i]);
                unsigned k = b & BCEKIT_POWER32;
                float e = (float)(int)(k & 0x7fffffff);     /* n 2**23 */
                float x = bcekit_float32((int)((unsigned)bcekit_bits32(inverse[i]) + k - BCEKIT_SCALE32(low)));
                float s = bcekit_fma32(minus_u[j + i], x, -1.0f);
                s = bcekit_fma32(q[j + i], x, s);
                float p = bcekit_fma32(BCEKIT_CELL2_32, s, BCEKIT_CELL1_32);
                p = bcekit_fma32(p, s, BCEKIT_CELL0_32);
                float u = s * s;
                float r = bcekit_fma32(p, u, -s);
                float h = bcekit_fma32(e, BCEKIT_LN2_SHORT32 * 0x1p-23f, l[i]);
                float t = bcekit_fma32(e, BCEKIT_LN2_REST32 * 0x1p-23f, r);
                int near = low && (b & 0x7fffffff) < BCEKIT_BEYOND_ONE32;
                inverse[i] = low ? (near ? r : h) : h + t;
                l[i] = near ? bcekit_fma32(p, u, -(s + r)) * BCEKIT_LESS32 : t;
            }
            memcpy(high + j, inverse, sizeof inverse);
            if (low)
                memcpy(low + j, l, sizeof l);
        }
    }

    BCEKIT_INLINE void bcekit_octaves64(const double *table, const double *index, const double *s, double *y,
                                        double *low, ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        double c[8][BCEKIT_TOGETHER];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_TOGETHER) {
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                const double *row = bcekit_row64(table - 8 * 56, index, j + i);
                for (int k = 0; k < 8; k++)
                    c[k][i] = row[k];
            }
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                double x = s[j + i];
                double r = bcekit_fma64(c[7][i], x, c[6][i]);
                r = bcekit_fma64(r, x, c[5][i]);
                r = bcekit_fma64(r, x, c[4][i]);
                r = bcekit_fma64(r, x, c[3][i]);
                r = bcekit_fma64(r, x, c[2][i]);
                r = bcekit_fma64(r, x, c[1][i]);
                double v = bcekit_fma64(r, x, c[0][i]);
                c[1][i] = low ? bcekit_fma64(r, x, c[0][i] - v) : 0.0;
                c[0][i] = v;
            }
            memcpy(y + j, c[0], sizeof c[0]);
            if (low)
                memcpy(low + j, c[1], sizeof c[1]);
        }
    }

    BCEKIT_INLINE void bcekit_cells64(const double *table, const long long *bits, const double *ml, double *high,
                                      double *low, ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        double inverse[BCEKIT_TOGETHER], l[BCEKIT_TOGETHER];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_TOGETHER) {
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                const double *row = table + 2 * bcekit_cell64(bits[j + i]);
                inverse[i] = row[0];
                l[i] = row[1];
            }
            for (int i = 0; i < BCEKIT_TOGETHER; i++) {
                long long b = (long long)((uint64_t)bits[j + i] - (BCEKIT_FIRST64 + BCEKIT_SCALE64(low)));
                uint64_t exponent = ((uint64_t)b ^ 0x8000000000000000u) >> 52;
                double e = BCEKIT_OCTAVES_MORE - bcekit_float64((int64_t)(exponent | 0x4330000000000000u)); /* -n */
                double m = bcekit_float64((b & 0xFFFFFFFFFFFFFLL) + BCEKIT_FIRST64);
                double s = bcekit_fma64(m, inverse[i], -1.0);
                s = bcekit_fma64(ml[j + i], inverse[i], s);
                double p = bcekit_fma64(BCEKIT_CELL5_64, s, BCEKIT_CELL4_64);
                p = bcekit_fma64(p, s, BCEKIT_CELL3_64);
                p = bcekit_fma64(p, s, BCEKIT_CELL2_64);
                p = bcekit_fma64(p, s, BCEKIT_CELL1_64);
                p = bcekit_fma64(p, s, BCEKIT_CELL0_64);
                double u = s * s;
                double r = bcekit_fma64(p, u, -s);
                double h = bcekit_fma64(e, BCEKIT_LN2_SHORT64, l[i]);
                double t = bcekit_fma64(e, BCEKIT_LN2_REST64, r);
                int near = low && b >= BCEKIT_NEAR_ONE64;
                inverse[i] = low ? (near ? r : h) : h + t;
                l[i] = near ? bcekit_fma64(p, u, -(s + r)) * BCEKIT_LESS64 : t;
            }
            memcpy(high + j, inverse, sizeof inverse);
            if (low)
                memcpy(low + j, l, sizeof l);
        }
    }
    #endif

    /* Four columns of eight floats from eight rows of four, and of four doubles from four rows of four. */
    #if defined(__AVX2__)
    #define BCEKIT_TURNS 1
    BCEKIT_INLINE void bcekit_turn_floats(const float *from, ptrdiff_t row, float *to, ptrdiff_t to_row) {
        #define BCEKIT_PAIR(k) _mm256_insertf128_ps( \\
            _mm256_castps128_ps256(_mm_loadu_ps(from + (k) * row)), _mm_loadu_ps(from + ((k) + 4) * row), 1)
        __m256 r0 = BCEKIT_PAIR(0), r1 = BCEKIT_PAIR(1), r2 = BCEKIT_PAIR(2), r3 = BCEKIT_PAIR(3);
        __m256 a = _mm256_unpacklo_ps(r0, r1), b = _mm256_unpackhi_ps(r0, r1);
        __m256 d = _mm256_unpacklo_ps(r2, r3), e = _mm256_unpackhi_ps(r2, r3);
        _mm256_storeu_ps(to, _mm256_shuffle_ps(a, d, 0x44));
        _mm256_storeu_ps(to + to_row, _mm256_shuffle_ps(a, d, 0xEE));
        _mm256_storeu_ps(to + 2 * to_row, _mm256_shuffle_ps(b, e, 0x44));
        _mm256_storeu_ps(to + 3 * to_row, _mm256_shuffle_ps(b, e, 0xEE));
        #undef BCEKIT_PAIR
    }

    BCEKIT_INLINE void bcekit_turn_doubles(const double *from, ptrdiff_t row, double *to, ptrdiff_t to_row) {
        #define BCEKIT_PAIR(k, o) _mm256_insertf128_pd( \\
            _mm256_castpd128_pd256(_mm_loadu_pd(from + (k) * row + o)), _mm_loadu_pd(from + ((k) + 2) * row + o), 1)
        __m256d r0 = BCEKIT_PAIR(0, 0), r1 = BCEKIT_PAIR(1, 0), r2 = BCEKIT_PAIR(0, 2), r3 = BCEKIT_PAIR(1, 2);
        _mm256_storeu_pd(to, _mm256_unpacklo_pd(r0, r1));
        _mm256_storeu_pd(to + to_row, _mm256_unpackhi_pd(r0, r1));
        _mm256_storeu_pd(to + 2 * to_row, _mm256_unpacklo_pd(r2, r3));
        _mm256_storeu_pd(to + 3 * to_row, _mm256_unpackhi_pd(r2, r3));
        #undef BCEKIT_PAIR
    }
    #else
    #define BCEKIT_TURNS 0
    #define bcekit_turn_floats(from, row, to, to_row) ((void)0)
    #define bcekit_turn_doubles(from, row, to, to_row) ((void)0)
    #endif

    #if !defined(BCEKIT_FUSES)
    #define BCEKIT_FUSES 0
    #define bcekit_hard_cells32(q, t, v, n, next, also) 0
    #endif

    #if !defined(BCEKIT_WIDENS)
    #define BCEKIT_WIDENS 0
    #define bcekit_add_lanes(lanes, v, n) ((void)0)
    #define bcekit_add_sixteens(v, length, count, to) ((void)0)
    #endif

    #if defined(BCEKIT_WIDTH64)
    BCEKIT_INLINE void bcekit_octaves64(const double *table, const double *index, const double *s, double *y,
                                        double *low, ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        BCEKIT_START_FETCHING(BCEKIT_WIDTH64);
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_WIDTH64) {
            const double *rows[BCEKIT_WIDTH64];
            BCEKIT_REAL64 c[8];
            BCEKIT_FETCH;
            for (int k = 0; k < BCEKIT_WIDTH64; k++)
                rows[k] = bcekit_row64(table - 8 * 56, index, j + k);
            bcekit_columns64(rows, 0, c);
            bcekit_columns64(rows, 4, c + 4);
            BCEKIT_REAL64 x = BCEKIT_64(loadu_pd)(s + j);
            BCEKIT_REAL64 r = c[7];
            for (int k = 6; k > 0; k--)
                r = BCEKIT_64(fmadd_pd)(r, x, c[k]);
            BCEKIT_REAL64 v = BCEKIT_64(fmadd_pd)(r, x, c[0]);
            BCEKIT_64(storeu_pd)(y + j, v);
            if (low)
                BCEKIT_64(storeu_pd)(low + j, BCEKIT_64(fmadd_pd)(r, x, BCEKIT_64(sub_pd)(c[0], v)));
        }
    }

    BCEKIT_INLINE void bcekit_cells64(const double *table, const long long *bits, const double *ml, double *high,
                                      double *low, ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        BCEKIT_START_FETCHING(BCEKIT_WIDTH64);
        for (ptrdiff_t j = 0; j < n; j += BCEKIT_WIDTH64) {
            BCEKIT_REAL64 inverse, l, m, e;
            BCEKIT_FETCH;
            BCEKIT_LOGICAL64 near = bcekit_parts64(table, bits + j, !!low, &inverse, &l, &m, &e);
            BCEKIT_REAL64 s = BCEKIT_64(fmsub_pd)(m, inverse, BCEKIT_64(set1_pd)(1.0));
            s = BCEKIT_64(fmadd_pd)(BCEKIT_64(loadu_pd)(ml + j), inverse, s);
            BCEKIT_REAL64 p = BCEKIT_64(set1_pd)(BCEKIT_CELL5_64);
            p = BCEKIT_64(fmadd_pd)(p, s, BCEKIT_64(set1_pd)(BCEKIT_CELL4_64));
            p = BCEKIT_64(fmadd_pd)(p, s, BCEKIT_64(set1_pd)(BCEKIT_CELL3_64));
            p = BCEKIT_64(fmadd_pd)(p, s, BCEKIT_64(set1_pd)(BCEKIT_CELL2_64));
            p = BCEKIT_64(fmadd_pd)(p, s, BCEKIT_64(set1_pd)(BCEKIT_CELL1_64));
            p = BCEKIT_64(fmadd_pd)(p, s, BCEKIT_64(set1_pd)(BCEKIT_CELL0_64));
            BCEKIT_REAL64 u = BCEKIT_64(mul_pd)(s, s);
            BCEKIT_REAL64 r = BCEKIT_64(fmsub_pd)(p, u, s);
            BCEKIT_REAL64 h = BCEKIT_64(fnmadd_pd)(e, BCEKIT_64(set1_pd)(BCEKIT_LN2_SHORT64), l);
            BCEKIT_REAL64 t = BCEKIT_64(fnmadd_pd)(e, BCEKIT_64(set1_pd)(BCEKIT_LN2_REST64), r);
            if (!low) {
                BCEKIT_64(storeu_pd)(high + j, BCEKIT_64(add_pd)(h, t));
                continue;
            }
            BCEKIT_REAL64 lost = BCEKIT_64(fmsub_pd)(p, u, BCEKIT_64(add_pd)(s, r));
            lost = BCEKIT_64(mul_pd)(lost, BCEKIT_64(set1_pd)(BCEKIT_LESS64));
            BCEKIT_64(storeu_pd)(high + j, BCEKIT_CHOOSE64(near, r, h));
            BCEKIT_64(storeu_pd)(low + j, BCEKIT_CHOOSE64(near, lost, t));
        }
    }
    #endif

    BCEKIT_TABLE32(BCEKIT_SOFTPLUS32)
    BCEKIT_TABLE32(BCEKIT_SHARE32)
    BCEKIT_TABLE32(BCEKIT_CURVATURE32)

    static void bcekit_softplus_octaves32(const float *index, const float *number, const float *rest, float *y,
                                     ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        if (number)
            BCEKIT_OCTAVES32(BCEKIT_SOFTPLUS32, number);
        else
            BCEKIT_OCTAVES32(BCEKIT_SOFTPLUS32, NULL);
    }
    static void bcekit_share_octaves32(const float *index, const float *number, const float *rest, float *y,
                                     ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        if (number)
            BCEKIT_OCTAVES32(BCEKIT_SHARE32, number);
        else
            BCEKIT_OCTAVES32(BCEKIT_SHARE32, NULL);
    }
    static void bcekit_curvature_octaves32(const float *index, const float *number, const float *rest, float *y,
                                     ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        if (number)
            BCEKIT_OCTAVES32(BCEKIT_CURVATURE32, number);
        else
            BCEKIT_OCTAVES32(BCEKIT_CURVATURE32, NULL);
    }
    static void bcekit_log32(const float *a, const float *q, const float *minus_u, float *high, float *low, ptrdiff_t n,
                             const bcekit_ahead *next, const bcekit_ahead *also) {
        if (low)
            bcekit_cells32(a, q, minus_u, high, low, n, next, also);
        else
            bcekit_cells32(a, q, minus_u, high, NULL, n, next, also);
    }
    static void bcekit_look_up64(const double *table, const double *index, const double *s, double *y, double *low,
                                 ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        if (low)
            bcekit_octaves64(table, index, s, y, low, n, next, also);
        else
            bcekit_octaves64(table, index, s, y, NULL, n, next, also);
    }
    static void bcekit_log64(const double *table, const long long *bits, const double *ml, double *high, double *low,
                             ptrdiff_t n, const bcekit_ahead *next, const bcekit_ahead *also) {
        if (low)
            bcekit_cells64(table, bits, ml, high, low, n, next, also);
        else
            bcekit_cells64(table, bits, ml, high, NULL, n, next, also);
    }
    """
    ctypedef struct Ahead "bcekit_ahead":
        const char *data
        Py_ssize_t step

    const bint FUSES "BCEKIT_FUSES"
    bint hard_cells32 "bcekit_hard_cells32"(const float *q, const float *t, float *v, Py_ssize_t n, const Ahead *next,
                                            const Ahead *also) noexcept nogil
    const bint WIDENS "BCEKIT_WIDENS"
    void add_lanes "bcekit_add_lanes"(double *lanes, const float *v, Py_ssize_t n) noexcept nogil
    void add_sixteens "bcekit_add_sixteens"(const float *v, Py_ssize_t length, Py_ssize_t count,
                                            double *to) noexcept nogil
    const bint TURNS "BCEKIT_TURNS"
    void turn_floats "bcekit_turn_floats"(const float *source, Py_ssize_t row, float *to,
                                          Py_ssize_t to_row) noexcept nogil
    void turn_doubles "bcekit_turn_doubles"(const double *source, Py_ssize_t row, double *to,
                                            Py_ssize_t to_row) noexcept nogil
    void softplus_octaves32 "bcekit_softplus_octaves32"(
        const float *index, const float *number, const float *rest, float *y, Py_ssize_t n, const Ahead *next,
        const Ahead *also) noexcept nogil
    void share_octaves32 "bcekit_share_octaves32"(
        const float *index, const float *number, const float *rest, float *y, Py_ssize_t n, const Ahead *next,
        const Ahead *also) noexcept nogil
    void curvature_octaves32 "bcekit_curvature_octaves32"(
        const float *index, const float *number, const float *rest, float *y, Py_ssize_t n, const Ahead *next,
        const Ahead *also) noexcept nogil
    const float LN2_SHORT32 "BCEKIT_LN2_SHORT32"
    const float LN2_REST32 "BCEKIT_LN2_REST32"
    const double LN2_SHORT64 "BCEKIT_LN2_SHORT64"
    const double LN2_REST64 "BCEKIT_LN2_REST64"
    void log_cells32 "bcekit_log32"(const float *a, const float *q, const float *minus_u, float *high, float *low,
                                    Py_ssize_t n, const Ahead *next, const Ahead *also) noexcept nogil
    void octaves64 "bcekit_look_up64"(const double *table, const double *index, const double *s, double *y,
                                      double *low, Py_ssize_t n, const Ahead *next, const Ahead *also) noexcept nogil
    void log_cells64 "bcekit_log64"(const double *table, const long long *bits, const double *ml, double *high,
                                    double *low, Py_ssize_t n, const Ahead *next, const Ahead *also) noexcept nogil
