/// The timesteps of a run, and which of them is the next.
struct TimestepSequence: Sendable {
    let timesteps: [Double]
    /// Whether a timestep that comes twice stands for its second place, as in diffusers' sigma methods: there a step of
    /// Heun's method starts.
    private let startsAtRepetition: Bool
    /// The position of the next timestep, once a first step has found where the run starts.
    private var next: Int?

    init(_ timesteps: [Double] = [], startsAtRepetition: Bool = false) {
        self.timesteps = timesteps
        self.startsAtRepetition = startsAtRepetition
    }

    /// The position of any of the timesteps.
    /// - Throws: `SchedulerError.timestepsNotSet`, `.unknownTimestep`
    func position(of timestep: Double) throws -> Int {
        guard !timesteps.isEmpty else { throw SchedulerError.timestepsNotSet }
        guard let position = timesteps.firstIndex(of: timestep) else { throw SchedulerError.unknownTimestep(timestep) }
        guard startsAtRepetition, position > 0, position + 1 < timesteps.count, timesteps[position + 1] == timestep
        else { return position }
        return position + 1
    }

    /// The position of the next timestep; a run may start at any.
    /// - Throws: also `SchedulerError.finished`, `.outOfOrder`
    func nextPosition(at timestep: Double) throws -> Int {
        guard let next else { return try position(of: timestep) }
        guard next < timesteps.count else { throw SchedulerError.finished }
        guard timesteps[next] == timestep else {
            throw SchedulerError.outOfOrder(timestep: timestep, next: timesteps[next])
        }
        return next
    }

    mutating func advance(past position: Int) { next = position + 1 }
}
