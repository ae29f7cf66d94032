import ArgumentParser

/// A number of bytes as people write it: 300M, 1.5G, 256MiB. Units are powers of 1024, as docker and systemd count.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let powers = ["": 0, "K": 10, "M": 20, "G": 30]
        var unit = argument.dropFirst(number.count).uppercased()
        for ending in ["IB", "B"] where unit.hasSuffix(ending) {
            unit.removeLast(ending.count)
            break
        }
        guard let value = Double(number), let power = powers[unit], value > 0, value < 1e12 else { return nil }
        let bytes = value * Double(1 << power)
        guard bytes < 1e18 else { return nil }
        self.bytes = Int(bytes)
    }
}
