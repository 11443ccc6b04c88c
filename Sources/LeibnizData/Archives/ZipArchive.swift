/// A zip archive that is open for reading: its table of contents, and the bytes of entries on demand.
///
/// Entries are read that are stored or deflated, in archives of any size (zip64), without encryption; each is held to its
/// checksum. Names are only compared: nothing is ever written under them. Entries that overlap are refused, so that what comes
/// out is bounded by what the file can hold (D. Fifield, *A better zip bomb*, 2019).
/// (PKWARE, *APPNOTE.TXT – .ZIP file format specification*, 6.3.)
final class ZipArchive {
    /// One entry as the table of contents has it.
    struct Entry {
        let name: String
        let method: Int
        let checksum: UInt32
        let storedByteCount: Int
        let byteCount: Int
        /// Where the entry's own header begins.
        let start: Int
    }

    let entries: [Entry]
    private let file: InputFile

    init(path: String) throws(DataError) {
        file = try InputFile(path: path)
        let directory = try ZipDirectory(file)
        entries = try directory.entries(of: file)
    }

    /// The bytes of an entry.
    func contents(of entry: Entry) throws(DataError) -> [UInt8] {
        let header = ZipFields(bytes: try file.bytes(at: entry.start, count: 30))
        guard header[0, 4] == 0x0403_4B50 else {
            throw damaged("an entry's header is missing", entry, found: "other bytes", expected: "PK 0x03 0x04")
        }
        let start = entry.start + 30 + header[26, 2] + header[28, 2]
        let stored = try file.bytes(at: start, count: entry.storedByteCount)
        let bytes: [UInt8]?
        switch entry.method {
        case 0: bytes = stored.count == entry.byteCount ? stored : nil
        case 8: bytes = Deflate.inflated(stored, count: entry.byteCount)
        default:
            throw DataError(
                .unsupported, "an entry is compressed in an unknown way", in: subject(entry), at: .byte(entry.start),
                found: "method \(entry.method)", expected: "0 (stored) or 8 (deflate)")
        }
        guard let bytes else {
            throw damaged(
                "an entry does not inflate to its size", entry, found: "\(stored.count) stored bytes",
                expected: "\(entry.byteCount) bytes")
        }
        var checksum = CRC32()
        checksum.update(bytes)
        guard checksum.value == entry.checksum else {
            throw damaged(
                "an entry's checksum does not match its bytes", entry, found: "\(checksum.value)",
                expected: "\(entry.checksum)")
        }
        return bytes
    }

    /// What errors call an entry.
    func subject(_ entry: Entry) -> String { "\(file.path), entry \(entry.name)" }

    private func damaged(_ summary: String, _ entry: Entry, found: String, expected: String) -> DataError {
        DataError(
            .damagedCompression, summary, in: subject(entry), at: .byte(entry.start), found: found, expected: expected)
    }
}

/// Little-endian numbers among bytes.
private struct ZipFields {
    let bytes: [UInt8]

