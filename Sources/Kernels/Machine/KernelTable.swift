import Glibc
import KernelsPortable

#if arch(x86_64)
import KernelsAVX2
import KernelsAVX512
#endif

/// The micro-kernels of one instruction set. Every set is the same source (`KernelsPortable/Shared`) over its own
/// `Vector.swift`; what each entry computes is said there.
public struct KernelTable: Sendable {
    /// What `SDLITE_KERNELS` calls it: `portable`, `avx2` or `avx512`.
    public private(set) var name: String
    typealias Floats = UnsafePointer<Float>
    typealias MutableFloats = UnsafeMutablePointer<Float>
    typealias Integers = UnsafePointer<Int16>
    typealias MutableIntegers = UnsafeMutablePointer<Int16>

    // Functions of rows.
    var convertFloat16: @Sendable (_ halves: UnsafeRawPointer, _ count: Int, _ out: MutableFloats) -> Void
    var swish: @Sendable (_ x: MutableFloats, _ count: Int, _ scale: Float) -> Void
    var gelu: @Sendable (_ x: MutableFloats, _ count: Int) -> Void
    var relu: @Sendable (_ x: MutableFloats, _ count: Int) -> Void
    var gatedGelu: @Sendable (_ hidden: Floats, _ gate: Floats, _ out: MutableFloats, _ count: Int) -> Void
    var add: @Sendable (_ x: Floats, _ count: Int, _ sum: MutableFloats) -> Void
    var channelMoments:
        @Sendable (_ x: Floats, _ rows: Int, _ channels: Int, _ sums: MutableFloats, _ squares: MutableFloats) -> Void
    var scaleChannels:
        @Sendable (
            _ x: Floats, _ rows: Int, _ channels: Int, _ factors: Floats, _ offsets: Floats, _ silu: Bool,
            _ out: MutableFloats
        ) -> Void
    var normalizeRow:
        @Sendable (
            _ x: Floats, _ channels: Int, _ epsilon: Float, _ weight: Floats, _ bias: Floats, _ out: MutableFloats
        ) -> Void

    // Rounding.
    var largestMagnitude: @Sendable (_ x: Floats, _ count: Int) -> Float
    var quantize: @Sendable (_ x: Floats, _ count: Int, _ factor: Float, _ out: MutableIntegers) -> Void
    var widenInt16: @Sendable (_ x: Integers, _ count: Int, _ scale: Float, _ out: MutableFloats) -> Void

    // Register tiles.
    var tileColumns: Int
    var tile:
        @Sendable (
            _ rows: Int, _ taps: Int, _ depth: Int, _ inputs: UnsafePointer<Floats>, _ offset: Int, _ panel: Floats,
            _ out: MutableFloats, _ outStride: Int, _ accumulate: Bool, _ bias: Floats?
        ) -> Void
    var widenInt8:
        @Sendable (
            _ source: UnsafeRawPointer, _ channels: Int, _ taps: Int, _ scales: UnsafeRawPointer, _ out: MutableFloats,
            _ channelStride: Int, _ tapStride: Int
        ) -> Void
    var widenFloat16:
        @Sendable (
            _ source: UnsafeRawPointer, _ channels: Int, _ taps: Int, _ out: MutableFloats, _ channelStride: Int,
            _ tapStride: Int
        ) -> Void
    var attentionScores:
        @Sendable (_ queries: Floats, _ keys: Floats, _ panels: Int, _ d: Int, _ scores: MutableFloats) -> Void
    var attentionWeights:
        @Sendable (
            _ scores: MutableFloats, _ count: Int, _ maxima: MutableFloats, _ totals: MutableFloats,
            _ factors: MutableFloats
        ) -> Void
    var attentionSums:
        @Sendable (
            _ weights: Floats, _ count: Int, _ values: Floats, _ panels: Int, _ panelStride: Int, _ factors: Floats,
            _ sums: MutableFloats
        ) -> Void
    var attentionScoresInt16:
        @Sendable (
            _ queries: Integers, _ keys: Integers, _ panels: Int, _ pairs: Int, _ scales: Floats,
            _ scores: MutableFloats
        ) -> Void
    var attentionWeightsInt16:
        @Sendable (
            _ scores: Floats, _ count: Int, _ maxima: MutableFloats, _ totals: MutableFloats, _ factors: MutableFloats,
            _ weights: MutableIntegers
        ) -> Void
    var attentionSumsInt16:
        @Sendable (
            _ weights: Integers, _ pairs: Int, _ values: Integers, _ panels: Int, _ panelStride: Int,
            _ factors: Floats, _ sums: MutableFloats
        ) -> Void
    var widenPairs:
        @Sendable (
            _ source: UnsafeRawPointer, _ channelStride: Int, _ channels: Int, _ out: MutableIntegers,
            _ pairStride: Int
        ) -> Void
    var tileInt16:
        @Sendable (
            _ rows: Int, _ columns: Int, _ blocks: Int, _ pairs: Int, _ a: Integers, _ stride: Int, _ panel: Integers,
            _ columnScales: Floats, _ rowScales: Floats, _ out: MutableFloats, _ outStride: Int, _ accumulate: Bool,
            _ bias: Floats?
        ) -> Void
    var winogradInput:
        @Sendable (
            _ pixels: UnsafePointer<Floats>, _ channels: Int, _ scratch: MutableFloats, _ out: MutableFloats,
            _ stride: Int
        ) -> Void
    var winogradWeights:
        @Sendable (
            _ source: UnsafeRawPointer, _ channels: Int, _ scratch: MutableIntegers, _ out: MutableIntegers,
            _ stride: Int, _ pairStride: Int
        ) -> Void
    var winogradOutput:
        @Sendable (
            _ m: Floats, _ stride: Int, _ scratch: MutableFloats, _ bias: Floats, _ out: MutableFloats,
            _ rowStride: Int, _ pixelStride: Int
        ) -> Void

