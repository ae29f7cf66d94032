import KernelsPortable

#if arch(x86_64)
import KernelsAVX2
import KernelsAVX512
#endif

/// The micro-kernels of one instruction set. Every set is the same source (`KernelsPortable/Shared`) over its own
/// `Vector.swift`; what each entry computes is said there.
public struct KernelTable: Sendable {
    public private(set) var name: String
    typealias Floats = UnsafePointer<Float>
    typealias MutableFloats = UnsafeMutablePointer<Float>
    typealias Integers = UnsafePointer<Int16>
    typealias MutableIntegers = UnsafeMutablePointer<Int16>

    // Functions of rows.
    var convertFloat16: @Sendable (UnsafeRawPointer, Int, MutableFloats) -> Void
    var swish: @Sendable (MutableFloats, Int, Float) -> Void
    var gelu: @Sendable (MutableFloats, Int) -> Void
    var gatedGelu: @Sendable (Floats, Floats, MutableFloats, Int) -> Void
    var add: @Sendable (Floats, Int, MutableFloats) -> Void
    var channelMoments: @Sendable (Floats, Int, Int, MutableFloats, MutableFloats) -> Void
    var scaleChannels: @Sendable (Floats, Int, Int, Floats, Floats, Bool, MutableFloats) -> Void
    var normalizeRow: @Sendable (Floats, Int, Float, Floats, Floats, MutableFloats) -> Void

    // Rounding.
    var largestMagnitude: @Sendable (Floats, Int) -> Float
    var quantize: @Sendable (Floats, Int, Float, MutableIntegers) -> Void
    var widenInt16: @Sendable (Integers, Int, Float, MutableFloats) -> Void

    // Register tiles.
    var tileColumns: Int
    var tile: @Sendable (Int, Int, Int, UnsafePointer<Floats>, Int, Floats, MutableFloats, Int, Bool, Floats?) -> Void
    var widenInt8: @Sendable (UnsafeRawPointer, Int, Int, UnsafeRawPointer, MutableFloats, Int, Int) -> Void
    var widenFloat16: @Sendable (UnsafeRawPointer, Int, Int, MutableFloats, Int, Int) -> Void
    var attentionScores: @Sendable (Floats, Floats, Int, Int, MutableFloats) -> Void
    var attentionWeights: @Sendable (MutableFloats, Int, MutableFloats, MutableFloats, MutableFloats) -> Void
    var attentionSums: @Sendable (Floats, Int, Floats, Int, Int, Floats, MutableFloats) -> Void
    var widenPairs: @Sendable (UnsafeRawPointer, Int, Int, MutableIntegers, Int) -> Void
    var tileInt16:
        @Sendable (Int, Int, Int, Int, Integers, Int, Integers, Floats, Floats, MutableFloats, Int, Bool, Floats?) ->
            Void
    var winogradInput: @Sendable (UnsafePointer<Floats>, Int, MutableFloats, MutableFloats, Int) -> Void
    var winogradWeights: @Sendable (UnsafeRawPointer, Int, MutableIntegers, MutableIntegers, Int, Int) -> Void
    var winogradOutput: @Sendable (Floats, Int, MutableFloats, Floats, MutableFloats, Int, Int) -> Void

    public static let portable = KernelTable(
        name: "portable", convertFloat16: KernelsPortable.convertFloat16, swish: KernelsPortable.swish,
        gelu: KernelsPortable.gelu, gatedGelu: KernelsPortable.gatedGelu, add: KernelsPortable.add,
        channelMoments: KernelsPortable.channelMoments, scaleChannels: KernelsPortable.scaleChannels,
        normalizeRow: KernelsPortable.normalizeRow, largestMagnitude: KernelsPortable.largestMagnitude,
        quantize: KernelsPortable.quantize, widenInt16: KernelsPortable.widenInt16,
        tileColumns: KernelsPortable.tileColumns, tile: KernelsPortable.tile, widenInt8: KernelsPortable.widenInt8,
        widenFloat16: KernelsPortable.widenFloat16, attentionScores: KernelsPortable.attentionScores,
        attentionWeights: KernelsPortable.attentionWeights, attentionSums: KernelsPortable.attentionSums,
        widenPairs: KernelsPortable.widenPairs, tileInt16: KernelsPortable.tileInt16,
        winogradInput: KernelsPortable.winogradInput, winogradWeights: KernelsPortable.winogradWeights,
        winogradOutput: KernelsPortable.winogradOutput)

    #if arch(x86_64)
    public static let avx2 = KernelTable(
        name: "avx2", convertFloat16: KernelsAVX2.convertFloat16, swish: KernelsAVX2.swish, gelu: KernelsAVX2.gelu,
        gatedGelu: KernelsAVX2.gatedGelu, add: KernelsAVX2.add, channelMoments: KernelsAVX2.channelMoments,
        scaleChannels: KernelsAVX2.scaleChannels, normalizeRow: KernelsAVX2.normalizeRow,
        largestMagnitude: KernelsAVX2.largestMagnitude, quantize: KernelsAVX2.quantize,
        widenInt16: KernelsAVX2.widenInt16, tileColumns: KernelsAVX2.tileColumns, tile: KernelsAVX2.tile,
        widenInt8: KernelsAVX2.widenInt8, widenFloat16: KernelsAVX2.widenFloat16,
        attentionScores: KernelsAVX2.attentionScores, attentionWeights: KernelsAVX2.attentionWeights,
        attentionSums: KernelsAVX2.attentionSums, widenPairs: KernelsAVX2.widenPairs,
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
        return [portable] + (CPU.hasAVX2 ? [avx2] : []) + (CPU.hasAVX512 ? [avx512] : [])
        #else
        return [portable]
        #endif
    }()

    /// The set named by the environment variable `SDLITE_KERNELS`, or else the fastest.
    public static let chosen: KernelTable = {
        let name = environment("SDLITE_KERNELS")
        return available.last { $0.name == name } ?? available[available.count - 1]
    }()
}
