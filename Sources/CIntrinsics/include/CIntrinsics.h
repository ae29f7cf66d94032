// One instruction a function: what Swift's SIMD types cannot say. Swift inlines these; only the micro-kernels of an
// instruction set call them, in a target that is compiled with the matching -m flags.
#pragma once
#if defined(__AVX2__)
#include <immintrin.h>

#define SDLITE_INLINE static inline __attribute__((always_inline))

/// 8 int8 at `p`, as floats.
SDLITE_INLINE __m256 sdlite_load_int8(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
/// 8 IEEE half floats at `p`, as floats.
SDLITE_INLINE __m256 sdlite_load_float16(const void *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
SDLITE_INLINE __m256 sdlite_max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
SDLITE_INLINE __m256 sdlite_min(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
#endif
