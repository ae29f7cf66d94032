import Architecture
import Quant

/// What was converted, as the table at the end shows it.
struct Report {
    struct Row {
        let component: Component
        var parameters = 0
        var bytesIn = 0
        var bytesOut = 0
        var error = QuantizationError()
        var worst: (name: String, relativeRMS: Double)?

        init(component: Component) { self.component = component }

        mutating func add(_ source: Source, _ tensorError: QuantizationError) {
            parameters += source.elementCount
            bytesIn += source.stored.byteCount
            bytesOut += source.planned.byteCount ?? 0
            error += tensorError
            if tensorError.relativeRMS > worst?.relativeRMS ?? 0 {
                worst = (source.planned.name, tensorError.relativeRMS)
            }
        }
    }

    var rows: [Row] = []
    var fileByteCount = 0

    var table: String {
        var lines = [Report.line("component", "parameters", "MB in", "MB out", "error", "worst tensor")]
        for row in rows {
            let worst = row.worst.map { "\(scientific($0.relativeRMS))  \($0.name)" } ?? "-"
            lines.append(
                Report.line(
                    row.component.rawValue, "\(row.parameters)", megabytes(row.bytesIn), megabytes(row.bytesOut),
                    scientific(row.error.relativeRMS), worst))
        }
        let parameters = rows.reduce(0) { $0 + $1.parameters }
        let bytesIn = rows.reduce(0) { $0 + $1.bytesIn }
        lines.append(Report.line("file", "\(parameters)", megabytes(bytesIn), megabytes(fileByteCount), "", ""))
        lines.append("The error is the root mean square of the rounding over that of the values.")
        return lines.joined(separator: "\n")
    }

    private static func line(
        _ name: String, _ parameters: String, _ bytesIn: String, _ bytesOut: String, _ error: String, _ worst: String
    ) -> String {
        let columns = [left(name, 15), right(parameters, 11), right(bytesIn, 9), right(bytesOut, 9), right(error, 9)]
        let text = columns.joined() + "  " + worst
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}

private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// With one decimal.
func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes + 50_000) / 100_000
    return "\(tenths / 10).\(tenths % 10)"
}

/// "8.9e-3": two digits and the power of ten.
func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "0" }
    var exponent = 0
    var mantissa = value
    while mantissa >= 9.95 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    let tenths = Int((mantissa * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)e\(exponent)"
}
