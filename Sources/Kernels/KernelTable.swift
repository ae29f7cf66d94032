import KernelsPortable

#if arch(x86_64)
import KernelsAVX2
import KernelsAVX512
#endif

/// The micro-kernels of one instruction set. Every set is the same source (`KernelsPortable/Shared`) over its own
/// `Vector.swift`; what each entry computes is said there.
public struct KernelTable: Sendable {
    public let name: String
    typealias Floats = UnsafePointer<Float>
    typealias MutableFloats = UnsafeMutablePointer<Float>
    typealias Integers = UnsafePointer<Int16>
    typealias MutableIntegers = UnsafeMutablePointer<Int16>

    let tile:
        @Sendable (Int, Int, Int, UnsafePointer<Floats>, Int, Floats, MutableFloats, Int, Bool, Floats?) -> Void
    let widenInt8: @Sendable (UnsafeRawPointer, Int, Int, UnsafeRawPointer, MutableFloats, Int) -> Void
    let widenFloat16: @Sendable (UnsafeRawPointer, Int, Int, MutableFloats, Int) -> Void
    let convertFloat16: @Sendable (UnsafeRawPointer, Int, MutableFloats) -> Void
    let widenInt16: @Sendable (Integers, Int, Float, MutableFloats) -> Void
    let swish: @Sendable (MutableFloats, Int, Float) -> Void
    let gelu: @Sendable (MutableFloats, Int) -> Void
    let gatedGelu: @Sendable (Floats, Floats, MutableFloats, Int) -> Void
    let rowMaximum: @Sendable (Floats, Int) -> Float
    let exponentials: @Sendable (MutableFloats, Int, Float) -> Float
    let attentionScores: @Sendable (Floats, Floats, Int, Int, MutableFloats) -> Void
    let attentionWeights: @Sendable (MutableFloats, Int, MutableFloats, MutableFloats, MutableFloats) -> Void
    let attentionSums: @Sendable (Floats, Int, Floats, Int, Int, Floats, MutableFloats) -> Void
    let scale: @Sendable (Floats, Int, Float, MutableFloats) -> Void
    let add: @Sendable (Floats, Int, MutableFloats) -> Void
    let channelMoments: @Sendable (Floats, Int, Int, MutableFloats, MutableFloats) -> Void
    let scaleChannels: @Sendable (Floats, Int, Int, Floats, Floats, Bool, MutableFloats) -> Void
    let normalizeRow: @Sendable (Floats, Int, Float, Floats, Floats, MutableFloats) -> Void

    let largestMagnitude: @Sendable (Floats, Int) -> Float
    let quantize: @Sendable (Floats, Int, Float, MutableIntegers) -> Void
    let widenPairs: @Sendable (UnsafeRawPointer, Int, MutableIntegers) -> Void
    let tileInt16:
        @Sendable (Int, Int, Int, Integers, Int, Integers, Floats, Floats, MutableFloats, Int, Bool, Floats?) -> Void
    let winogradInput: @Sendable (UnsafePointer<Floats>, Int, MutableFloats, MutableFloats, Int) -> Void
    let winogradWeights: @Sendable (UnsafeRawPointer, Int, MutableIntegers, MutableIntegers, Int) -> Void
    let winogradOutput: @Sendable (Floats, Int, MutableFloats, Floats, MutableFloats, Int, Int, Bool) -> Void

    public static let portable = KernelTable(
        name: "portable", tile: KernelsPortable.tile, widenInt8: KernelsPortable.widenInt8,
        widenFloat16: KernelsPortable.widenFloat16, convertFloat16: KernelsPortable.convertFloat16,
        widenInt16: KernelsPortable.widenInt16,
        swish: KernelsPortable.swish, gelu: KernelsPortable.gelu, gatedGelu: KernelsPortable.gatedGelu,
        rowMaximum: KernelsPortable.rowMaximum, exponentials: KernelsPortable.exponentials,
        attentionScores: KernelsPortable.attentionScores, attentionWeights: KernelsPortable.attentionWeights,
        attentionSums: KernelsPortable.attentionSums,
        scale: KernelsPortable.scale, add: KernelsPortable.add, channelMoments: KernelsPortable.channelMoments,
        scaleChannels: KernelsPortable.scaleChannels, normalizeRow: KernelsPortable.normalizeRow,
        largestMagnitude: KernelsPortable.largestMagnitude, quantize: KernelsPortable.quantize, widenPairs: KernelsPortable.widenPairs,
        tileInt16: KernelsPortable.tileInt16, winogradInput: KernelsPortable.winogradInput,
        winogradWeights: KernelsPortable.winogradWeights, winogradOutput: KernelsPortable.winogradOutput)

    #if arch(x86_64)
    public static let avx2 = KernelTable(
        name: "avx2", tile: KernelsAVX2.tile, widenInt8: KernelsAVX2.widenInt8,
        widenFloat16: KernelsAVX2.widenFloat16, convertFloat16: KernelsAVX2.convertFloat16,
        widenInt16: KernelsAVX2.widenInt16,
        swish: KernelsAVX2.swish, gelu: KernelsAVX2.gelu, gatedGelu: KernelsAVX2.gatedGelu,
        rowMaximum: KernelsAVX2.rowMaximum, exponentials: KernelsAVX2.exponentials,
        attentionScores: KernelsAVX2.attentionScores, attentionWeights: KernelsAVX2.attentionWeights,
        attentionSums: KernelsAVX2.attentionSums,
        scale: KernelsAVX2.scale, add: KernelsAVX2.add, channelMoments: KernelsAVX2.channelMoments,
        scaleChannels: KernelsAVX2.scaleChannels, normalizeRow: KernelsAVX2.normalizeRow,
        largestMagnitude: KernelsAVX2.largestMagnitude, quantize: KernelsAVX2.quantize, widenPairs: KernelsAVX2.widenPairs,
        tileInt16: KernelsAVX2.tileInt16, winogradInput: KernelsAVX2.winogradInput,
        winogradWeights: KernelsAVX2.winogradWeights, winogradOutput: KernelsAVX2.winogradOutput)

    public static let avx512 = KernelTable(
        name: "avx512", tile: KernelsAVX512.tile, widenInt8: KernelsAVX512.widenInt8,
        widenFloat16: KernelsAVX512.widenFloat16, convertFloat16: KernelsAVX512.convertFloat16,
        widenInt16: KernelsAVX512.widenInt16,
        swish: KernelsAVX512.swish, gelu: KernelsAVX512.gelu, gatedGelu: KernelsAVX512.gatedGelu,
        rowMaximum: KernelsAVX512.rowMaximum, exponentials: KernelsAVX512.exponentials,
        attentionScores: KernelsAVX512.attentionScores, attentionWeights: KernelsAVX512.attentionWeights,
        attentionSums: KernelsAVX512.attentionSums,
        scale: KernelsAVX512.scale, add: KernelsAVX512.add, channelMoments: KernelsAVX512.channelMoments,
        scaleChannels: KernelsAVX512.scaleChannels, normalizeRow: KernelsAVX512.normalizeRow,
        largestMagnitude: KernelsAVX512.largestMagnitude, quantize: KernelsAVX512.quantize, widenPairs: KernelsAVX512.widenPairs,
        tileInt16: KernelsAVX512.tileInt16, winogradInput: KernelsAVX512.winogradInput,
        winogradWeights: KernelsAVX512.winogradWeights, winogradOutput: KernelsAVX512.winogradOutput)
    #endif

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
