import ArgumentParser

/// A number of bytes as people write it: 300M and 300MB are 300 million, 256MiB are 256 · 1024².
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let units = [
            "": 1, "B": 1, "K": 1e3, "KB": 1e3, "KIB": 0x1p10, "M": 1e6, "MB": 1e6, "MIB": 0x1p20, "G": 1e9, "GB": 1e9,
            "GIB": 0x1p30,
        ]
        let name = argument.dropFirst(number.count).uppercased()
        guard let value = Double(number), let unit = units[name], value > 0 else { return nil }
        let bytes = value * unit
        guard bytes < 1e18 else { return nil }
        self.bytes = Int(bytes)
    }
}

/// "4.3 GB", "39.1 MB": a number of bytes for people.
func byteText(_ bytes: Int) -> String {
    bytes >= 1_000_000_000 ? decimal(Double(bytes) * 1e-9) + " GB" : decimal(Double(bytes) * 1e-6, 1) + " MB"
}
