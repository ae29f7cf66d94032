extension Compute {
    /// Computes a map and keeps it.
    /// - Parameters:
    ///   - residual: a map of the same shape that is added
    ///   - target: where the result goes, else a new tensor. It may be one that the map's norm or the residual read, if
    ///     it has their height and width: rows are read before they are overwritten.
    package func stored(
        _ map: FeatureMap, as element: Tensor.Element = .float32, adding residual: FeatureMap? = nil,
        into target: Tensor? = nil
    ) throws -> Tensor {
        let out = try target ?? tensor(map.shape, element)
        precondition(out.count == map.count && residual?.shape ?? map.shape == map.shape)
        if case .computed(let convolution) = map.source, map.norm == nil, !map.isRectified, map.rounding == .float32,
            out.element == .float32, residual == nil
        {
            let pass = try Convolution.Pass(convolution, compute: self)
            try forEachStripe(of: map, mostRows: pass.mostRows, pass.name, productsPerRow: pass.productsPerRow) {
                stripe in
                pass.rows(stripe, into: out.rows(pixels(of: stripe, in: map)))
            }
            return out
        }
        let band = try Band(map, compute: self)
        let other = try residual.map { try Band($0, mostRows: band.mostRows, compute: self) }
        let scratch = try scratch(map.width * map.channels * 4)
        try forEachStripe(of: map, mostRows: band.mostRows, band.name, productsPerRow: band.productsPerRow) { stripe in
            band.advance(to: stripe)
            other?.advance(to: stripe)
            let (held, otherHeld) = (band.held, other?.held)
            pool.forEach(stripe.imageRows) { i, worker in
                let (image, row) = i.quotientAndRemainder(dividingBy: stripe.rows.count)
                let (n, y) = (stripe.images.lowerBound + image, stripe.rows.lowerBound + row)
                var sum = held.row(image: n, y: y)
                if let otherHeld {
                    let floats = scratch[worker].assumingMemoryBound(to: Float.self)
                    floats.update(from: sum, count: map.width * map.channels)
                    kernels.add(otherHeld.row(image: n, y: y), map.width * map.channels, floats)
                    sum = floats
                }
                let first = (n * map.height + y) * map.width
                switch out.element {
                case .float32: (out.pointer + first * map.channels).update(from: sum, count: map.width * map.channels)
                case .int16:
                    for x in 0..<map.width {
                        let (values, scale) = out.integers(row: first + x)
                        scale.pointee = quantize(sum + x * map.channels, map.channels, into: values)
                    }
                }
            }
        }
        return out
    }

    /// A map for later: kept compactly where it is small enough for the limits, else computed when it is read. The values
    /// are the same.
    package func storedIfSmall(_ map: FeatureMap) throws -> FeatureMap {
        let byteCount = compactElement.byteCount(rows: map.count / map.channels, channels: map.channels)
        if byteCount > Run.current.workingSet.largestStoredMap { return map.rounded(to: compactElement) }
        return FeatureMap(try stored(map, as: compactElement))
    }

    /// Rounds a row to int16.
    /// - Returns: the scale that gives the values back
    func quantize(_ row: UnsafePointer<Float>, _ count: Int, into out: UnsafeMutablePointer<Int16>) -> Float {
        let largest = largestMagnitude(row, count)
        kernels.quantize(row, count, Self.largestInt16 / largest, out)
        return largest / Self.largestInt16
    }

    /// The largest magnitude of a row, by which it is scaled to int16: so large that the factor is finite. NaN or infinity
    /// if the row has one, so that they come through in the scale of what is computed from it.
    func largestMagnitude(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
        let largest = kernels.largestMagnitude(row, count)
        return largest < 0x1p-110 ? 0x1p-110 : largest
    }

    func forEachStripe(
        of map: FeatureMap, mostRows: Int, _ name: String, productsPerRow: Int = 0, _ body: (Stripe) -> Void
    ) throws {
        for stripe in Stripe.all(of: map, mostRows: mostRows) {
            try checkCancellation()
            perform(name, products: stripe.imageRows * productsPerRow) { body(stripe) }
            try throwIfNotFinite()
        }
    }

    private func pixels(of stripe: Stripe, in map: FeatureMap) -> Range<Int> {
        let first = (stripe.images.lowerBound * map.height + stripe.rows.lowerBound) * map.width
        return first..<first + stripe.imageRows * map.width
    }
}
