/// A JSON value of which only simple ones matter: to compare a configuration with what is permitted.
enum JSONScalar: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case structure

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .structure
        }
    }
}

extension JSONScalar: CustomStringConvertible {
    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .text(let text): text
        case .structure: "a list"
        }
    }
}
