/// `count` evenly spaced values from `start` to `end`, as numpy rounds them.
func linspace(_ start: Double, _ end: Double, count: Int) -> [Double] {
    guard count > 1 else { return [start] }
    let step = (end - start) / Double(count - 1)
    return (0..<count - 1).map { Double($0) * step + start } + [end]
}

/// `value` between -`limit` and `limit`; NaN stays NaN.
func clamped(_ value: Float, to limit: Float) -> Float {
    if value > limit { return limit }
    return value < -limit ? -limit : value
}
