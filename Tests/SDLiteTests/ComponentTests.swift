import Foundation
import Kernels
import TestFiles
import Testing

@testable import SDLite

/// The parts of a pipeline, each by itself: the same results, and of the file nothing but its own tensors in memory.
@Suite struct ComponentTests {
    private let folder: TemporaryFolder
    private let model: Model

    /// On a file of its own, whose pages no other test touches.
    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: BundledModel.path(), toPath: folder.path("alone.sdq"))
        model = try Model(path: folder.path("alone.sdq"))
    }

    /// Bytes of the model file that are resident in this process (proc(5), smaps).
    private func residentBytes() throws -> Int {
        // Foundation takes a short read for the end of such a file.
        let smaps = try #require(fopen("/proc/self/smaps", "r"))
        defer { fclose(smaps) }
        var buffer = [CChar](repeating: 0, count: 4096)
        var (bytes, isModel) = (0, false)
        while fgets(&buffer, Int32(buffer.count), smaps) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = line.split(whereSeparator: \.isWhitespace)
            if words[0].contains("-") { isModel = line.contains(model.file.path) }  // "(deleted)" may follow
            if isModel, words[0] == "Rss:" { bytes += try #require(Int(words[1])) * 1024 }
        }
        return bytes
    }

    /// Besides a twentieth for small parameters between the matrices: whole pages, and what Linux maps around a page that
    /// is touched.
    private static let slack = 1 << 18

    private func expectResident(_ footprint: WeightFootprint) throws {
        let resident = try residentBytes()
        #expect(resident > 0)
        #expect(resident < footprint.total * 21 / 20 + Self.slack)
    }

    @Test func nothingIsReadBeforeItIsUsed() throws {
        _ = (try model.textEncoder(), try model.unet(), try model.vae())
        #expect(try residentBytes() < Self.slack)
    }

    @Test func textEncoder() throws {
        let ids = try [model.tokenizer().encode("a cat").ids]
        let textEncoder = try model.textEncoder()
        let states = try textEncoder(ids)
        try expectResident(textEncoder.footprint)
        #expect(states.shape == [1, 77, textEncoder.channels])
        #expect(try states.values == Pipeline(model: model).textEncoder(ids).values)
    }

    @Test func unet() throws {
        let unet = try model.unet()
        var generator = NoiseGenerator(seed: 7)
        let latents = try Latents.randn(shape: [1, unet.inChannels, 16, 16], using: &generator)
        let states = Tensor([1, 77, unet.contextChannels], repeating: 0.5)
        let noise = try unet(latents, timestep: 500, encoderHiddenStates: states)
        try expectResident(unet.footprint)
        #expect(try noise == Pipeline(model: model).unet(latents, timestep: 500, encoderHiddenStates: states))
    }

    @Test func eitherHalfOfTheAutoencoder() throws {
        let vae = try model.vae()
        let (encoder, decoder) = (vae.encoder.footprint, vae.decoder.footprint)
        #expect(min(encoder.total, decoder.total) > Self.slack)  // or else the other half could hide in the slack
        let picture = try Image(contentsOf: Fixtures.path("vae/picture.png"))
        let latents = try vae.encode(picture).mode
        try expectResident(encoder)
        vae.stream.release()
        let decoded = try vae.decode(unscaled: latents)
        try expectResident(decoder)
        let whole = try Pipeline(model: model).vae
        #expect(try whole.decode(unscaled: whole.encode(picture).mode).values == decoded.values)
    }
}