    /// The number of `width` bytes at `offset`; capped at Int.max, which no file reaches.
    subscript(offset: Int, width: Int) -> Int {
        Int(clamping: bytes[offset..<offset + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

/// Where the table of contents is, from the record at the end of the file.
private struct ZipDirectory {
    let start: Int
    let byteCount: Int
    let count: Int

    init(_ file: InputFile) throws(DataError) {
        // The record has 22 bytes and a comment of up to 65,535.
        let tailCount = min(file.byteCount, 22 + 0xFFFF)
        let tailStart = file.byteCount - tailCount
        let tail = ZipFields(bytes: try file.bytes(at: tailStart, count: tailCount))
        let place = stride(from: tailCount - 22, through: 0, by: -1).first {
            tail[$0, 4] == 0x0605_4B50 && $0 + 22 + tail[$0 + 20, 2] == tailCount
        }
        guard let place else {
            throw DataError(
                .wrongHeader, "this is not a zip archive", in: file.path, at: .byte(file.byteCount),
                found: "no record of the end of its directory", expected: "PK 0x05 0x06 near the end of the file")
        }
        var (count, byteCount, start) = (tail[place + 10, 2], tail[place + 12, 4], tail[place + 16, 4])
        let recordStart = tailStart + place
        if count == 0xFFFF || byteCount == 0xFFFF_FFFF || start == 0xFFFF_FFFF, recordStart >= 20 {
            let locator = ZipFields(bytes: try file.bytes(at: recordStart - 20, count: 20))
            if locator[0, 4] == 0x0706_4B50 {
                let record = ZipFields(bytes: try file.bytes(at: locator[8, 8], count: 56))
                guard record[0, 4] == 0x0606_4B50 else {
                    throw DataError(
                        .malformed, "the record of a large archive is missing", in: file.path, at: .byte(locator[8, 8]),
                        found: "other bytes", expected: "PK 0x06 0x06")
                }
                (count, byteCount, start) = (record[32, 8], record[40, 8], record[48, 8])
            }
        }
        (self.start, self.byteCount, self.count) = (start, byteCount, count)
    }

    func entries(of file: InputFile) throws(DataError) -> [ZipArchive.Entry] {
        let directory = ZipFields(bytes: try file.bytes(at: start, count: byteCount))
        var entries: [ZipArchive.Entry] = []
        var names: Set<String> = []
        var place = 0
        func malformed(_ found: String, _ expected: String) -> DataError {
            DataError(
                .malformed, "the archive's directory breaks the format", in: file.path, at: .byte(start + place),
                found: found, expected: expected)
        }
        while place < directory.bytes.count {
            guard place + 46 <= directory.bytes.count, directory[place, 4] == 0x0201_4B50 else {
                throw malformed("other bytes", "PK 0x01 0x02 and an entry of the directory")
            }
            let (nameCount, extraCount, commentCount) = (
                directory[place + 28, 2], directory[place + 30, 2], directory[place + 32, 2]
            )
            let nameStart = place + 46
            let end = nameStart + nameCount + extraCount + commentCount
            guard end <= directory.bytes.count else { throw malformed("the directory's end", "\(end - place) bytes") }
            guard directory[place + 8, 2] & 1 == 0 else {
                throw DataError(
                    .unsupported, "an entry is encrypted", in: file.path, at: .byte(start + place),
                    found: "the mark of encryption", expected: "entries without a password")
            }
            let nameBytes = Array(directory.bytes[nameStart..<nameStart + nameCount])
            let name = String(decoding: nameBytes, as: UTF8.self)
            guard firstInvalidUTF8(nameBytes) == nil, names.insert(name).inserted else {
                throw malformed("the name \(name) again, or one that is not UTF-8", "a name of its own for every entry")
            }
            // Sizes of 2³² − 1 and more stand in the extra field number 1, in this order.
            var large = Self.largeNumbers(directory, nameStart + nameCount..<nameStart + nameCount + extraCount)[...]
            func size(_ number: Int) -> Int { number == 0xFFFF_FFFF ? large.popFirst() ?? number : number }
            let byteCount = size(directory[place + 24, 4])
            let storedByteCount = size(directory[place + 20, 4])
            entries.append(
                ZipArchive.Entry(
                    name: name, method: directory[place + 10, 2], checksum: UInt32(directory[place + 16, 4]),
                    storedByteCount: storedByteCount, byteCount: byteCount, start: size(directory[place + 42, 4])))
            place = end
        }
        guard entries.count == count else {
            throw malformed("\(entries.count) entries", "\(count), as the end of the archive says")
        }
        var free = 0
        for entry in entries.sorted(by: { $0.start < $1.start }) {
            guard entry.start >= free, entry.storedByteCount <= start - 30,
                entry.start <= start - 30 - entry.storedByteCount
            else {
                throw malformed("\(entry.name) at bytes that are not its own", "entries that do not overlap")
            }
            free = entry.start + 30 + entry.storedByteCount
        }
        return entries
    }

    /// The numbers of eight bytes in the extra field number 1.
    private static func largeNumbers(_ directory: ZipFields, _ range: Range<Int>) -> [Int] {
        var place = range.lowerBound
        while place + 4 <= range.upperBound {
            let (tag, count) = (directory[place, 2], directory[place + 2, 2])
            guard place + 4 + count <= range.upperBound else { return [] }
            if tag == 1 {
                return stride(from: place + 4, through: place + 4 + count - 8, by: 8).map { directory[$0, 8] }
            }
            place += 4 + count
        }
        return []
    }
}
