import CZlib

/// The bytes of a file, inflated on the way if it is a gzip file, in order and in pieces.
///
/// A file is taken for gzip by its first two bytes (1F 8B), not by its name. Members one after the other are read as
/// one stream, as RFC 1952 says; anything else after the last member is an error, and so is a wrong checksum.
///
/// Nothing that a file *says* about its size is believed: apart from `workingByteCount` bytes of fixed working
/// memory, the reader never holds more than twice the bytes inflated so far. (Each piece is as large as what it
/// holds, and joining pieces costs as much again.) `heldByteCount` and `largestExcess` keep account.
public final class GzipReader {
    /// The fixed memory of a reader: two buffers of 64 KiB beside zlib's window and tables.
    public static let workingByteCount = 2 * bufferByteCount + 48 << 10
    private static let bufferByteCount = 64 << 10

    /// The path that was opened.
    public var path: String { file.path }
    /// Whether the file is a gzip file.
    public let isCompressed: Bool
    /// The bytes inflated so far (or read, if the file is not compressed).
    public private(set) var inflatedByteCount = 0
    /// The bytes that the reader holds, with all that it has handed out.
    public private(set) var heldByteCount = 0
    /// The most by which `heldByteCount` ever was above `2 * inflatedByteCount`; at most 0 if the promise was kept.
    public private(set) var largestExcess = Int.min

    private let file: InputFile
    private let input: UnsafeMutableRawBufferPointer
    private var unread: Range<Int>
    private let output: UnsafeMutableRawBufferPointer
    /// Behind a pointer because zlib remembers the address.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isFinished = false
    private var memberCount = 1

    /// Opens a file, plain or gzip.
    public init(path: String) throws(DataError) {
        let file = try InputFile(path: path)
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferByteCount, alignment: 16)
        var filled = 0
        do {
            while filled < 2 {
                let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: input[filled...]))
                if count == 0 { break }
                filled += count
            }
        } catch {
            input.deallocate()
            throw error
        }
        self.file = file
        self.input = input
        unread = 0..<filled
        isCompressed = filled >= 2 && input[0] == 0x1F && input[1] == 0x8B
        output = .allocate(byteCount: Self.bufferByteCount, alignment: 16)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; + 16: a gzip wrapper, whose checksum and length zlib then verifies.
        if isCompressed, inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK {
            throw outOfMemory()
        }
    }

    deinit {
        inflateEnd(stream)  // does nothing to a stream that was never begun
        stream.deallocate()
        output.deallocate()
        input.deallocate()
    }

    /// Where the reader stands in the inflated data.
    public var position: DataError.Position {
        isCompressed ? .inflatedByte(inflatedByteCount) : .byte(inflatedByteCount)
    }

    /// The next `count` bytes, or all that are left if they are fewer.
    ///
    /// - Complexity: O(bytes returned), whatever `count` is.
    public func bytes(atMost count: Int) throws(DataError) -> [UInt8] {
        var pieces: [[UInt8]] = []
        var total = 0
        while total < count {
            let produced = try fill(
                UnsafeMutableRawBufferPointer(rebasing: output[..<min(output.count, count - total)]))
            if produced == 0 { break }
            pieces.append([UInt8](output[..<produced]))
            total += produced
            hold(produced)
        }
        if pieces.count <= 1 { return pieces.first ?? [] }
        hold(total)
        let joined = [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
            for piece in pieces {
                initialized = buffer[initialized...].initialize(fromContentsOf: piece)
            }
        }
        heldByteCount -= total
        return joined
    }

    /// Throws unless the data end here, checksum and all.
    ///
    /// - Parameter expected: what the data were, for the message: "10 labels of one byte".
    public func expectEnd(after expected: String) throws(DataError) {
        let place = position
        let produced = try fill(UnsafeMutableRawBufferPointer(rebasing: output[..<1]))
        if produced > 0 {
            throw DataError(
                .tooLong, "there are bytes after the end of the data", in: path, at: place,
                found: "more bytes, the first of them \(hexadecimal(output[0]))", expected: "the end, after \(expected)"
            )
        }
    }

    private func hold(_ count: Int) {
        heldByteCount += count
        largestExcess = max(largestExcess, heldByteCount - 2 * inflatedByteCount)
    }

    /// Puts the next bytes into `target` (not empty) and returns how many; 0 only at the end.
    private func fill(_ target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        let produced = try isCompressed ? inflateNext(target) : copyNext(target)
        inflatedByteCount += produced
        return produced
    }

    private func copyNext(_ target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        guard try hasInput() else { return 0 }
        let count = min(unread.count, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[unread.prefix(count)]))
        unread = unread.dropFirst(count)
        return count
    }

    private func inflateNext(_ target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        while !isFinished {
            guard try hasInput() else {
                throw DataError(
                    .damagedCompression, "the gzip file is cut short", in: path, at: .byte(file.offset),
                    found: "the end of the file, after \(inflatedByteCount) inflated bytes",
                    expected: "more compressed data, up to the checksum that ends a gzip file")
            }
            let available = unread.count
            stream.pointee.next_in = input.baseAddress?.advanced(by: unread.lowerBound)
                .assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_in = uInt(available)
            stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(target.count)
            let code = inflate(stream, Z_NO_FLUSH)
            unread = unread.dropFirst(available - Int(stream.pointee.avail_in))
            let produced = target.count - Int(stream.pointee.avail_out)
            switch code {
            case Z_OK where produced > 0 || unread.isEmpty: break
            case Z_STREAM_END: try nextMember()
            case Z_MEM_ERROR: throw outOfMemory()
            default: throw damaged()
            }
            if produced > 0 { return produced }
        }
        return 0
    }

    /// After a member's end: the end of the file, another member, or an error.
    private func nextMember() throws(DataError) {
        guard try hasInput() else {
            isFinished = true
            return
        }
        let first = input[unread.lowerBound]
        guard first == 0x1F else {
            throw DataError(
                .damagedCompression, "something follows the end of the gzip data", in: path, at: inputPosition,
                found: "a byte \(hexadecimal(first))", expected: "the end of the file, or another gzip member (0x1F)")
        }
        memberCount += 1
        guard inflateReset(stream) == Z_OK else { throw damaged() }
    }

    /// Whether an unread byte of the file is at hand, reading on if need be.
    private func hasInput() throws(DataError) -> Bool {
        if unread.isEmpty { unread = 0..<(try file.read(into: input)) }
        return !unread.isEmpty
    }

    private var inputPosition: DataError.Position { .byte(file.offset - unread.count) }

    /// What zlib says is wrong, about where it stopped.
    private func damaged() -> DataError {
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "no progress"
        let (summary, expected) =
            switch reason {
            case "incorrect data check": ("the gzip checksum does not match the data", "data with the stored CRC-32")
            case "incorrect length check": ("the gzip length does not match the data", "as many bytes as were stored")
            default: ("the gzip data are damaged", "data that deflate can have written")
            }
        let member = memberCount == 1 ? "" : ", in member \(memberCount)"
        return DataError(
            .damagedCompression, summary, in: path, at: inputPosition,
            found: "\(reason)\(member), after \(inflatedByteCount) inflated bytes", expected: expected)
    }

    private func outOfMemory() -> DataError {
        DataError(
            .outOfMemory, "no memory is left to inflate with", in: path, at: inputPosition,
            found: "a failed allocation",
            expected: "\(Self.workingByteCount >> 10) KiB of working memory")
    }
}

/// A byte as `0x1F`.
func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "0x" + (digits.count < 2 ? "0" : "") + digits
}
