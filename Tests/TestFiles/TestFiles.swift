import CZlib
import Foundation

/// A folder of its own for one test, gone when the test ends.
public final class TemporaryFolder: Sendable {
    /// The folder's path.
    public let path: String

    /// Makes the folder.
    public init() throws {
        path = NSTemporaryDirectory() + "leibniz-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    @discardableResult public func write(_ bytes: [UInt8], as name: String = "file") throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// One gzip member that inflates to `bytes`.
public func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    struct Failure: Error { let code: CInt }
    var stream = z_stream()
    let opened = deflateInit2_(
        &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard opened == Z_OK else { throw Failure(code: opened) }
    defer { deflateEnd(&stream) }
    var source = bytes
    var target = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))))
    let code = source.withUnsafeMutableBufferPointer { source in
        target.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = uInt(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = uInt(target.count)
            return deflate(&stream, Z_FINISH)
        }
    }
    guard code == Z_STREAM_END else { throw Failure(code: code) }
    return Array(target.prefix(Int(stream.total_out)))
}

/// Numbers for the tests' own choices.
public struct TestRandom: RandomNumberGenerator {
    /// Where in the sequence the next number is taken.
    public var state: UInt64
    /// The sequence that starts at `state`.
    public init(state: UInt64) { self.state = state }
    /// The next number.
    public mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 29) &* 0x9E37_79B9_7F4A_7C15
    }
}

/// `count` bytes without a pattern.
public func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = TestRandom(state: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}
