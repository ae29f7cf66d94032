/// What the machine cannot give.
public enum MachineError: Error, Equatable, CustomStringConvertible {
    /// The environment variable `SDLITE_KERNELS` names a set that this processor does not run.
    case unknownKernels(String, available: [String])
    /// A number of threads out of range.
    case badThreadCount(Int, allowed: ClosedRange<Int>)
    /// The system starts no more threads.
    case noThread(reason: String)
    /// The system grants no such stretch of addresses, in bytes.
    case noAddressSpace(byteCount: Int)

    public var description: String {
        switch self {
        case .unknownKernels(let name, let available):
            "SDLITE_KERNELS is \(name), but what this processor can run is \(available.joined(separator: ", "))"
        case .badThreadCount(let count, let allowed):
            "the number of threads must be between \(allowed.lowerBound) and \(allowed.upperBound), not \(count)"
        case .noThread(let reason): "the system refused to start another thread (\(reason)): use fewer"
        case .noAddressSpace(let byteCount):
            "the system refused \(byteCount / 1_000_000 + 1) MB of address space (see ulimit -v)"
        }
    }
}
