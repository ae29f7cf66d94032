/// Columns of a register tile, and queries that attention works on at a time: those of two vectors.
public let tileColumns = 2 * lanes
/// Columns that the weights lie in memory by.
@_transparent var panelColumns: Int { 16 }

@_transparent func load(_ p: UnsafePointer<Float>) -> Vector { UnsafeRawPointer(p).loadUnaligned(as: Vector.self) }
@_transparent func load(_ p: UnsafeMutablePointer<Float>) -> Vector { load(UnsafePointer(p)) }
@_transparent func store(_ v: Vector, _ p: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
}
@_transparent func broadcast(_ x: Float) -> Vector { Vector(repeating: x) }
