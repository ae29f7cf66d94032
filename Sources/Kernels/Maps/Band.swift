/// The rows of a map that are being read, as floats. It moves down the map stripe by stripe and keeps the rows that two
/// stripes share, so every row is read (or computed) once, and what lies above may be overwritten meanwhile.
final class Band {
    let map: FeatureMap
    /// The most image rows that are asked for at a time.
    let mostRows: Int
    private let compute: Compute
    /// nil where the map is a tensor of floats and read in place.
    private let memory: Tensor?
    private let pass: Convolution.Pass?
    private let scratch: Scratch
    private static let pixelsAtATime = 8192
    private var images = 0..<0
    private var heldRows = 0..<0

    /// Where the rows that are held lie.
    struct Held {
        fileprivate let start: UnsafeMutablePointer<Float>
        fileprivate let firstImage, firstRow, rowsPerImage, rowSize: Int

        /// An image row's first pixel; the row must be held.
        func row(image: Int, y: Int) -> UnsafeMutablePointer<Float> {
            start + ((image - firstImage) * rowsPerImage + y - firstRow) * rowSize
        }
    }

    /// - Parameter wanted: the most image rows that are asked for at a time; nil leaves it to this band
    init(_ map: FeatureMap, mostRows wanted: Int? = nil, compute: Compute) throws(MachineError) {
        self.map = map
        self.compute = compute
        scratch = try compute.scratch(map.rounding == .int16 ? 2 * map.channels : 0)
        if case .computed(let convolution) = map.source {
            let pass = try Convolution.Pass(convolution, mostRows: wanted ?? .max, compute: compute)
            self.pass = pass
            mostRows = wanted ?? pass.mostRows
            memory = try compute.tensor([mostRows + Stripe.unit - 1, map.width, map.channels])
        } else {
            pass = nil
            mostRows =
                wanted
                ?? min(
                    map.batch * Stripe.wholeUnits(map.height), Stripe.wholeUnits(Self.pixelsAtATime / map.width + 1))
            let isPlain = map.tensor?.element == .float32
            memory = try isPlain ? nil : compute.tensor([mostRows, map.width, map.channels])
        }
    }

    /// The whole map in stripes as this band takes them best.
    var stripes: [Stripe] { Stripe.all(of: map, mostRows: mostRows) }

    var name: String { pass?.name ?? "copy" }
    var productsPerRow: Int { pass?.productsPerRow ?? 0 }

    var held: Held {
        let rowSize = map.width * map.channels
        guard let memory else {
            return Held(
                start: map.tensor!.pointer, firstImage: 0, firstRow: 0, rowsPerImage: map.height, rowSize: rowSize)
        }
        return Held(
            start: memory.pointer, firstImage: images.lowerBound, firstRow: heldRows.lowerBound,
            rowsPerImage: heldRows.count, rowSize: rowSize)
    }

    /// The pixels of a stripe that is held, `[pixels, channels]`.
    func pixels(of stripe: Stripe) -> Tensor {
        let all = memory ?? map.tensor!
        let offset = held.row(image: stripe.images.lowerBound, y: stripe.rows.lowerBound) - all.pointer
        let first = offset / map.channels
        return all.rows(first..<first + stripe.imageRows * map.width)
    }

    /// Holds the rows of `stripe`, and maybe a few more.
    func advance(to stripe: Stripe) {
        guard let memory else { return }
        let wanted = stripe.rows
        var next = wanted.lowerBound
        if images == stripe.images, heldRows.lowerBound <= next, heldRows.upperBound > next {
            if images.count > 1 { return }  // all rows are held
            let kept = next..<heldRows.upperBound
            memory.pointer.update(
                from: held.row(image: images.lowerBound, y: kept.lowerBound),
                count: kept.count * map.width * map.channels)
            next = kept.upperBound
        }
        images = stripe.images
        heldRows = wanted.lowerBound..<max(wanted.upperBound, next)
        guard next < heldRows.upperBound else { return }
        if let pass {
            heldRows = heldRows.lowerBound..<min(map.height, Stripe.wholeUnits(heldRows.upperBound))
            let new = Stripe(images: images, rows: next..<heldRows.upperBound)
            pass.rows(new, into: pixels(of: new))
        }
        loadRows(next..<heldRows.upperBound)
    }

    /// Reads, rounds, normalises and rectifies rows, all threads at a row each.
    private func loadRows(_ rows: Range<Int>) {
        let (width, channels, kernels, held) = (map.width, map.channels, compute.kernels, held)
        if pass != nil && map.rounding == .float32 && map.norm == nil && !map.isRectified { return }
        compute.pool.forEach(images.count * rows.count) { i, worker in
            let (image, y) = (images.lowerBound + i / rows.count, rows.lowerBound + i % rows.count)
            let target = held.row(image: image, y: y)
            if case .stored(let tensors) = map.source { readRow(y, image: image, of: tensors, into: target) }
            if map.rounding == .int16 { round(target, scratch[worker].assumingMemoryBound(to: Int16.self)) }
            if let norm = map.norm {
                kernels.scaleChannels(
                    target, width, channels, norm.factors.pointer + image * channels,
                    norm.offsets.pointer + image * channels, norm.silu, target)
            }
            if map.isRectified { kernels.relu(target, width * channels) }
        }
    }

    /// Rounds every pixel of a row as storing it would.
    private func round(_ row: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Int16>) {
        for x in 0..<map.width {
            let pixel = row + x * map.channels
            let scale = compute.quantize(pixel, map.channels, into: scratch)
            compute.kernels.widenInt16(scratch, map.channels, scale, pixel)
        }
    }

    private func readRow(_ y: Int, image: Int, of tensors: [Tensor], into target: UnsafeMutablePointer<Float>) {
        var place = target
        for tensor in tensors {
            let first = ((tensor.shape[0] == 1 ? 0 : image) * map.height + y) * map.width
            let count = tensor.channels
            for x in 0..<map.width {
                let pixel = place + x * map.channels
                switch tensor.element {
                case .float32: pixel.update(from: tensor.pointer + (first + x) * count, count: count)
                case .int16:
                    let (values, scale) = tensor.integers(row: first + x)
                    compute.kernels.widenInt16(values, count, scale.pointee, pixel)
                }
            }
            place += count
        }
    }
}
