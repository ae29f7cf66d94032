extension Compute {
    private static let chunk = 16_384

    /// x ← x · sigmoid(x), in place.
    package func silu(_ x: Tensor) { swish(x, scale: 1) }

    /// x ← x · sigmoid(1.702 x), in place: CLIP's activation.
    package func quickGelu(_ x: Tensor) { swish(x, scale: 1.702) }

    /// The exact x/2 · (1 + erf(x/√2)), in place.
    package func gelu(_ x: Tensor) {
        perform("activation") { forEachVectorRange(x) { kernels.gelu(x.pointer + $0, $1) } }
    }

    private func swish(_ x: Tensor, scale: Float) {
        perform("activation") { forEachVectorRange(x) { kernels.swish(x.pointer + $0, $1, scale) } }
    }

    /// x ← factor · x + offset, in place.
    package func scale(_ x: Tensor, by factor: Float, adding offset: Float) {
        perform("scale") {
            forEachRange(x.count, chunk: Self.chunk) { range in
                for i in range { x.pointer[i] = factor * x.pointer[i] + offset }
            }
        }
    }

    /// sum ← sum + x, in place.
    package func add(_ x: Tensor, to sum: Tensor) {
        precondition(x.count == sum.count)
        perform("add") { forEachVectorRange(x) { kernels.add(x.pointer + $0, $1, sum.pointer + $0) } }
    }

    /// x[..., c] += offsets[c], in place.
    package func addPerChannel(_ offsets: Tensor, to x: Tensor) {
        let channels = x.channels
        precondition(offsets.count == channels && channels % 8 == 0)
        perform("add") {
            forEachRange(x.rows, chunk: 64) { range in
                for row in range {
                    kernels.add(offsets.pointer, channels, x.pointer + row * channels)
                }
            }
        }
    }

    /// GEGLU's gate (Shazeer 2020): `[rows, 2·width]` of (hidden, gate) → hidden · gelu(gate), `[rows, width]`.
    package func gatedGelu(_ x: Tensor) throws(MachineError) -> Tensor {
        let width = x.channels / 2
        precondition(width % 8 == 0)
        let out = try tensor(Array(x.shape.dropLast()) + [width])
        perform("GEGLU gate") {
            forEachRange(x.rows, chunk: 8) { rows in
                for row in rows {
                    let hidden = x.pointer + row * 2 * width
                    kernels.gatedGelu(hidden, hidden + width, out.pointer + row * width, width)
                }
            }
        }
        return out
    }

    /// `x` `[1, ...]`, `count` times over: `[count, ...]`.
    package func repeated(_ x: Tensor, _ count: Int) throws(MachineError) -> Tensor {
        precondition(x.shape[0] == 1)
        let out = try tensor([count] + x.shape.dropFirst())
        perform("repeat") {
            for i in 0..<count { (out.pointer + i * x.count).update(from: x.pointer, count: x.count) }
        }
        return out
    }

    /// Half floats, as a tensor in memory of its own.
    package func float16(_ bytes: UnsafeRawBufferPointer, shape: [Int]) -> Tensor {
        let out = Tensor(shape)
        precondition(bytes.count == 2 * out.count)
        perform("weights") {
            guard let source = bytes.baseAddress else { return }
            let whole = out.count / 8 * 8
            kernels.convertFloat16(source, whole, out.pointer)
            for i in whole..<out.count {
                out.pointer[i] = Float(
                    Float16(bitPattern: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
            }
        }
        return out
    }

    /// Floats at `bytes`, as a tensor in memory of its own.
    package func float32(_ bytes: UnsafeRawBufferPointer, shape: [Int]) -> Tensor {
        let out = Tensor(shape)
        precondition(bytes.count == 4 * out.count)
        perform("weights") {
            UnsafeMutableRawBufferPointer(start: out.pointer, count: bytes.count).copyMemory(from: bytes)
        }
        return out
    }

    private func forEachVectorRange(_ x: Tensor, _ body: (_ start: Int, _ count: Int) -> Void) {
        forEachRange((x.count + 7) / 8, chunk: Self.chunk / 8) { body($0.lowerBound * 8, $0.count * 8) }
    }
}
