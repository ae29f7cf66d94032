import Architecture
import Kernels
import Quant

/// A place in the tree of tensor names, from which layers take their weights:
/// `weights["down_blocks"][0]["resnets"]`. Shapes come from the file; what no layer took is reported at the end.
struct Weights {
    let compute: Compute
    private let file: WeightFile
    let stream: WeightStream
    private let claims: Claims
    /// Of the tensor or group of tensors.
    let path: String

    private final class Claims {
        var names: Set<String> = []
        var footprint = WeightFootprint()
        let network = WeightStream.Network()
    }

    init(file: WeightFile, stream: WeightStream, component: Component, compute: Compute) {
        self.init(compute: compute, file: file, stream: stream, claims: Claims(), path: component.rawValue)
    }

    private init(compute: Compute, file: WeightFile, stream: WeightStream, claims: Claims, path: String) {
        self.compute = compute
        self.file = file
        self.stream = stream
        self.claims = claims
        self.path = path
    }

    subscript(_ name: String) -> Weights {
        Weights(compute: compute, file: file, stream: stream, claims: claims, path: "\(path).\(name)")
    }
    subscript(_ index: Int) -> Weights { self["\(index)"] }

    /// Whether a tensor of this very name is there.
    var exists: Bool { file.entry(path) != nil }

    /// A linear layer's `[outputs, inputs]` or a convolution's `[outputs, inputs, kernel, kernel]`.
    func matrix(inputs: Int, outputs: Int? = nil, kernel: Int = 1) throws(ModelError) -> WeightMatrix {
        let entry = try claim()
        let shape = entry.shape
        let taps = shape.dropFirst(2).reduce(1, *)
        guard shape.count == 2 || shape.count == 4, shape[1] == inputs, outputs == nil || shape[0] == outputs,
            taps == kernel * kernel, shape.count == 2 || shape[2] == shape[3]
        else {
            let sides = kernel == 1 ? "" : ", \(kernel), \(kernel)"
            throw .wrongShape(
                tensor: path, found: shape, expected: "[\(outputs.map(String.init) ?? "outputs"), \(inputs)\(sides)]")
        }
        claims.footprint.add(entry.byteCount)
        let lent = file.lend(entry)
        let storage: WeightMatrix.Storage
        switch entry.scheme {
        case .f16Panels: storage = .float16
        case .int8Panels: storage = .int8(block: entry.block ?? inputs)
        case .f32, .f16: throw .wrongScheme(tensor: path, found: entry.scheme.rawValue, expected: "panels")
        }
        return WeightMatrix(
            name: path, outputs: shape[0], inputs: inputs, taps: taps, storage: storage, bytes: lent.bytes,
            owner: lent.owner, residence: stream.residence(of: entry, in: claims.network))
    }

    /// A bias or a norm's parameters, `[count]`, as floats.
    func vector(count: Int) throws(ModelError) -> Tensor {
        let entry = try claim()
        guard entry.shape == [count] else {
            throw .wrongShape(tensor: path, found: entry.shape, expected: "[\(count)]")
        }
        return try flat(entry)
    }

    /// An embedding table `[rows, channels]`, of which rows are read one by one.
    func table(rows: Int? = nil, channels: Int) throws(ModelError) -> EmbeddingTable {
        let entry = try claim()
        guard entry.shape.count == 2, rows == nil || entry.shape[0] == rows, entry.shape[1] == channels else {
            throw .wrongShape(
                tensor: path, found: entry.shape, expected: "[\(rows.map(String.init) ?? "rows"), \(channels)]")
        }
        guard entry.scheme == .f16 || entry.scheme == .f32 else {
            throw .wrongScheme(tensor: path, found: entry.scheme.rawValue, expected: "flat floats")
        }
        return EmbeddingTable(file: file, entry: entry, compute: compute)
    }

    /// The matrices that layers took so far, here or elsewhere in the component.
    var footprint: WeightFootprint { claims.footprint }

    /// Throws unless layers took every tensor under this place, other than those whose name begins as in `except`.
    func requireAllClaimed(except exceptions: [String] = []) throws(ModelError) {
        let unused = file.header.tensors.filter { entry in
            entry.name.hasPrefix(path + ".") && !claims.names.contains(entry.name)
                && !exceptions.contains { entry.name.hasPrefix("\(path).\($0)") }
        }
        if let first = unused.first { throw .unusedTensors(first: first.name, count: unused.count) }
    }

    private func claim() throws(ModelError) -> TensorEntry {
        guard let entry = file.entry(path) else { throw .missingTensor(path) }
        claims.names.insert(path)
        return entry
    }

    private func flat(_ entry: TensorEntry) throws(ModelError) -> Tensor {
        let lent = file.lend(entry)
        return switch entry.scheme {
        case .f16: compute.float16(lent.bytes, shape: entry.shape)
        case .f32: compute.float32(lent.bytes, shape: entry.shape)
        case .f16Panels, .int8Panels:
            throw .wrongScheme(tensor: path, found: entry.scheme.rawValue, expected: "flat floats")
        }
    }
}

/// How much of the file a network's matrices are, in bytes.
struct WeightFootprint {
    private(set) var total = 0
    private(set) var largest = 0

    mutating func add(_ byteCount: Int) {
        total += byteCount
        largest = max(largest, byteCount)
    }
}
