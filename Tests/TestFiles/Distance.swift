import Foundation

/// Root mean square of the difference in units of that of `expected`. NaN, which is neither above nor below any limit,
/// where the counts differ.
@inlinable
public func relativeRMS(_ found: [Float], _ expected: [some BinaryFloatingPoint]) -> Double {
    guard found.count == expected.count else { return .nan }
    let (difference, size) = zip(found, expected).reduce((0.0, 0.0)) { sums, pair in
        let (found, expected) = (Double(pair.0), Double(pair.1))
        return (sums.0 + (found - expected) * (found - expected), sums.1 + expected * expected)
    }
    return (difference / size).squareRoot()
}

/// Peak signal-to-noise ratio of 8-bit values, in decibels. NaN where the counts differ.
public func psnr(_ found: [UInt8], _ expected: [Float]) -> Double {
    guard found.count == expected.count else { return .nan }
    let error = zip(found, expected).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) } / Double(found.count)
    return 10 * log10(255 * 255 / max(error, 1e-9))
}
