/// Writes a zip archive, entry after entry, to a file that appears when it is whole.
struct ZipWriter {
    private let file: OutputFile
    /// Sizes and offsets from here on are written as numbers of eight bytes (zip64).
    private let largeFrom: Int
    private var offset = 0
    private var directory: [UInt8] = []
    private var count = 0

    init(_ file: OutputFile, largeFrom: Int) { (self.file, self.largeFrom) = (file, largeFrom) }

    /// Adds an entry, deflated if that makes it smaller and is asked for.
    mutating func add(_ name: String, _ bytes: [UInt8], compressed: Bool) throws(DataError) {
        let deflated = compressed ? bytes.withUnsafeBytes { Deflate.deflated($0) } : nil
        let (method, stored) = deflated.map { $0.count < bytes.count ? (8, $0) : (0, bytes) } ?? (0, bytes)
        var checksum = CRC32()
        checksum.update(bytes)
        let isLarge = max(bytes.count, stored.count, offset) >= largeFrom
        // Version 4.5 for large sizes, else 2.0; bit 11: names are UTF-8; the date is 1 January 1980, so that equal arrays give equal
        // files.
        let common =
            little(isLarge ? 45 : 20, 2) + little(1 << 11, 2) + little(method, 2) + little(0, 2) + little(0x21, 2)
            + little(Int(checksum.value), 4)
        let sizes =
            isLarge ? little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) : little(stored.count, 4) + little(bytes.count, 4)
        let largeSizes = isLarge ? little(bytes.count, 8) + little(stored.count, 8) : []
        let localExtra = isLarge ? little(1, 2) + little(16, 2) + largeSizes : []
        let header =
            little(0x0403_4B50, 4) + common + sizes + little(name.utf8.count, 2) + little(localExtra.count, 2)
            + Array(name.utf8) + localExtra
        let extra = isLarge ? little(1, 2) + little(24, 2) + largeSizes + little(offset, 8) : []
        directory += little(0x0201_4B50, 4) + little(isLarge ? 45 : 20, 2) + common + sizes
        directory += little(name.utf8.count, 2) + little(extra.count, 2) + little(0, 2) + little(0, 2) + little(0, 2)
        directory += little(0, 4) + little(isLarge ? 0xFFFF_FFFF : offset, 4) + Array(name.utf8) + extra
        try file.append(header)
        try file.append(stored)
        offset += header.count + stored.count
        count += 1
    }

    /// Writes the table of contents.
    func finish() throws(DataError) {
        let isLarge = max(offset, directory.count) >= largeFrom || count >= 0xFFFF
        var end: [UInt8] = []
        if isLarge {
            end += little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4)
            end += little(count, 8) + little(count, 8) + little(directory.count, 8) + little(offset, 8)
            end += little(0x0706_4B50, 4) + little(0, 4) + little(offset + directory.count, 8) + little(1, 4)
        }
        let shortCount = little(isLarge ? 0xFFFF : count, 2)
        end += little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + shortCount + shortCount
        end +=
            little(isLarge ? 0xFFFF_FFFF : directory.count, 4) + little(isLarge ? 0xFFFF_FFFF : offset, 4)
            + little(0, 2)
        try file.append(directory)
        try file.append(end)
    }
}

/// A number as `width` bytes, the lowest first.
func little(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
