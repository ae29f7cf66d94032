// What the shared micro-kernels are written in, as AVX2 + FMA + F16C instructions.
import CIntrinsics

typealias Vector = SIMD8<Float>

@_transparent func multiplyAdd(_ a: Vector, _ b: Vector, _ sum: Vector) -> Vector { sum.addingProduct(a, b) }
@_transparent func maximum(_ a: Vector, _ b: Vector) -> Vector { sdlite_max(a, b) }
@_transparent func minimum(_ a: Vector, _ b: Vector) -> Vector { sdlite_min(a, b) }
@_transparent func loadInt8(_ p: UnsafeRawPointer) -> Vector { sdlite_load_int8(p) }
@_transparent func loadFloat16(_ p: UnsafeRawPointer) -> Vector { sdlite_load_float16(p) }
