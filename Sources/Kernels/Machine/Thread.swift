import Glibc

/// A thread of the system.
struct Thread {
    private let handle: pthread_t
    /// The default of 8 MB adds up where address space is limited.
    private static let stackSize = 1 << 20

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Throws: `MachineError.noThread`
    init(_ body: @escaping @Sendable () -> Void) throws(MachineError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackSize)
        let argument = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, &attributes,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw .noThread(reason: String(cString: strerror(status)))
        }
        self.handle = handle
    }

    /// Waits for the end of the body.
    func join() { pthread_join(handle, nil) }
}
