// One instruction a function: what Swift's SIMD types cannot say. Swift inlines these. Those with vectors only the
// micro-kernels of an instruction set call, in a target that is compiled with the matching -m flags.
#pragma once
#define SDLITE_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
struct sdlite_registers { unsigned eax, ebx, ecx, edx; };
/// What the processor says about itself under `leaf`, `subleaf`.
SDLITE_INLINE struct sdlite_registers sdlite_cpuid(unsigned leaf, unsigned subleaf) {
    struct sdlite_registers r;
    __asm__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "0"(leaf), "2"(subleaf));
    return r;
}
/// The registers that the operating system saves (XCR0). Only where CPUID says OSXSAVE.
SDLITE_INLINE unsigned sdlite_saved_registers(void) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}
#endif

#if defined(__AVX2__)
#include <immintrin.h>

/// 8 int8 at `p`, as floats.
SDLITE_INLINE __m256 sdlite_load_int8(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
/// 8 IEEE half floats at `p`, as floats.
SDLITE_INLINE __m256 sdlite_load_float16(const void *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
/// 8 int16 at `p`, as floats.
SDLITE_INLINE __m256 sdlite_load_int16(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)p)));
}
/// 8 int32 as floats.
SDLITE_INLINE __m256 sdlite_to_float(__m256i a) { return _mm256_cvtepi32_ps(a); }
/// Each lane of 32 bits: `sum + a.low · b.low + a.high · b.high` of its int16 pairs.
SDLITE_INLINE __m256i sdlite_multiply_add_pairs(__m256i a, __m256i b, __m256i sum) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}
/// (even[i], odd[i]) of 8 int8 each, as int16 pairs.
SDLITE_INLINE __m256i sdlite_load_int8_pairs(const void *even, const void *odd) {
    return _mm256_cvtepi8_epi16(
        _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)even), _mm_loadl_epi64((const __m128i *)odd)));
}
/// 8 floats, rounded to nearest, as int16 at `p`.
SDLITE_INLINE void sdlite_store_int16(void *p, __m256 a) {
    __m256i i = _mm256_cvtps_epi32(a);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1)));
}
/// b where either is NaN.
SDLITE_INLINE __m256 sdlite_max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
SDLITE_INLINE __m256 sdlite_min(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)
// The same for vectors of twice the width.
SDLITE_INLINE __m512 sdlite_load_int8_16(const void *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
SDLITE_INLINE __m512 sdlite_load_float16_16(const void *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
SDLITE_INLINE __m512 sdlite_load_int16_16(const void *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)p)));
}
SDLITE_INLINE void sdlite_store_int16_16(void *p, __m512 a) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(a)));
}
SDLITE_INLINE __m512 sdlite_to_float_16(__m512i a) { return _mm512_cvtepi32_ps(a); }
SDLITE_INLINE __m512i sdlite_multiply_add_pairs_16(__m512i a, __m512i b, __m512i sum) {
    // The compiler would take the intrinsic apart again into a product and a sum.
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}
SDLITE_INLINE __m512i sdlite_load_int8_pairs_16(const void *even, const void *odd) {
    __m128i e = _mm_loadu_si128((const __m128i *)even), o = _mm_loadu_si128((const __m128i *)odd);
    return _mm512_cvtepi8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(e, o), _mm_unpacklo_epi8(e, o)));
}
SDLITE_INLINE __m512 sdlite_max_16(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
SDLITE_INLINE __m512 sdlite_min_16(__m512 a, __m512 b) { return _mm512_min_ps(a, b); }
#endif
