extension Latents {
    /// One image of the batch, `[1, channels, rows, columns]`.
    /// - Throws: `LatentsError.noImage` unless `image` is 0 up to the batch's size
    public subscript(image: Int) -> Latents {
        get throws {
            guard shape[0] > image, image >= 0 else { throw LatentsError.noImage(image, count: shape[0]) }
            return part(image, of: shape[0])
        }
    }

    /// The batch in equal parts, as `torch.chunk`.
    /// - Throws: `LatentsError.notDivisible` if it has no such parts
    public func chunked(_ parts: Int) throws -> [Latents] {
        guard parts > 0, shape[0].isMultiple(of: parts) else {
            throw LatentsError.notDivisible(images: shape[0], parts: parts)
        }
        return (0..<parts).map { part($0, of: parts) }
    }

    private func part(_ part: Int, of parts: Int) -> Latents {
        let count = values.count / parts
        return Latents(
            checkedShape: [shape[0] / parts] + shape.dropFirst(),
            values: Array(values[part * count..<(part + 1) * count]))
    }

    /// One batch of the images of all `parts`, as `torch.cat`.
    /// - Throws: `LatentsError` if there are none, if their images have different shapes or are too many
    public static func concatenated(_ parts: [Latents]) throws -> Latents {
        guard let first = parts.first else { throw LatentsError.nothingToConcatenate }
        for part in parts where part.shape.dropFirst() != first.shape.dropFirst() {
            throw LatentsError.differentShapes(first.shape, part.shape)
        }
        let shape = [parts.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst()
        _ = try count(of: shape)
        return Latents(checkedShape: shape, values: parts.flatMap(\.values))
    }

    /// The batch `copies` times over, as guidance wants it.
    /// - Throws: `LatentsError.badCopies` for none or too many
    public func repeated(_ copies: Int) throws -> Latents {
        guard copies > 0, copies <= Self.largestCount / values.count else {
            throw LatentsError.badCopies(copies, shape: shape)
        }
        return Latents(
            checkedShape: [copies * shape[0]] + shape.dropFirst(),
            values: Array(repeatElement(values, count: copies).joined()))
    }
}
