// Every portable micro-kernel against plain loops, as Embedded Swift, so that it runs on processors that there is no
// Swift library for on the machine at hand. `scripts/check-kernels` compiles it into one module with the kernels.
//
// Bounds: u is float32's rounding, 2^-24. A value that goes through n roundings is off by at most n·u of the sum of
// its terms' magnitudes; each bound counts them, generously.

typealias Floats = UnsafeMutablePointer<Float>
let u = 0x1p-24
let untouched: Float = -12345

@_silgen_name("exp") func exponential(_ x: Double) -> Double
@_silgen_name("erf") func errorFunction(_ x: Double) -> Double
@_silgen_name("exit") func exit(_ status: Int32) -> Never

@main struct Checks {
    private var state: UInt64 = 1
    private var comparisons = 0
    private var failures = 0

    static func main() {
        var checks = Checks()
        checks.tiles()
        checks.integerTiles()
        checks.weights()
        checks.winograd()
        checks.functions()
        checks.channels()
        checks.attention()
        checks.attentionInIntegers()
        print(checks.comparisons, terminator: " comparisons, ")
        print(checks.failures, terminator: " failures\n")
        exit(checks.failures == 0 && checks.comparisons > 100_000 ? 0 : 1)
    }

    /// A repeatable number in -1…1.
    mutating func number() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
    mutating func floats(_ count: Int, _ scale: Float = 1) -> Floats {
        let p = Floats.allocate(capacity: count)
        for i in 0..<count { p[i] = scale * number() }
        return p
    }
    mutating func integers(_ count: Int) -> UnsafeMutablePointer<Int16> {
        let p = UnsafeMutablePointer<Int16>.allocate(capacity: count)
        for i in 0..<count { p[i] = Int16(number() * 32_767) }
        return p
    }
    mutating func bytes(_ count: Int) -> UnsafeMutablePointer<Int8> {
        let p = UnsafeMutablePointer<Int8>.allocate(capacity: count)
        for i in 0..<count { p[i] = Int8(number() * 127) }
        return p
    }
    mutating func halves(_ count: Int) -> UnsafeMutablePointer<Float16> {
        let p = UnsafeMutablePointer<Float16>.allocate(capacity: count)
        for i in 0..<count { p[i] = Float16(number()) }
        return p
    }
    func filled(_ count: Int, _ value: Float = untouched) -> Floats {
        let p = Floats.allocate(capacity: count)
        p.initialize(repeating: value, count: count)
        return p
    }

    mutating func compare(_ found: Float, _ expected: Double, within bound: Double, _ name: StaticString, _ at: Int) {
        comparisons += 1
        if abs(Double(found) - expected) <= bound { return }  // not a number is a failure too
        failures += 1
        if failures > 20 { return }
        print(name, terminator: " is wrong at ")
        print(at)
    }
    mutating func compare(_ found: Int, _ expected: Int, _ name: StaticString, _ at: Int) {
        compare(Float(found - expected), 0, within: 0, name, at)
    }
}
