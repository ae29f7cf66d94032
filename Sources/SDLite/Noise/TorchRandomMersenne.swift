/// The Mersenne Twister mt19937 (Matsumoto & Nishimura 1998), seeded as PyTorch seeds it
/// (aten/src/ATen/core/MT19937RNGEngine.h): with the low 32 bits.
struct MersenneTwister: Sendable {
    private var state: [UInt32]
    private var position = 624

    init(seed: UInt64) {
        state = [UInt32(truncatingIfNeeded: seed)]
        for i in 1..<624 {
            let previous = state[i - 1]
            state.append(1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(i))
        }
    }

    mutating func next() -> UInt32 {
        if position == 624 { regenerate() }
        var y = state[position]
        position += 1
        y ^= y >> 11
        y ^= y << 7 & 0x9d2c_5680
        y ^= y << 15 & 0xefc6_0000
        return y ^ y >> 18
    }

    private mutating func regenerate() {
        for i in 0..<624 {
            let y = state[i] & 0x8000_0000 | state[(i + 1) % 624] & 0x7fff_ffff
            state[i] = state[(i + 397) % 624] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
        }
        position = 0
    }
}
