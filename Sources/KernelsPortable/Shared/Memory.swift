@_transparent func load(_ p: UnsafePointer<Float>) -> Vector { UnsafeRawPointer(p).loadUnaligned(as: Vector.self) }
@_transparent func load(_ p: UnsafeMutablePointer<Float>) -> Vector { load(UnsafePointer(p)) }
@_transparent func store(_ v: Vector, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
}
@_transparent func broadcast(_ x: Float) -> Vector { Vector(repeating: x) }

@inline(__always) func horizontalMaximum(_ v: Vector) -> Float {
    var m = v[0]
    for i in 1..<8 where v[i] > m { m = v[i] }
    return m
}
@inline(__always) func horizontalSum(_ v: Vector) -> Float {
    let a = v.lowHalf + v.highHalf
    let b = a.lowHalf + a.highHalf
    return b[0] + b[1]
}
