import CZlib

/// Deflate without a wrapper (RFC 1951), as archives hold it, and the checksum that goes with it.
enum Deflate {
    /// What `bytes` inflate to, if that is `count` bytes; else nil.
    ///
    /// The count is a claim of the file: memory grows with what is inflated, and never beyond the count.
    static func inflated(_ bytes: [UInt8], count: Int) -> [UInt8]? {
        // zlib remembers where the stream lies.
        let stream = started()
        defer { stream.deallocate() }
        // −15: the largest window, no wrapper.
        guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(stream) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        var source = bytes
        return source.withUnsafeMutableBufferPointer { source -> [UInt8]? in
            var place = 0
            while true {
                let offered = min(source.count - place, Int(UInt32.max >> 1))
                let (code, produced) = piece.withUnsafeMutableBufferPointer { piece in
                    stream.pointee.next_in = source.baseAddress?.advanced(by: place)
                    stream.pointee.avail_in = uInt(offered)
                    stream.pointee.next_out = piece.baseAddress
                    stream.pointee.avail_out = uInt(piece.count)
                    let code = inflate(stream, Z_NO_FLUSH)
                    return (code, piece.count - Int(stream.pointee.avail_out))
                }
                place += offered - Int(stream.pointee.avail_in)
                guard result.count + produced <= count else { return nil }
                result += piece[..<produced]
                if code == Z_STREAM_END { return result.count == count && place == source.count ? result : nil }
                guard code == Z_OK, produced > 0 || place < source.count else { return nil }
            }
        }
    }

    private static func started() -> UnsafeMutablePointer<z_stream> {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        return stream
    }

    /// `bytes` deflated; nil where there is no memory for it.
    static func deflated(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let stream = started()
        defer { stream.deallocate() }
        let opened = deflateInit2_(
            stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { return nil }
        defer { deflateEnd(stream) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let source = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        var place = 0
        while true {
            let offered = min(bytes.count - place, Int(UInt32.max >> 1))
            let isLast = place + offered == bytes.count
            let (code, produced) = piece.withUnsafeMutableBufferPointer { piece in
                stream.pointee.next_in = source?.advanced(by: place)
                stream.pointee.avail_in = uInt(offered)
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = uInt(piece.count)
                let code = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                return (code, piece.count - Int(stream.pointee.avail_out))
            }
            place += offered - Int(stream.pointee.avail_in)
            result += piece[..<produced]
            if code == Z_STREAM_END { return result }
            guard code == Z_OK || code == Z_BUF_ERROR && produced > 0 else { return nil }
        }
    }
}

/// The checksum of gzip, zip and PNG (CRC-32, polynomial 0x04C11DB7), taken piece by piece.
public struct CRC32: Sendable, Hashable {
    /// The checksum of all pieces so far.
    public private(set) var value: UInt32 = 0

    /// The checksum of nothing.
    public init() {}

    /// Takes in the next piece.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = UInt32(
            truncatingIfNeeded: crc32_z(uLong(value), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    }

    /// Takes in the next piece.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
}
