// What the shared micro-kernels are written in, as AVX2 + FMA + F16C instructions.
import CIntrinsics

typealias Vector = SIMD8<Float>
typealias Words = SIMD8<Int32>
/// Two int16 for each of a vector's lanes.
typealias Pairs = SIMD16<Int16>
@_transparent var lanes: Int { 8 }

@_transparent func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector { sum.addingProduct(a, b) }
@_transparent func maximum(_ a: Vector, _ b: Vector) -> Vector { sdlite_max(a, b) }
@_transparent func minimum(_ a: Vector, _ b: Vector) -> Vector { sdlite_min(a, b) }
@_transparent func maximum(_ a: Words, _ b: Words) -> Words { a.replacing(with: b, where: b .> a) }
@_transparent func loadInt8(_ p: UnsafeRawPointer) -> Vector { sdlite_load_int8(p) }
@_transparent func loadFloat16(_ p: UnsafeRawPointer) -> Vector { sdlite_load_float16(p) }

@_transparent func multiplyAddPairs(_ a: Pairs, _ b: Pairs, _ sum: Words) -> Words {
    unsafeBitCast(
        sdlite_multiply_add_pairs(
            unsafeBitCast(a, to: SIMD4<Int64>.self), unsafeBitCast(b, to: SIMD4<Int64>.self),
            unsafeBitCast(sum, to: SIMD4<Int64>.self)),
        to: Words.self)
}
@_transparent func toFloat(_ v: Words) -> Vector { sdlite_to_float(unsafeBitCast(v, to: SIMD4<Int64>.self)) }
@_transparent func loadInt8Pairs(_ even: UnsafeRawPointer, _ odd: UnsafeRawPointer) -> Pairs {
    unsafeBitCast(sdlite_load_int8_pairs(even, odd), to: Pairs.self)
}
@_transparent func storeInt16(_ v: Vector, _ p: UnsafeMutablePointer<Int16>) { sdlite_store_int16(p, v) }
@_transparent func loadInt16(_ p: UnsafePointer<Int16>) -> Vector { sdlite_load_int16(p) }