    /// For every processor, compiled for the oldest of its kind.
    public static let portable = KernelTable(
        name: "portable", convertFloat16: KernelsPortable.convertFloat16, swish: KernelsPortable.swish,
        gelu: KernelsPortable.gelu, relu: KernelsPortable.relu, gatedGelu: KernelsPortable.gatedGelu,
        add: KernelsPortable.add,
        channelMoments: KernelsPortable.channelMoments, scaleChannels: KernelsPortable.scaleChannels,
        normalizeRow: KernelsPortable.normalizeRow, largestMagnitude: KernelsPortable.largestMagnitude,
        quantize: KernelsPortable.quantize, widenInt16: KernelsPortable.widenInt16,
        tileColumns: KernelsPortable.tileColumns, tile: KernelsPortable.tile, widenInt8: KernelsPortable.widenInt8,
        widenFloat16: KernelsPortable.widenFloat16, attentionScores: KernelsPortable.attentionScores,
        attentionWeights: KernelsPortable.attentionWeights, attentionSums: KernelsPortable.attentionSums,
        attentionScoresInt16: KernelsPortable.attentionScoresInt16,
        attentionWeightsInt16: KernelsPortable.attentionWeightsInt16,
        attentionSumsInt16: KernelsPortable.attentionSumsInt16,
        widenPairs: KernelsPortable.widenPairs, tileInt16: KernelsPortable.tileInt16,
        winogradInput: KernelsPortable.winogradInput, winogradWeights: KernelsPortable.winogradWeights,
        winogradOutput: KernelsPortable.winogradOutput)

    #if arch(x86_64)
    /// For x86-64 with AVX2, FMA and F16C.
    public static let avx2 = KernelTable(
        name: "avx2", convertFloat16: KernelsAVX2.convertFloat16, swish: KernelsAVX2.swish, gelu: KernelsAVX2.gelu,
        relu: KernelsAVX2.relu, gatedGelu: KernelsAVX2.gatedGelu, add: KernelsAVX2.add,
        channelMoments: KernelsAVX2.channelMoments,
        scaleChannels: KernelsAVX2.scaleChannels, normalizeRow: KernelsAVX2.normalizeRow,
        largestMagnitude: KernelsAVX2.largestMagnitude, quantize: KernelsAVX2.quantize,
        widenInt16: KernelsAVX2.widenInt16, tileColumns: KernelsAVX2.tileColumns, tile: KernelsAVX2.tile,
        widenInt8: KernelsAVX2.widenInt8, widenFloat16: KernelsAVX2.widenFloat16,
        attentionScores: KernelsAVX2.attentionScores, attentionWeights: KernelsAVX2.attentionWeights,
        attentionSums: KernelsAVX2.attentionSums,
        attentionScoresInt16: KernelsAVX2.attentionScoresInt16,
        attentionWeightsInt16: KernelsAVX2.attentionWeightsInt16,
        attentionSumsInt16: KernelsAVX2.attentionSumsInt16, widenPairs: KernelsAVX2.widenPairs,
        tileInt16: KernelsAVX2.tileInt16, winogradInput: KernelsAVX2.winogradInput,
        winogradWeights: KernelsAVX2.winogradWeights, winogradOutput: KernelsAVX2.winogradOutput)

    /// Other functions of rows are the AVX2 set's.
    public static let avx512: KernelTable = {
        var table = avx2
        table.name = "avx512"
        table.largestMagnitude = KernelsAVX512.largestMagnitude
        table.quantize = KernelsAVX512.quantize
        table.widenInt16 = KernelsAVX512.widenInt16
        table.tileColumns = KernelsAVX512.tileColumns
        table.tile = KernelsAVX512.tile
        table.widenInt8 = KernelsAVX512.widenInt8
        table.widenFloat16 = KernelsAVX512.widenFloat16
        table.attentionScores = KernelsAVX512.attentionScores
        table.attentionWeights = KernelsAVX512.attentionWeights
        table.attentionSums = KernelsAVX512.attentionSums
        table.attentionScoresInt16 = KernelsAVX512.attentionScoresInt16
        table.attentionWeightsInt16 = KernelsAVX512.attentionWeightsInt16
        table.attentionSumsInt16 = KernelsAVX512.attentionSumsInt16
        table.widenPairs = KernelsAVX512.widenPairs
        table.tileInt16 = KernelsAVX512.tileInt16
        table.winogradInput = KernelsAVX512.winogradInput
        table.winogradWeights = KernelsAVX512.winogradWeights
        table.winogradOutput = KernelsAVX512.winogradOutput
        return table
    }()
    #endif

    /// Panels of weights that a register tile spans.
    var tilePanels: Int { tileColumns / WeightMatrix.panelWidth }

    /// Every set that this processor can run, the fastest last.
    public static let available: [KernelTable] = {
        #if arch(x86_64)
        let sets = [(portable, true), (avx2, CPU.hasAVX2), (avx512, CPU.hasAVX512)]
        #else
        let sets = [(portable, true)]
        #endif
        return sets.filter(\.1).map(\.0)
    }()

    /// The set named by the environment variable `SDLITE_KERNELS`, or else the fastest.
    /// - Throws: `MachineError.unknownKernels`
    public static func chosen() throws(MachineError) -> KernelTable { try chosen(environment("SDLITE_KERNELS") ?? "") }

    static func chosen(_ name: String) throws(MachineError) -> KernelTable {
        let sets = available
        if name.isEmpty { return sets[sets.count - 1] }
        guard let set = sets.first(where: { $0.name == name }) else {
            throw .unknownKernels(name, available: sets.map(\.name))
        }
        return set
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
