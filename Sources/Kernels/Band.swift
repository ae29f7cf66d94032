/// The rows of a map that are being read, as floats. It moves down the map stripe by stripe and keeps the rows that two
/// stripes share, so every row is read (or computed) once, and what lies above may be overwritten meanwhile.
final class Band {
    let map: FeatureMap
    /// The most image rows that are asked for at a time.
    let mostRows: Int
    private let compute: Compute
    /// nil where the map is a tensor of floats and read in place.
    private let memory: Tensor?
    private let run: Convolution.Run?
    private let scratch: Scratch
    private static let pixelsAtATime = 8192
    private var images = 0..<0
    private var held = 0..<0

    /// - Parameter wanted: the most image rows that are asked for at a time; nil leaves it to this band
    init(_ map: FeatureMap, mostRows wanted: Int? = nil, compute: Compute) {
        self.map = map
        self.compute = compute
        scratch = compute.scratch(map.rounding == .int16 ? 2 * map.channels : 0)
        if case .computed(let convolution) = map.source {
            let run = Convolution.Run(convolution, mostRows: wanted ?? .max, compute: compute)
            self.run = run
            mostRows = wanted ?? run.mostRows
            memory = compute.tensor([mostRows + Stripe.unit - 1, map.width, map.channels])
        } else {
            run = nil
            mostRows = wanted ?? min(
                map.batch * Stripe.wholeUnits(map.height), Stripe.wholeUnits(Self.pixelsAtATime / map.width + 1))
            let isPlain = map.tensor?.element == .float32
            memory = isPlain ? nil : compute.tensor([mostRows, map.width, map.channels])
        }
    }

    /// The whole map in stripes as this band takes them best.
    var stripes: [Stripe] { Stripe.all(of: map, mostRows: mostRows) }

    var name: String { run?.name ?? "copy" }
    var productsPerRow: Int { run?.productsPerRow ?? 0 }

    /// Where the channels of an image row's first pixel lie; the row must be held.
    func row(image: Int, y: Int) -> UnsafeMutablePointer<Float> {
        let tensor = memory ?? map.tensor!
        return tensor.pointer + place(image: image, y: y) * map.width * map.channels
    }

    /// The pixels of a stripe that is held, `[pixels, channels]`.
    func pixels(of stripe: Stripe) -> Tensor {
        let first = place(image: stripe.images.lowerBound, y: stripe.rows.lowerBound) * map.width
        return (memory ?? map.tensor!).rows(first..<first + stripe.imageRows * map.width)
    }

    private func place(image: Int, y: Int) -> Int {
        memory == nil ? image * map.height + y : (image - images.lowerBound) * held.count + y - held.lowerBound
    }

    /// Holds the rows of `stripe`, and maybe a few more.
    func advance(to stripe: Stripe) {
        guard let memory else { return }
        let wanted = stripe.rows
        var next = wanted.lowerBound
        if images == stripe.images, held.lowerBound <= next, held.upperBound > next {
            if images.count > 1 { return }  // all rows are held
            let kept = next..<held.upperBound
            memory.pointer.update(
                from: row(image: images.lowerBound, y: kept.lowerBound), count: kept.count * map.width * map.channels)
            next = kept.upperBound
        }
        images = stripe.images
        held = wanted.lowerBound..<max(wanted.upperBound, next)
        guard next < held.upperBound else { return }
        if let run {
            held = held.lowerBound..<min(map.height, Stripe.wholeUnits(held.upperBound))
            let new = Stripe(images: images, rows: next..<held.upperBound)
            run.rows(new, into: pixels(of: new))
        }
        loadRows(next..<held.upperBound)
    }

    /// Reads, rounds and normalises rows, all threads at a row each.
    private func loadRows(_ rows: Range<Int>) {
        let (width, channels, kernels) = (map.width, map.channels, compute.kernels)
        if run != nil && map.rounding == .float32 && map.norm == nil { return }
        compute.pool.forEach(images.count * rows.count) { i, worker in
            let (image, y) = (images.lowerBound + i / rows.count, rows.lowerBound + i % rows.count)
            let target = row(image: image, y: y)
            if case .stored(let tensors) = map.source { readRow(y, image: image, of: tensors, into: target) }
            if map.rounding == .int16 { round(target, scratch[worker].assumingMemoryBound(to: Int16.self)) }
            if let norm = map.norm {
                kernels.scaleChannels(
                    target, width, channels, norm.factors.pointer + image * channels,
                    norm.offsets.pointer + image * channels, norm.silu, target)
            }
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
