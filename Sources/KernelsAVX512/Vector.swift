// What the tiles' micro-kernels are written in, as AVX-512 instructions. Other functions of rows are the AVX2 set's.
import CIntrinsics

typealias Vector = SIMD16<Float>
typealias Words = SIMD16<Int32>
/// Two int16 for each of a vector's lanes.
typealias Pairs = SIMD32<Int16>
@_transparent var lanes: Int { 16 }

@_transparent func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector { sum.addingProduct(a, b) }
@_transparent func maximum(_ a: Vector, _ b: Vector) -> Vector { sdlite_max_16(a, b) }
@_transparent func minimum(_ a: Vector, _ b: Vector) -> Vector { sdlite_min_16(a, b) }
@_transparent func maximum(_ a: Words, _ b: Words) -> Words { a.replacing(with: b, where: b .> a) }
@_transparent func loadInt8(_ p: UnsafeRawPointer) -> Vector { sdlite_load_int8_16(p) }
@_transparent func loadFloat16(_ p: UnsafeRawPointer) -> Vector { sdlite_load_float16_16(p) }

@_transparent func multiplyAddPairs(_ a: Pairs, _ b: Pairs, _ sum: Words) -> Words {
    unsafeBitCast(
        sdlite_multiply_add_pairs_16(
            unsafeBitCast(a, to: SIMD8<Int64>.self), unsafeBitCast(b, to: SIMD8<Int64>.self),
            unsafeBitCast(sum, to: SIMD8<Int64>.self)),
        to: Words.self)
}
@_transparent func toFloat(_ v: Words) -> Vector { sdlite_to_float_16(unsafeBitCast(v, to: SIMD8<Int64>.self)) }
@_transparent func storeInt16(_ v: Vector, _ p: UnsafeMutablePointer<Int16>) { sdlite_store_int16_16(p, v) }
@_transparent func loadInt16(_ p: UnsafePointer<Int16>) -> Vector { sdlite_load_int16_16(p) }
@_transparent func loadInt8Pairs(_ even: UnsafeRawPointer, _ odd: UnsafeRawPointer) -> Pairs {
    unsafeBitCast(sdlite_load_int8_pairs_16(even, odd), to: Pairs.self)
}
