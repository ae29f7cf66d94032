import FoundationEssentials

/// What keeps bytes from being the JSON that was expected: one line, such as `a value of type Int is expected at 'a.b'`.
package struct JSONError: Error {
    package let reason: String
}

/// Decodes JSON from outside.
/// - Throws: `JSONError` for anything but the expected structure.
package func decodeJSON<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], pythonNumbers: Bool = false
) throws(JSONError) -> Value {
    do {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = pythonNumbers
        return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw JSONError(reason: reason(error))
    } catch {
        throw JSONError(reason: "not JSON")
    }
}

/// Decodes a file of JSON from outside.
/// - Throws: `FormatError.malformedJSON` for anything but the expected structure.
/// - Parameter pythonNumbers: also takes `-Infinity` and `NaN`, as Python writes them into files that are no JSON then.
package func decodeJSON<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], file: String, pythonNumbers: Bool = false
) throws(FormatError) -> Value {
    do {
        return try decodeJSON(type, from: bytes, pythonNumbers: pythonNumbers)
    } catch {
        throw .malformedJSON(file: file, reason: error.reason)
    }
}

private func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "" : " at '\(oneLine(path))'"
    }
    return switch error {
    case .keyNotFound(let key, let context): "'\(key.stringValue)' is missing" + place(context)
    case .valueNotFound(_, let context): "a value is missing" + place(context)
    case .typeMismatch(let type, let context): "a value of type \(type) is expected" + place(context)
    case .dataCorrupted(let context): "not valid" + place(context)
    @unknown default: "not valid"
    }
}
