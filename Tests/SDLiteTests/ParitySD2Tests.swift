import Kernels
import Quant
import TestFiles
import Testing

@testable import SDLite

/// Stable Diffusion 2 in miniature, in float32 beside diffusers in float32 on the same float16-rounded weights: gelu,
/// heads per level, linear projections, velocities, its own padding, pictures of 72 pixels.
@Suite struct ParitySD2Tests {
    /// As in `ParityTests`, and for its reasons.
    static let tolerance = ParityTests.tolerance

    let tiny: TinyPipeline
    var pipeline: Pipeline { tiny.pipeline }

    init() throws { tiny = try TinyPipeline(sd2: .float32) }

    @Test func tokenIDsAndTextEmbeddings() throws {
        let ids = tiny.cases.texts.flatMap { pipeline.tokenizer.encode($0).ids }
        let expected = try tiny.expected("text.ids").values.map { Int($0) }
        #expect(ids == expected)
        #expect(ids[76] == 0, "the empty prompt's padding")
        let embeddings = try tiny.hiddenStates(tiny.cases.texts).values
        #expect(relativeRMS(embeddings, try tiny.expected("text.embeddings").values) < Self.tolerance)
    }

    @Test func unet() throws {
        let states = try tiny.hiddenStates(Array(tiny.cases.texts.prefix(2)))
        for (i, size) in tiny.cases.sizes.enumerated() {
            let name = "unet.\(size[0])x\(size[1])"
            let latents = try tiny.latents("\(name).latents")
            for timestep in i == 0 ? tiny.cases.timesteps : [500] {
                let found = try pipeline.unet(latents, timestep: timestep, encoderHiddenStates: states)
                let spelled = timestep == timestep.rounded() ? "\(Int(timestep))" : "\(timestep)"
                let expected = try tiny.expected("\(name).t\(spelled)").values
                #expect(relativeRMS(found.values, expected) < Self.tolerance, "\(name) at \(timestep)")
            }
        }
    }

    /// The last latents: of ten steps with each scheduler, with rescaled guidance, with zero-SNR betas and trailing
    /// spacing, and of the one unguided step that distilled models take.
    @Test(arguments: ["ddim", "pndm", "lms", "rescaled", "zero_snr", "one_step"])
    func pictures(_ name: String) throws {
        let picture = try #require(tiny.cases.pictures[name])
        let latents = try pipeline.generate(tiny.options(picture)).latents
        let expected = try tiny.expected("picture.\(name).latents")
        #expect(latents.shape == expected.shape)
        // Ten guided steps enlarge an error of the U-Net fivefold at most (measured with diffusers).
        #expect(relativeRMS(latents.values, expected.values) < 5 * Self.tolerance)
    }

    /// As users run it, with maps that wait as int16.
    @Test func integersInWaiting() throws {
        let tiny = try TinyPipeline(sd2: .mixed)
        for (name, picture) in tiny.cases.pictures {
            let latents = try tiny.pipeline.generate(tiny.options(picture)).latents.values
            #expect(relativeRMS(latents, try tiny.expected("picture.\(name).latents").values) < 1e-3, "\(name)")
        }
    }

    @Test func rescalingChangesThePicture() throws {
        var options = try tiny.options(#require(tiny.cases.pictures["rescaled"]))
        options.guidanceRescale = 0
        let latents = try pipeline.generate(options).latents.values
        #expect(relativeRMS(latents, try tiny.expected("picture.rescaled.latents").values) > 1e-2)
    }

    @Test func sizeAndSchedulerAreTheModels() throws {
        #expect(pipeline.model.defaultSize == 72)
        var options = try tiny.options(#require(tiny.cases.pictures["ddim"]))
        (options.width, options.height, options.scheduler) = (nil, nil, nil)
        let latents = try pipeline.generate(options).latents.values
        #expect(relativeRMS(latents, try tiny.expected("picture.ddim.latents").values) < 5 * Self.tolerance)
    }

    /// Files of converters that knew version 1 only say nothing about padding: that of version 2 cannot be guessed.
    @Test func olderFiles() throws {
        let folder = try TemporaryFolder()
        func tokenizer(_ model: String) throws -> Tokenizer {
            let file = try WeightFile(path: model)
            let documents = try file.header.documents.filter { $0.name != "tokenizer/pad_token.txt" }
                .map { (name: $0.name, contents: try file.document($0.name)) }
            let path = folder.path("older.sdq")
            _ = try WeightFileWriter(path: path, converter: "test", documents: documents, tensors: []).finish()
            return try Model(path: path).tokenizer()
        }
        #expect(try tokenizer(TinyModel.path()).padID == 49407)
        #expect(throws: ModelError.missingDocument("tokenizer/pad_token.txt")) { try tokenizer(TinyModel.sd2()) }
    }
}
