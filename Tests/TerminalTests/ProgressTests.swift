import Testing

@testable import Terminal

struct ProgressTests {
    private let notes = ["12:15 left", "step 123 of 500", "11.97 s each"]

    @Test func aLineNeverReachesTheLastColumn() {
        for columns in 1...200 {
            for done in [0, 123, 500] {
                let line = ProgressLine("painting", done, of: 500, notes: notes).withBar(columns: columns)
                #expect(line.count < columns, "\(line)")
            }
        }
    }

    @Test func whatMattersMostStaysLongest() {
        func line(_ columns: Int) -> String {
            ProgressLine("painting", 1, of: 2, notes: notes).withBar(columns: columns)
        }
        #expect(
            line(120).hasSuffix("[####################....................]  50 %  " + notes.joined(separator: ", ")))
        #expect(line(80) == "painting [##########..........]  50 %  12:15 left, step 123 of 500")
        #expect(line(40) == "painting [#####.....]  50 %  12:15 left")
        #expect(line(28) == "painting [#####.....]  50 %")
        #expect(line(26) == "painting  50 %  12:15 left".dropLast(12))
        #expect(line(8) == "paintin")
    }

    @Test func aLogHearsOfItNowAndThen() {
        let start = ContinuousClock.now
        var log = ProgressLog()
        func isDue(_ title: String, _ percent: Int, after seconds: Int) -> Bool {
            log.isDue(ProgressLine(title, percent, of: 100, notes: []), at: start + .seconds(seconds))
        }
        #expect(isDue("reading", 0, after: 0))
        #expect(isDue("painting", 0, after: 0))
        #expect(!isDue("painting", 50, after: 9))  // within ten seconds
        #expect(!isDue("painting", 9, after: 100))  // less than a tenth
        #expect(isDue("painting", 51, after: 101))
        #expect(!isDue("painting", 60, after: 200))
        #expect(isDue("painting", 61, after: 201))
        #expect(isDue("decoding", 0, after: 201))
    }

    @Test func aLineOfALogIsPlain() {
        #expect(ProgressLine("painting", 0, of: 9, notes: ["9 steps"]).plain == "painting, 9 steps")
        #expect(
            ProgressLine("painting", 1, of: 2, notes: notes).plain == "painting 50 %, " + notes.joined(separator: ", "))
        #expect(ProgressLine("converting", 0, of: 0, notes: []).plain == "converting 100 %")
    }
}
