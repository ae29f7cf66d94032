import TestFiles
import Testing

@testable import Terminal

struct LoRAArgumentTests {
    @Test func filesAndScales() throws {
        for (argument, path, scale) in [
            ("a.safetensors", "a.safetensors", 1), ("a.safetensors:0.5", "a.safetensors", 0.5),
            ("a:b:-2", "a:b", -2), ("a:b", "a:b", 1), ("a:", "a:", 1),
        ] as [(String, String, Float)] {
            let parsed = try #require(LoRAArgument(argument: argument))
            #expect(parsed.path == path && parsed.scale == scale, "\(argument)")
        }
        for argument in ["", ":1", "a:nan", "a:inf"] { #expect(LoRAArgument(argument: argument) == nil, "\(argument)") }
    }

    @Test func aColonOfTheName() throws {
        let path = try TemporaryFolder().write("style:2", "")
        #expect(LoRAArgument(argument: path)?.scale == 2, "there is no such file any more")
        let folder = try TemporaryFolder()
        let kept = try folder.write("style:2", "")
        #expect(LoRAArgument(argument: kept)?.path == kept)
        #expect(LoRAArgument(argument: kept + ":3")?.path == kept)
    }
}
