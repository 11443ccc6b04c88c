import LeibnizData
import Testing

/// The error that `body` throws.
func dataError<T>(_ body: () throws -> T, sourceLocation: SourceLocation = #_sourceLocation) throws -> DataError {
    try #require(#expect(throws: DataError.self, sourceLocation: sourceLocation) { _ = try body() })
}
