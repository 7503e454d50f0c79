# Polynomials by octaves: from s = rest + low and the octave of each element to the quantity of a table. exp and whatever is
# made of it are one polynomial each this way, with coefficients that are looked up, instead of a polynomial for exp, one
# for log1p, and a division.
#
# Logarithms likewise by cells: -log(m + ml) as lead + tail for m in (1/2, 1], whose cell five bits of `bits` say.
#
# The last five bits of `index` say which row of a table (tables32.pxi) it is. `next` and `also` are where the next block
# will be read or written: it is fetched meanwhile, which a processor does by itself only while memory is being read.

cdef extern from *:
    """
    #include <stddef.h>

    #define BCEKIT_COLUMN0(a, b, c, d, e, f, g, h) a,
    #define BCEKIT_COLUMN1(a, b, c, d, e, f, g, h) b,
    #define BCEKIT_COLUMN2(a, b, c, d, e, f, g, h) c,
    #define BCEKIT_COLUMN3(a, b, c, d, e, f, g, h) d,
    #define BCEKIT_COLUMN4(a, b, c, d, e, f, g, h) e,
    #define BCEKIT_COLUMN5(a, b, c, d, e, f, g, h) f,
    #define BCEKIT_COLUMN6(a, b, c, d, e, f, g, h) g,
    #define BCEKIT_COLUMN7(a, b, c, d, e, f, g, h) h,
    #define BCEKIT_ROW(a, b, c, d, e, f, g, h) {a, b, c, d, e, f, g, h},

    #if defined(__AVX512F__)
    #include <immintrin.h>

    /* A column of 32 fits two registers, and one instruction looks 16 elements up in them. */
    #define BCEKIT_TABLE32(NAME) static const float NAME##_TABLE[8][32] = { \\
        {NAME(BCEKIT_COLUMN0)}, {NAME(BCEKIT_COLUMN1)}, {NAME(BCEKIT_COLUMN2)}, {NAME(BCEKIT_COLUMN3)}, \\
        {NAME(BCEKIT_COLUMN4)}, {NAME(BCEKIT_COLUMN5)}, {NAME(BCEKIT_COLUMN6)}, {NAME(BCEKIT_COLUMN7)}};

    BCEKIT_INLINE void bcekit_octaves32(const float (*table)[32], const int *index, const float *rest, const float *low, float *y,
                                        ptrdiff_t n, const float *next, const float *also) {
        __m512 first[8], second[8];
        for (int k = 0; k < 8; k++) {
            first[k] = _mm512_loadu_ps(table[k]);
            second[k] = _mm512_loadu_ps(table[k] + 16);
        }
        #define BCEKIT_LOOK_UP(k) _mm512_permutex2var_ps(first[k], i, second[k])
        for (ptrdiff_t j = 0; j < n; j += 16) {
            _mm_prefetch((const char *)(next + j), _MM_HINT_T0);
            _mm_prefetch((const char *)(also + j), _MM_HINT_T0);
            __m512i i = _mm512_loadu_si512(index + j);
            __m512 s = _mm512_add_ps(_mm512_loadu_ps(rest + j), _mm512_add_ps(_mm512_loadu_ps(low + j), BCEKIT_LOOK_UP(0)));
            __m512 r = BCEKIT_LOOK_UP(7);
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(6));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(5));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(4));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(3));
            r = _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(2));
            _mm512_storeu_ps(y + j, _mm512_fmadd_ps(r, s, BCEKIT_LOOK_UP(1)));
        }
    }

    BCEKIT_INLINE void bcekit_cells32(const float (*table)[32], const int *bits, const float *m, const float *ml,
                                      float *lead, float *tail, ptrdiff_t n, const float *next, const float *also) {
        __m512 first[6], second[6];
        for (int k = 0; k < 6; k++) {
            first[k] = _mm512_loadu_ps(table[k]);
            second[k] = _mm512_loadu_ps(table[k] + 16);
        }
        for (ptrdiff_t j = 0; j < n; j += 16) {
            _mm_prefetch((const char *)(next + j), _MM_HINT_T0);
            _mm_prefetch((const char *)(also + j), _MM_HINT_T0);
            __m512i i = _mm512_srli_epi32(_mm512_loadu_si512(bits + j), 18);
            __m512 f = _mm512_add_ps(_mm512_sub_ps(_mm512_loadu_ps(m + j), BCEKIT_LOOK_UP(0)), _mm512_loadu_ps(ml + j));
            __m512 r = BCEKIT_LOOK_UP(5);
            r = _mm512_fmadd_ps(r, f, BCEKIT_LOOK_UP(4));
            r = _mm512_fmadd_ps(r, f, BCEKIT_LOOK_UP(3));
            r = _mm512_fmadd_ps(r, f, BCEKIT_LOOK_UP(2));
            _mm512_storeu_ps(tail + j, _mm512_mul_ps(r, f));
            __m512 l = BCEKIT_LOOK_UP(1);
            __mmask16 linear = _mm512_cmpeq_epi32_mask(_mm512_castps_si512(l), _mm512_setzero_si512());
            _mm512_storeu_ps(lead + j, _mm512_mask_sub_ps(l, linear, l, f));
        }
    }
    #undef BCEKIT_LOOK_UP
    #else
    #define BCEKIT_TABLE32(NAME) static const float NAME##_TABLE[32][8] = {NAME(BCEKIT_ROW)};

    BCEKIT_INLINE void bcekit_octaves32(const float (*table)[8], const int *index, const float *rest, const float *low, float *y,
                                        ptrdiff_t n, const float *next, const float *also) {
        float rows[16][8];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += 16) {
            for (int i = 0; i < 16; i++)
                memcpy(rows[i], table[index[j + i] & 31], sizeof rows[i]);
            for (int i = 0; i < 16; i++) {
                float s = rest[j + i] + (low[j + i] + rows[i][0]);
                float r = bcekit_fma32(rows[i][7], s, rows[i][6]);
                r = bcekit_fma32(r, s, rows[i][5]);
                r = bcekit_fma32(r, s, rows[i][4]);
                r = bcekit_fma32(r, s, rows[i][3]);
                r = bcekit_fma32(r, s, rows[i][2]);
                y[j + i] = bcekit_fma32(r, s, rows[i][1]);
            }
        }
    }

    BCEKIT_INLINE void bcekit_cells32(const float (*table)[8], const int *bits, const float *m, const float *ml,
                                      float *lead, float *tail, ptrdiff_t n, const float *next, const float *also) {
        float rows[16][8];
        (void)next; (void)also;
        for (ptrdiff_t j = 0; j < n; j += 16) {
            for (int i = 0; i < 16; i++)
                memcpy(rows[i], table[(bits[j + i] >> 18) & 31], sizeof rows[i]);
            for (int i = 0; i < 16; i++) {
                float f = (m[j + i] - rows[i][0]) + ml[j + i];
                float r = bcekit_fma32(rows[i][5], f, rows[i][4]);
                r = bcekit_fma32(r, f, rows[i][3]);
                r = bcekit_fma32(r, f, rows[i][2]);
                tail[j + i] = r * f;
                lead[j + i] = rows[i][1] == 0.0f ? rows[i][1] - f : rows[i][1];
            }
        }
    }
    #endif

    BCEKIT_TABLE32(BCEKIT_SOFTPLUS32)
    BCEKIT_TABLE32(BCEKIT_SHARE32)
    BCEKIT_TABLE32(BCEKIT_CURVATURE32)
    BCEKIT_TABLE32(BCEKIT_LOG32)

    static void bcekit_softplus_octaves32(const int *index, const float *rest, const float *low, float *y, ptrdiff_t n,
                                     const float *next, const float *also) {
        bcekit_octaves32(BCEKIT_SOFTPLUS32_TABLE, index, rest, low, y, n, next, also);
    }
    static void bcekit_share_octaves32(const int *index, const float *rest, const float *low, float *y, ptrdiff_t n,
                                     const float *next, const float *also) {
        bcekit_octaves32(BCEKIT_SHARE32_TABLE, index, rest, low, y, n, next, also);
    }
    static void bcekit_curvature_octaves32(const int *index, const float *rest, const float *low, float *y, ptrdiff_t n,
                                     const float *next, const float *also) {
        bcekit_octaves32(BCEKIT_CURVATURE32_TABLE, index, rest, low, y, n, next, also);
    }
    static void bcekit_log_cells32(const int *bits, const float *m, const float *ml, float *lead, float *tail,
                                   ptrdiff_t n, const float *next, const float *also) {
        bcekit_cells32(BCEKIT_LOG32_TABLE, bits, m, ml, lead, tail, n, next, also);
    }
    """
    void softplus_octaves32 "bcekit_softplus_octaves32"(const int *index, const float *rest, const float *low, float *y,
                                     Py_ssize_t n, const float *next, const float *also) noexcept nogil
    void share_octaves32 "bcekit_share_octaves32"(const int *index, const float *rest, const float *low, float *y,
                                     Py_ssize_t n, const float *next, const float *also) noexcept nogil
    void curvature_octaves32 "bcekit_curvature_octaves32"(const int *index, const float *rest, const float *low, float *y,
                                     Py_ssize_t n, const float *next, const float *also) noexcept nogil
    void log_cells32 "bcekit_log_cells32"(const int *bits, const float *m, const float *ml, float *lead, float *tail,
                                          Py_ssize_t n, const float *next, const float *also) noexcept nogil
