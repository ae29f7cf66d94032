/// A number of 0 or more with a fixed count of decimals.
func decimal(_ value: Double, _ places: Int = 2) -> String {
    let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
    let digits = String(Int((value * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return padded.dropLast(places) + "." + padded.suffix(places)
}
